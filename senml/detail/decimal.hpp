// Decimal text taken apart once, so that values and times are made from the same scan.
//
// A value becomes a double (correctly rounded), a time becomes whole nanoseconds (exactly, where it
// has at most nine decimals). Small mantissas and exponents, that is nearly every reading, are
// converted without a second look at the text: both the mantissa and the power of ten are exact
// doubles then, and IEEE division rounds once (Clinger's case).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace courant::senml::detail {

/// Wide enough for the sum of any two times that a pack may hold, before the range of Time is
/// checked.
__extension__ using Nanos = __int128;

/// Which spelling of a number is acceptable.
enum class NumberGrammar {
    /// RFC 8259 section 6.
    json,
    /// xsd:double without INF and NaN, blanks already cut off.
    xml,
};

/// A decimal number, scanned: (negative ? - : +) mantissa * 10^exponent.
struct Decimal {
    const char* begin = nullptr;  ///< first byte; a leading `+` is left out
    const char* end = nullptr;    ///< one past the last byte
    std::uint64_t mantissa = 0;   ///< not to be used when `truncated`
    std::int64_t exponent = 0;    ///< of the last digit
    bool negative = false;
    bool truncated = false;  ///< more digits than the mantissa holds
    bool upper_exponent = false;
};

/// Scans the number that starts at `text`; returns where it ends, or null if there is none.
const char* scan_decimal(const char* text, const char* end, NumberGrammar grammar, Decimal& out);

/// The nearest double; zero on underflow, nothing on overflow.
std::optional<double> to_double(const Decimal& decimal);

/// As nanoseconds when the number counts seconds, half away from zero; nothing beyond 10^18
/// seconds.
std::optional<Nanos> to_nanoseconds(const Decimal& decimal);

/// The number if it is a whole one between 0 and 2^53 - 1.
std::optional<std::uint64_t> to_integer(const Decimal& decimal);

/// The text without the blanks around it that XML Schema collapses.
std::string_view trim_blanks(std::string_view text);

/// Scans the whole text as xsd:double (blanks around it allowed).
std::optional<Decimal> scan_xml_double(std::string_view text);

}  // namespace courant::senml::detail
