// Parts of a pack, as the fragment of a URI names them (RFC 8428 section 9).
//
//     auto fragment = Fragment::parse("#rec=3-5,10,19-*");
//     if (!fragment) return complain(fragment.error().to_string());
//     auto pack = read_fragment(Format::json, bytes, *fragment, {.now = now});
//
// A fragment selects records by where they stand in the pack as it was written: 1 is the first, and
// records that hold base fields alone count. A selected record means what it means in the pack:
// base fields of records before it are in effect, selected or not. So the whole pack is read, and
// refused as a whole if anything in it is wrong. Numbers beyond the end select nothing, which is no
// fault.
//
// Of the fragments that RFC 8428 knows this is the one for all formats; XPointer, which section 9
// allows for XML, is not read.
#pragma once

#include <cstddef>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "senml/codec.hpp"
#include "senml/fault.hpp"
#include "senml/pack.hpp"

namespace courant::senml {

/// A selection of records by number.
///
/// Thread: a value; safe to share while nobody writes it.
class Fragment {
  public:
    /// Reads "rec=" and a list of numbers and ranges, separated by commas: "3", "3-5", and "19-*"
    /// for 19 and all that follow; a `#` may stand before. Numbers begin with 1, and ranges do not
    /// run backwards.
    static tl::expected<Fragment, Fault> parse(std::string_view text);

    /// Whether the record of that number is selected; the first record is 1.
    bool contains(std::size_t record) const;

    bool operator==(const Fragment&) const = default;

  private:
    struct Range {
        std::size_t first = 0;
        std::size_t last = 0;

        bool operator==(const Range&) const = default;
    };
    static tl::expected<Range, Fault> parse_range(std::string_view text);
    void tidy();

    std::vector<Range> ranges_;  ///< in order, and apart from each other
};

/// Reads a whole pack as `read` does, and keeps the readings of the selected records only. There
/// may be none.
tl::expected<Pack, Fault> read_fragment(Format format, std::string_view bytes,
                                        const Fragment& fragment, const ReadOptions& options,
                                        std::vector<Fault>* deviations = nullptr);

}  // namespace courant::senml
