// One record as it stands in a pack, before base fields are applied: what readers hand on and
// writers take.
//
// Strings are views into the input or into the reader's scratch memory and live until the next
// record. A record is reused from one to the next: only `present` says which members mean
// something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "senml/detail/alike.hpp"
#include "senml/detail/decimal.hpp"

namespace courant::senml::detail {

/// The labels of RFC 8428 Table 1, in the order in which they are written.
enum class Label : std::uint8_t {
    bn,
    bt,
    bu,
    bver,
    bv,
    bs,
    n,
    u,
    t,
    v,
    vs,
    vb,
    vd,
    s,
    ut,
    unknown
};

inline constexpr std::size_t label_count = static_cast<std::size_t>(Label::unknown);

/// A set of labels, as bits.
using Labels = std::uint32_t;

constexpr Labels bit(Label label) {
    return Labels{1} << static_cast<unsigned>(label);
}

inline constexpr Labels base_labels = bit(Label::bn) | bit(Label::bt) | bit(Label::bu) |
                                      bit(Label::bver) | bit(Label::bv) | bit(Label::bs);
inline constexpr Labels value_labels =
    bit(Label::v) | bit(Label::vs) | bit(Label::vb) | bit(Label::vd);

/// A field that RFC 8428 does not have, as views.
struct RawField {
    std::string_view label;
    std::string_view json;  ///< its value, as JSON text
};

/// The fields of one record.
struct RawRecord {
    std::size_t index = 0;  ///< 1 for the first record of the pack
    Labels present = 0;
    bool vb = false;
    std::uint64_t bver = 0;
    Nanos bt = 0;
    Nanos t = 0;
    double bv = 0;
    double bs = 0;
    double v = 0;
    double s = 0;
    double ut = 0;
    std::string_view bn;
    std::string_view bu;
    std::string_view n;
    std::string_view u;
    std::string_view vs;
    std::string_view vd;   ///< the octets, decoded
    bool removes = false;  ///< `"v":null`, which only Patch Records may say (RFC 8790 section 3.2)
    std::span<const RawField> unknown;  ///< where the options ask to keep them

    bool has(Label label) const { return (present & bit(label)) != 0; }
};

/// The label of that spelling; `unknown` if RFC 8428 has none such.
Label find_label(std::string_view text);

/// The spelling of a label.
std::string_view spelling(Label label);

/// Whoever takes records: the resolver, or a writer.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// Takes the next record; false stops the reader, the report then says why.
    virtual bool take(const RawRecord& record) = 0;
    /// Where a reader may put records that differ from the one taken last in `t` and `v` only,
    /// instead of giving them to `take`; nothing if it may not.
    virtual std::optional<Alike> alike() { return std::nullopt; }
    /// For a sink that writes: `records` begins with the record taken last. Writes those behind it
    /// that differ from it in time and value only, their times as offsets from `base_time`
    /// (nanoseconds), and answers how many; the others are given to `take`.
    virtual std::size_t take_alike(std::span<const Record> records, std::int64_t base_time) {
        static_cast<void>(records);
        static_cast<void>(base_time);
        return 0;
    }
};

}  // namespace courant::senml::detail
