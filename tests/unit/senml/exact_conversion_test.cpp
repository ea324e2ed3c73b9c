// Conformance point 59, the hard way: conversions against integer arithmetic that loses nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "senml/detail/scale.hpp"
#include "senml/detail/units_table.hpp"
#include "senml/units.hpp"

using namespace courant::senml;

namespace {

__extension__ using Wide = unsigned __int128;

constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

// mantissa * 2^exponent, exactly.
struct Dyadic {
    Wide mantissa = 0;
    int exponent = 0;
};

Dyadic exactly(double magnitude) {
    int exponent = 0;
    const double fraction = std::frexp(magnitude, &exponent);
    return {static_cast<Wide>(std::ldexp(fraction, 53)), exponent - 53};
}

// Half way between two neighbours, the lower of them given.
Dyadic above(double magnitude) {
    const auto bits = std::bit_cast<std::uint64_t>(magnitude);
    const int field = static_cast<int>(bits >> 52);  // 0 for subnormal numbers
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const Wide mantissa = field == 0 ? fraction : fraction | std::uint64_t{1} << 52;
    return {2 * mantissa + 1, std::max(field, 1) - 1076};
}

int top_bit(const Dyadic& number) {
    int bits = 0;
    for (Wide rest = number.mantissa; rest != 0; rest >>= 1) ++bits;
    return bits + number.exponent;
}

// Less than, equal to or greater than a border, which is not zero.
int compare(Dyadic number, Dyadic border) {
    if (number.mantissa == 0) return -1;
    if (top_bit(number) != top_bit(border)) return top_bit(number) < top_bit(border) ? -1 : 1;
    // Equally high: brought to one exponent, neither gets wider than the other one is.
    const int shift = number.exponent - border.exponent;
    if (shift > 0) number.mantissa <<= shift;
    if (shift < 0) border.mantissa <<= -shift;
    return number.mantissa < border.mantissa ? -1 : number.mantissa > border.mantissa;
}

// Whether `result` is the double nearest to value * numerator / denominator, ties to even.
bool nearest(double result, double value, std::int64_t numerator, std::int64_t denominator) {
    if (std::signbit(result) != std::signbit(value)) return false;
    const double magnitude = std::abs(result);
    const bool even = (std::bit_cast<std::uint64_t>(magnitude) & 1) == 0;
    Dyadic exact = exactly(std::abs(value));
    exact.mantissa *= static_cast<Wide>(numerator);
    // Compared with a border b: value * numerator against b * denominator.
    const auto side_of = [&](Dyadic border) {
        border.mantissa *= static_cast<Wide>(denominator);
        return compare(exact, border);
    };
    if (magnitude > 0) {
        const int side = side_of(above(std::nextafter(magnitude, 0)));
        if (side < 0 || (side == 0 && !even)) return false;
    }
    if (std::isinf(magnitude)) return true;  // above the middle of the largest and what is beyond
    const int side = side_of(above(magnitude));
    return side < 0 || (side == 0 && even);
}

std::uint64_t seed() {
    const char* given = std::getenv("COURANT_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

// Any finite double, whatever its size; now and then one as people write them.
double any_double(std::mt19937_64& random) {
    if (random() % 4 == 0) {
        const auto number = static_cast<std::int64_t>(random() % 20'000'001) - 10'000'000;
        return static_cast<double>(number) / (random() % 2 == 0 ? 1 : 1000);
    }
    for (;;) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) return value;
    }
}

bool checked(const SecondaryUnit& unit, double value) {
    const double there = to_primary(unit, value);
    const double back = from_primary(unit, value);
    if (unit.offset != 0) {
        // One addition, which IEEE 754 rounds once.
        return there == value + static_cast<double>(unit.offset) &&
               back == value - static_cast<double>(unit.offset);
    }
    return nearest(there, value, unit.numerator, unit.denominator) &&
           nearest(back, value, unit.denominator, unit.numerator);
}

}  // namespace

TEST_CASE("59 the check itself knows the nearest double from its neighbours") {
    const double speed = to_primary(*secondary_unit("km/h"), 100);
    CHECK(nearest(speed, 100, 5, 18));
    CHECK_FALSE(nearest(std::nextafter(speed, 0), 100, 5, 18));
    CHECK_FALSE(nearest(std::nextafter(speed, 100), 100, 5, 18));
    CHECK_FALSE(nearest(-speed, 100, 5, 18));
    CHECK(nearest(2 * smallest, 3 * smallest, 1, 2));  // 1.5, to even
    CHECK_FALSE(nearest(smallest, 3 * smallest, 1, 2));
    CHECK(nearest(HUGE_VAL, largest, 2, 1));
    CHECK_FALSE(nearest(largest, largest, 2, 1));
}

TEST_CASE("59 every conversion of the registry is the double nearest to the exact result") {
    const std::uint64_t start = seed();
    CAPTURE(start);  // COURANT_TEST_SEED repeats it
    MESSAGE("seed ", std::to_string(start));
    std::mt19937_64 random(start);
    for (const auto& unit : detail::secondary_units) {
        CAPTURE(unit.symbol);
        for (int i = 0; i < 3000; ++i) {
            const double value = any_double(random);
            if (!checked(unit, value))
                FAIL_CHECK("wrong for the bits ", std::bit_cast<std::uint64_t>(value));
        }
    }
}

TEST_CASE("59 any scale of two terms below 2048 is applied in one rounding, there and back") {
    const std::uint64_t start = seed();
    CAPTURE(start);
    MESSAGE("seed ", std::to_string(start));
    std::mt19937_64 random(start);
    for (int i = 0; i < 200'000; ++i) {
        const auto numerator = static_cast<std::int64_t>(1 + random() % 2047);
        const auto denominator = static_cast<std::int64_t>(1 + random() % 2047);
        const double value = any_double(random);
        REQUIRE(detail::scales_exactly(numerator, denominator));
        if (!nearest(detail::scale(value, numerator, denominator), value, numerator, denominator)) {
            FAIL_CHECK(numerator, "/", denominator, " of the bits ",
                       std::bit_cast<std::uint64_t>(value));
        }
    }
}

TEST_CASE("59 ties, subnormal numbers and overflow round as IEEE 754 has it") {
    for (const std::int64_t odd : {1, 3, 5, 7, 9, 2047}) {
        for (const double value : {smallest, 3 * smallest, 9 * smallest, 18 * smallest, 1.0,
                                   0x1.fffffffffffffp0, 0x1p-1022, 0x1.8p-1021, largest}) {
            CAPTURE(odd);
            CAPTURE(value);
            CHECK(nearest(detail::scale(value, odd, 2), value, odd, 2));
            CHECK(nearest(detail::scale(value, odd, 1024), value, odd, 1024));
            CHECK(nearest(detail::scale(-value, 2, odd), -value, 2, odd));
        }
    }
    const auto speed = *secondary_unit("km/h");
    CHECK(to_primary(speed, 2 * smallest) == smallest);
    CHECK(to_primary(speed, smallest) == 0);
    CHECK(from_primary(speed, largest) == HUGE_VAL);
    CHECK(to_primary(speed, largest) == doctest::Approx(largest / 18 * 5));
    CHECK(std::signbit(to_primary(speed, -0.0)));
    CHECK(std::isnan(to_primary(speed, std::nan(""))));
    CHECK(to_primary(speed, -HUGE_VAL) == -HUGE_VAL);
}
