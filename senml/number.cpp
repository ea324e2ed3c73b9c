#include "senml/number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "senml/detail/decimal.hpp"
#include "senml/detail/seconds.hpp"

namespace courant::senml {

namespace {

constexpr std::size_t longest_mantissa = 18;  // RFC 8428 section 5: fewer than 19 characters

// What to_chars found: up to 17 digits and the power of ten of the first one.
struct Shortest {
    std::array<char, 20> digits{};
    std::size_t count = 0;
    int exponent = 0;
};

Shortest shortest_digits(double magnitude) {
    std::array<char, 40> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                      std::chars_format::scientific);
    Shortest found;
    const char* p = text.data();
    for (; p != result.ptr && *p != 'e'; ++p) {
        if (*p != '.') found.digits[found.count++] = *p;
    }
    ++p;
    if (p != result.ptr && *p == '+') ++p;
    std::from_chars(p, result.ptr, found.exponent);
    return found;
}

std::size_t fixed_size(const Shortest& number) {
    if (number.exponent < 0) {
        return 1 + static_cast<std::size_t>(-number.exponent) + number.count;
    }
    return number.count + 1;  // only asked where digits follow the point
}

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), result.ptr);
}

void append_fixed(std::string& out, const Shortest& number) {
    const char* digits = number.digits.data();
    if (number.exponent < 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-number.exponent - 1), '0');
        out.append(digits, number.count);
        return;
    }
    const auto whole = static_cast<std::size_t>(number.exponent) + 1;
    out.append(digits, whole);
    out += '.';
    out.append(digits + whole, number.count - whole);
}

void append_scientific(std::string& out, const Shortest& number, std::size_t sign) {
    const char* digits = number.digits.data();
    int exponent = number.exponent;
    if (number.count == 1 || sign + number.count + 1 <= longest_mantissa) {
        out += digits[0];
        if (number.count > 1) out.append(1, '.').append(digits + 1, number.count - 1);
    } else {
        out.append(digits, number.count);
        exponent -= static_cast<int>(number.count) - 1;
    }
    out += 'e';
    append_integer(out, exponent);
}

// A value with at most three decimals, as meters send them; false if it is another.
bool append_thousandths(std::string& out, double value) {
    const double scaled = value * 1000;
    if (!(scaled > -1e15 && scaled < 1e15)) return false;
    const auto thousandths = static_cast<std::int64_t>(scaled);
    if (static_cast<double>(thousandths) / 1000 != value || thousandths == 0) return false;
    const std::uint64_t magnitude =
        static_cast<std::uint64_t>(thousandths < 0 ? -thousandths : thousandths);
    if (thousandths < 0) out += '-';
    append_integer(out, static_cast<std::int64_t>(magnitude / 1000));
    const auto rest = static_cast<unsigned>(magnitude % 1000);
    const std::array<char, 4> text = {'.', static_cast<char>('0' + rest / 100),
                                      static_cast<char>('0' + rest / 10 % 10),
                                      static_cast<char>('0' + rest % 10)};
    out.append(text.data(), rest % 10 != 0 ? 4 : rest % 100 != 0 ? 3 : rest != 0 ? 2 : 0);
    return true;
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
    const bool zero = value == 0;
    if (zero) {
        out += std::signbit(value) ? "-0" : "0";
        return;
    }
    if (value > -1e17 && value < 1e17) {
        const auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value) {
            append_integer(out, whole);
            return;
        }
        if (append_thousandths(out, value)) return;
    }
    const Shortest number = shortest_digits(std::fabs(value));
    const std::size_t sign = value < 0 ? 1 : 0;
    if (sign == 1) out += '-';
    const bool has_fraction = number.exponent < static_cast<int>(number.count) - 1;
    if (number.exponent >= -5 && has_fraction && sign + fixed_size(number) <= longest_mantissa) {
        append_fixed(out, number);
    } else {
        append_scientific(out, number, sign);
    }
}

void append_seconds(std::string& out, Span seconds) {
    detail::append_seconds(out, seconds.count());
}

}  // namespace courant::senml
