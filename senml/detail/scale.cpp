#include "senml/detail/scale.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace courant::senml::detail {

namespace {

constexpr int mantissa_bits = 53;
constexpr int quotient_bits = 63;
constexpr int smallest_exponent = -1074;  // of the last bit that a double can have

// `whole` * 2^`exponent` as a double, rounded once, also where the result is a subnormal one. The
// last bit of `whole` also stands for all that comes after it: set if any of that is not zero.
double rounded(std::uint64_t whole, int exponent) {
    const int drop = std::max(quotient_bits - mantissa_bits, smallest_exponent - exponent);
    if (drop > quotient_bits) return 0;  // less than half of the smallest double
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    std::uint64_t kept = whole >> drop;
    const std::uint64_t rest = whole - (kept << drop);
    if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
    return std::ldexp(static_cast<double>(kept), exponent + drop);
}

// In integers: the mantissa times a small number fits 64 bits, and half of that 63, which the
// quotient is then filled up to.
double scale_by_small(double value, std::uint64_t numerator, std::uint64_t denominator) {
    if (value == 0 || !std::isfinite(value)) return value;
    int exponent = 0;
    const double fraction = std::frexp(std::abs(value), &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, mantissa_bits));
    const std::uint64_t product = mantissa * numerator;
    std::uint64_t quotient = product / denominator;
    const int more = std::countl_zero(quotient) - (64 - quotient_bits);
    const std::uint64_t remainder = product % denominator << more;
    quotient = quotient << more | remainder / denominator;
    if (remainder % denominator != 0) quotient |= 1;
    return std::copysign(rounded(quotient, exponent - mantissa_bits - more), value);
}

}  // namespace

double scale(double value, std::int64_t numerator, std::int64_t denominator) {
    // A single operation of IEEE 754 rounds once by itself.
    if (denominator == 1) return value * static_cast<double>(numerator);
    if (numerator == 1) return value / static_cast<double>(denominator);
    if (scales_exactly(numerator, denominator)) {
        return scale_by_small(value, static_cast<std::uint64_t>(numerator),
                              static_cast<std::uint64_t>(denominator));
    }
    return value * static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace courant::senml::detail
