// A pack of one record that says again what the one before it said, at another time and with
// another value: how live readings come, one by one.
//
// Text of which nothing but the numbers has changed means the same, numbers aside; so the reader
// remembers the last such pack. What is remembered is compared whole, and what
// differs goes the ordinary way. A series is remembered when it comes the second time in a row:
// where every pack is about another one, remembering would cost more than it saves.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/holes.hpp"
#include "senml/detail/raw_record.hpp"

namespace courant::senml::detail {

/// What `read` makes of a pack that repeats the last one.
class RepeatReader {
  public:
    /// Remembers a pack that was read without any remark. `holes` are those of its only record,
    /// `base_value` is the one in effect.
    void learn(Format format, std::string_view bytes, const ReadOptions& options, const Pack& pack,
               const Holes& holes, std::optional<double> base_value);
    void forget() { known_ = false; }
    /// Reads `bytes` into `into`, which is empty; false, and nothing done, if they are another
    /// pack.
    bool read(Format format, std::string_view bytes, const ReadOptions& options, Pack& into) const;

  private:
    struct Number {
        Label label = Label::v;
        std::size_t literal_end = 0;  ///< of the bytes before it, in `literals_`
    };
    bool same_options(const ReadOptions& options) const;

    bool known_ = false;  ///< what follows is of a pack that can be repeated; else but its name
    Format format_ = Format::json;
    ReadOptions options_;
    std::string literals_;  ///< all bytes but those of the numbers
    std::array<Number, 3> numbers_;
    std::size_t number_count_ = 0;
    std::string name_;
    std::optional<std::string> unit_;
    std::uint64_t version_ = default_version;
    std::optional<double> base_value_;
};

}  // namespace courant::senml::detail
