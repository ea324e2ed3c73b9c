#include "senml/detail/digits.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace courant::senml::detail {

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

char* put_text(char* out, const char* text, std::size_t size) {
    std::memcpy(out, text, size);
    return out + size;
}

char* put_fixed(char* out, const Shortest& number) {
    const char* digits = number.digits.data();
    if (number.exponent < 0) {
        const auto blank = static_cast<std::size_t>(-number.exponent - 1);
        out = put_text(out, "0.", 2);
        std::memset(out, '0', blank);
        return put_text(out + blank, digits, number.count);
    }
    const auto whole = static_cast<std::size_t>(number.exponent) + 1;
    out = put_text(out, digits, whole);
    *out++ = '.';
    return put_text(out, digits + whole, number.count - whole);
}

char* put_scientific(char* out, const Shortest& number, std::size_t sign) {
    const char* digits = number.digits.data();
    int exponent = number.exponent;
    if (number.count == 1 || sign + number.count + 1 <= longest_mantissa) {
        *out++ = digits[0];
        if (number.count > 1) {
            *out++ = '.';
            out = put_text(out, digits + 1, number.count - 1);
        }
    } else {
        out = put_text(out, digits, number.count);
        exponent -= static_cast<int>(number.count) - 1;
    }
    *out++ = 'e';
    if (exponent < 0) *out++ = '-';
    return put_short(out, static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent));
}

}  // namespace

char* put_long_number(char* out, double value) {
    const Shortest number = shortest_digits(std::fabs(value));
    const std::size_t sign = value < 0 ? 1 : 0;
    if (sign == 1) *out++ = '-';
    const bool has_fraction = number.exponent < static_cast<int>(number.count) - 1;
    return number.exponent >= -5 && has_fraction && sign + fixed_size(number) <= longest_mantissa
               ? put_fixed(out, number)
               : put_scientific(out, number, sign);
}

}  // namespace courant::senml::detail
