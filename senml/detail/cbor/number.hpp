// Values and times as CBOR numbers, both ways (RFC 8428 section 6).
//
// A value is written as an integer where it is one, else as the shortest floating-point number that
// is exact. A time is whole nanoseconds here and a double at best there: read, a double stands for
// the nanoseconds that its shortest decimal spelling says, so that one pack has the same times in
// CBOR and in JSON; written, a time that no double stands for becomes a decimal fraction.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "senml/detail/cbor/head.hpp"
#include "senml/detail/decimal.hpp"

namespace courant::senml::detail {

/// The most bytes that one number takes, and how many may be overwritten behind it.
inline constexpr std::size_t cbor_number_room = 24;

/// Writes a finite double at `out`; returns its end.
char* put_cbor_value(char* out, double value);

/// Writes a time at `out`; returns its end, or null for one that has no image: no whole second, and
/// centuries outside the years that a pack can resolve. At most 10^18 seconds: the reader's bound.
char* put_cbor_time(char* out, Nanos time);

/// The nanoseconds that a double of seconds stands for; nothing beyond 10^18 seconds, and for what
/// is not finite.
std::optional<Nanos> nanoseconds_of(double seconds);

/// Appends the decimal digits of an integer.
void append_digits(std::string& out, const CborHead& integer);

/// The longest mantissa of a decimal fraction that is read, in octets: three hundred digits.
inline constexpr std::size_t longest_mantissa = 128;

/// Scans a well-formed item of tag 4. Nothing if that is no pair of an exponent and a mantissa, or
/// the mantissa is too long. The number may be a view into `text`.
std::optional<Decimal> scan_decimal_fraction(std::string_view item, std::string& text);

/// The nanoseconds that an integer or floating-point number of seconds stands for.
std::optional<Nanos> nanoseconds_of(const CborHead& head);

}  // namespace courant::senml::detail
