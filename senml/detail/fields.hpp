// Puts scanned values into the fields of a record, the same for every format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "senml/detail/readers.hpp"

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

/// Sets a label whose value is a finite number, neither a time nor the version.
void set_value(RawRecord& record, Label label, double value);

/// Sets `t` or `bt`; nothing is a time out of range. True if the reader goes on.
bool set_time(RawRecord& record, Label label, std::optional<Nanos> time, Report& report);

/// Sets the version; nothing is a number that is none. True if the reader goes on.
bool set_version(RawRecord& record, std::optional<std::uint64_t> version, Report& report);

/// Takes a label back and says why: `what` and the rule. True if the reader goes on.
bool refuse(RawRecord& record, Label label, std::string_view what, std::string_view rule,
            Report& report);

/// Whether a label that the dialect does not have may be passed over (RFC 8428 section 4.4, RFC
/// 8790 sections 3.1 and 5), or the reader goes on regardless.
bool pass_unknown(RawRecord& record, std::string_view label, const Input& input, Report& report);

/// Whether fields of that label are kept: where the options ask for it.
bool keeps(std::string_view label, const ReadOptions& options);

/// Whether all labels are different ones. Names within one object "SHOULD be unique" (RFC 8259),
/// and a map with a key given twice is not valid (RFC 8949); here the last one never wins. Orders
/// them.
bool labels_differ(std::vector<std::string_view>& labels);

/// What a sink may still use of a record that was found faulty: its base fields.
inline void keep_base(RawRecord& record) {
    record.present &= base_labels;
}

}  // namespace courant::senml::detail
