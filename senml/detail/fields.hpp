// Puts scanned values into the fields of a record, the same for every text format.
#pragma once

#include <string>
#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"

namespace courant::senml::detail {

/// Labels whose values are strings; `vd` is one in JSON and XML.
inline constexpr Labels string_labels = bit(Label::bn) | bit(Label::bu) | bit(Label::n) |
                                        bit(Label::u) | bit(Label::vs) | bit(Label::vd);

/// Sets a string label; `vd` is decoded into `scratch`, which must not be reallocated by it. True
/// if the reader goes on.
bool set_string(RawRecord& record, Label label, std::string_view text, std::string& scratch,
                Report& report);

/// Sets a label whose value is a number, times and the version included. True if the reader goes
/// on.
bool set_number(RawRecord& record, Label label, const Decimal& decimal, Report& report);

/// Whether a label that RFC 8428 does not have may be passed over (section 4.4), or the reader goes
/// on regardless.
bool pass_unknown(RawRecord& record, std::string_view label, const ReadOptions& options,
                  Report& report);

/// What a sink may still use of a record that was found faulty: its base fields.
inline void keep_base(RawRecord& record) {
    record.present &= base_labels;
}

}  // namespace courant::senml::detail
