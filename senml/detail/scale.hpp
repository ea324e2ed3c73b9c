// A double times a fraction, rounded once.
#pragma once

#include <cstdint>

namespace courant::senml::detail {

/// Numerators and denominators below this one are exact together.
inline constexpr std::int64_t small_factor = 2048;

/// Whether `scale` rounds once for this fraction: with 1 above or below, or with two small numbers.
constexpr bool scales_exactly(std::int64_t numerator, std::int64_t denominator) {
    constexpr std::int64_t largest = std::int64_t{1} << 53;  // beyond it a double has gaps
    if (numerator < 1 || denominator < 1) return false;
    if (denominator == 1) return numerator <= largest;
    if (numerator == 1) return denominator <= largest;
    return numerator < small_factor && denominator < small_factor;
}

/// The double nearest to value * numerator / denominator, half to even, as if calculated without
/// end; where `scales_exactly` says no, the product is rounded before it is divided.
double scale(double value, std::int64_t numerator, std::int64_t denominator);

}  // namespace courant::senml::detail
