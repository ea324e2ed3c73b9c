// The first record of a pack, where it is spelled as nearly everybody spells it: one number with
// its name, a registered unit, a time, and nothing that needs a second look.
//
// Live readings come as packs of one such record, curves begin with one. To take it apart costs a
// third of what the general readers need, which weigh every blank, escape and label that the
// grammar allows; what is spelled in any other way is left to them, so that nothing is given up
// and nothing decided twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/raw_record.hpp"

namespace courant::senml::detail {

/// A first record. Its strings are views into the text.
struct Opening {
    /// Of `bn` or `n`, `bu` or `u`, `bt` or `t`, and `v`: those that were there. A name and a value
    /// always are.
    Labels present = 0;
    /// Letters of RFC 8428 section 4.5.1 only, the first one alphanumeric.
    std::string_view name;
    /// A primary unit of the registry.
    std::string_view unit;
    /// Of `bt` or `t`, in nanoseconds, at most `widest_alike` either way.
    std::int64_t time = 0;
    double value = 0;
    /// How many bytes the record takes, with all that stands before it.
    std::size_t size = 0;
    /// It is the only one, and nothing follows.
    bool is_whole_pack = false;

    /// Records of nothing but a time and a value have its name and its unit.
    bool is_inherited() const { return (present & (bit(Label::n) | bit(Label::u))) == 0; }
    /// The same for a sink that takes records.
    RawRecord raw() const;
};

/// Looks whether `bytes` begin with such a record.
bool scan_opening(Format format, std::string_view bytes, Opening& opening);

/// Puts a whole pack of one record into `into`, which is empty. False, and nothing done, where the
/// rules have to say what is wrong with it.
bool take_whole_pack(const Opening& opening, const ReadOptions& options, Pack& into);

}  // namespace courant::senml::detail
