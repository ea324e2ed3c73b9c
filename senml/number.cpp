#include "senml/number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "senml/detail/decimal.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/seconds.hpp"

namespace courant::senml {

namespace {

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), result.ptr);
}

}  // namespace

std::optional<double> parse_json_number(std::string_view text) {
    const char* end = text.data() + text.size();
    detail::Decimal decimal;
    if (text.empty() ||
        detail::scan_decimal(text.data(), end, detail::NumberGrammar::json, decimal) != end) {
        return std::nullopt;
    }
    return detail::to_double(decimal);
}

std::optional<double> parse_xml_number(std::string_view text) {
    const auto decimal = detail::scan_xml_double(text);
    if (!decimal) return std::nullopt;
    return detail::to_double(*decimal);
}

std::optional<double> parse_scaled(std::string_view text, int exponent) {
    const auto scanned = detail::scan_xml_double(text);
    if (!scanned) return std::nullopt;
    if (exponent == 0) return detail::to_double(*scanned);
    // The digits without point and exponent, then one exponent for both: rounded once.
    std::string digits = scanned->negative ? "-" : "";
    for (const char* p = scanned->begin; p != scanned->end && *p != 'e' && *p != 'E'; ++p) {
        if (*p >= '0' && *p <= '9') digits += *p;
    }
    digits += 'e';
    append_integer(digits, scanned->exponent + exponent);
    detail::Decimal scaled;
    detail::scan_decimal(digits.data(), digits.data() + digits.size(), detail::NumberGrammar::xml,
                         scaled);
    return detail::to_double(scaled);
}

std::optional<Span> parse_seconds(std::string_view text) {
    const auto decimal = detail::scan_xml_double(text);
    if (!decimal) return std::nullopt;
    const auto nanos = detail::to_nanoseconds(*decimal);
    if (!nanos) return std::nullopt;
    return detail::narrow(*nanos);
}

void append_number(std::string& out, double value) {
    std::array<char, detail::number_room> text;
    out.append(text.data(), detail::put_number(text.data(), value));
}

void append_seconds(std::string& out, Span seconds) {
    detail::append_seconds(out, seconds.count());
}

}  // namespace courant::senml
