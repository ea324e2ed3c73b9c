// Numbers as text, the same under every locale: what SenML's JSON and XML need, and what adapters
// that read decimal text need too.
//
// Reading rounds correctly (std::from_chars) and takes the whole text or nothing. Writing gives the
// fewest digits that read back to the same double, integers as integers, and keeps within RFC 8428
// section 5's advice (a mantissa under 19 characters).
//
// Thread: any; nothing here has a state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "senml/time.hpp"

namespace courant::senml {

/// A JSON number (RFC 8259 section 6), whole text; nothing if it is none or overflows a double.
/// Underflow gives zero.
std::optional<double> parse_json_number(std::string_view text);

/// An xsd:double without INF and NaN: as above, and blanks around it, a leading `+`, `.5` and `1.`.
std::optional<double> parse_xml_number(std::string_view text);

/// The decimal text times ten to the power of `exponent`, rounded once: ("0.392", 3) is exactly
/// 392. Grammar of xsd:double.
std::optional<double> parse_scaled(std::string_view text, int exponent);

/// Decimal seconds as time since the epoch, to the nanosecond (further digits are rounded); nothing
/// if it is no number or outside the range of Time.
std::optional<Span> parse_seconds(std::string_view text);

/// Appends a finite double.
void append_number(std::string& out, double value);

/// Appends a span as decimal seconds, with as many decimals as it needs: "1276020076.001".
void append_seconds(std::string& out, Span seconds);

}  // namespace courant::senml
