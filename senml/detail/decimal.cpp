#include "senml/detail/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace courant::senml::detail {

namespace {

constexpr int mantissa_digits = 19;                   // every 19-digit number fits in 64 bits
constexpr std::int64_t exponent_limit = 1'000'000;    // beyond it all numbers are zero or too large
constexpr std::uint64_t exact_integers = 1ULL << 53;  // up to here a double holds every integer

// 10^18 seconds: no sum of two times leaves 128 bits, and whole seconds fit into 64.
constexpr Nanos widest_nanoseconds = Nanos{1'000'000'000} * 1'000'000'000'000'000'000;

constexpr std::array<double, 23> powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr std::array<std::uint64_t, 20> integer_powers = [] {
    std::array<std::uint64_t, 20> result{};
    std::uint64_t power = 1;
    for (auto& entry : result) {
        entry = power;
        power *= 10;
    }
    return result;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Digits {
    const char* begin = nullptr;
    const char* end = nullptr;
    std::int64_t count() const { return end - begin; }
};

Digits scan_digits(const char* p, const char* end, std::uint64_t& mantissa) {
    Digits digits{p, p};
    for (; p != end && is_digit(*p); ++p) {
        mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
    }
    digits.end = p;
    return digits;
}

// The exponent with its letter; null if the letter has no digits after it.
const char* scan_exponent(const char* p, const char* end, Decimal& out) {
    out.upper_exponent = *p == 'E';
    ++p;
    bool negative = false;
    if (p != end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end || !is_digit(*p)) return nullptr;
    std::int64_t value = 0;
    for (; p != end && is_digit(*p); ++p) {
        value = std::min<std::int64_t>(value * 10 + (*p - '0'), exponent_limit);
    }
    out.exponent += negative ? -value : value;
    return p;
}

std::int64_t significant_digits(const Digits& whole, const Digits& fraction) {
    const char* p = whole.begin;
    while (p != whole.end && *p == '0') ++p;
    if (p != whole.end) return whole.end - p + fraction.count();
    p = fraction.begin;
    while (p != fraction.end && *p == '0') ++p;
    return fraction.end - p;
}

bool grammar_allows(NumberGrammar grammar, const Digits& whole, bool point,
                    const Digits& fraction) {
    if (whole.count() + fraction.count() == 0) return false;
    if (grammar == NumberGrammar::xml) return true;
    if (whole.count() == 0 || (point && fraction.count() == 0)) return false;
    return whole.count() == 1 || *whole.begin != '0';
}

// How many digits of a truncated number stand before the nanosecond; more than the limit is out of
// range.
std::optional<Nanos> walk_nanoseconds(const Decimal& decimal, std::int64_t significant) {
    constexpr std::int64_t widest = 36;
    const std::int64_t keep = significant + decimal.exponent + 9;
    if (keep > widest) return std::nullopt;
    Nanos value = 0;
    std::int64_t seen = 0;
    for (const char* p = decimal.begin; p != decimal.end && *p != 'e' && *p != 'E'; ++p) {
        if (!is_digit(*p) || (seen == 0 && *p == '0')) continue;
        if (seen < keep) {
            value = value * 10 + (*p - '0');
        } else if (seen == keep) {
            value += *p >= '5' ? 1 : 0;
        }
        ++seen;
    }
    for (; seen < keep; ++seen) value *= 10;
    if (value > widest_nanoseconds) return std::nullopt;
    return decimal.negative ? -value : value;
}

std::int64_t count_significant(const Decimal& decimal) {
    std::int64_t count = 0;
    for (const char* p = decimal.begin; p != decimal.end && *p != 'e' && *p != 'E'; ++p) {
        if (is_digit(*p) && (count > 0 || *p != '0')) ++count;
    }
    return count;
}

}  // namespace

const char* scan_decimal(const char* text, const char* end, NumberGrammar grammar, Decimal& out) {
    out = Decimal{};
    const char* p = text;
    if (p != end && *p == '+' && grammar == NumberGrammar::xml)
        ++p, ++text;
    else if (p != end && *p == '-')
        ++p, out.negative = true;
    out.begin = text;
    const Digits whole = scan_digits(p, end, out.mantissa);
    p = whole.end;
    Digits fraction{p, p};
    const bool point = p != end && *p == '.';
    if (point) {
        fraction = scan_digits(p + 1, end, out.mantissa);
        p = fraction.end;
        out.exponent = -fraction.count();
    }
    if (!grammar_allows(grammar, whole, point, fraction)) return nullptr;
    out.truncated = whole.count() + fraction.count() > mantissa_digits &&
                    significant_digits(whole, fraction) > mantissa_digits;
    if (p != end && (*p == 'e' || *p == 'E')) {
        p = scan_exponent(p, end, out);
        if (p == nullptr) return nullptr;
    }
    out.end = p;
    return p;
}

std::optional<double> to_double(const Decimal& decimal) {
    if (!decimal.truncated && decimal.mantissa <= exact_integers) {
        const auto mantissa = static_cast<double>(decimal.mantissa);
        if (decimal.mantissa == 0) return decimal.negative ? -0.0 : 0.0;
        if (decimal.exponent >= -22 && decimal.exponent <= 22) {
            const double power = powers[static_cast<std::size_t>(
                decimal.exponent < 0 ? -decimal.exponent : decimal.exponent)];
            const double value = decimal.exponent < 0 ? mantissa / power : mantissa * power;
            return decimal.negative ? -value : value;
        }
    }
    double value = 0;
    const auto [ptr, error] = std::from_chars(decimal.begin, decimal.end, value);
    if (error == std::errc{}) return value;
    // from_chars does not say on which side the number left the range; its magnitude does.
    if (count_significant(decimal) + decimal.exponent > 0) return std::nullopt;
    return decimal.negative ? -0.0 : 0.0;
}

std::optional<Nanos> to_nanoseconds(const Decimal& decimal) {
    if (decimal.truncated) return walk_nanoseconds(decimal, count_significant(decimal));
    if (decimal.mantissa == 0) return Nanos{0};
    const std::int64_t shift = decimal.exponent + 9;
    Nanos value = decimal.mantissa;
    if (shift > 27) return std::nullopt;
    if (shift >= 0) {
        value *= integer_powers[static_cast<std::size_t>(std::min<std::int64_t>(shift, 18))];
        if (value > widest_nanoseconds) return std::nullopt;
        if (shift > 18) value *= integer_powers[static_cast<std::size_t>(shift - 18)];
    } else if (shift < -19) {
        value = 0;
    } else {
        const std::uint64_t unit = integer_powers[static_cast<std::size_t>(-shift)];
        const std::uint64_t rest = decimal.mantissa % unit;
        value = decimal.mantissa / unit + (rest >= unit - rest ? 1 : 0);
    }
    if (value > widest_nanoseconds) return std::nullopt;
    return decimal.negative ? -value : value;
}

std::optional<std::uint64_t> to_integer(const Decimal& decimal) {
    if (decimal.truncated) return std::nullopt;
    if (decimal.mantissa == 0) return 0;
    if (decimal.negative) return std::nullopt;
    std::uint64_t value = decimal.mantissa;
    std::int64_t exponent = decimal.exponent;
    for (; exponent < 0; ++exponent) {
        if (value % 10 != 0) return std::nullopt;
        value /= 10;
    }
    for (; exponent > 0; --exponent) {
        if (value >= exact_integers) return std::nullopt;
        value *= 10;
    }
    if (value >= exact_integers) return std::nullopt;
    return value;
}

std::string_view trim_blanks(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::optional<Decimal> scan_xml_double(std::string_view text) {
    text = trim_blanks(text);
    const char* end = text.data() + text.size();
    Decimal decimal;
    if (scan_decimal(text.data(), end, NumberGrammar::xml, decimal) != end || text.empty()) {
        return std::nullopt;
    }
    return decimal;
}

}  // namespace courant::senml::detail
