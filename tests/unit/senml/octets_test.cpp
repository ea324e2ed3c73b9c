#include "senml/detail/octets.hpp"

#include <doctest/doctest.h>

#include <array>

using courant::senml::detail::Octets;

namespace {

// The highest bit of byte `index`.
std::uint64_t bit_of(std::size_t index) {
    return std::uint64_t{0x80} << (8 * index);
}

}  // namespace

TEST_CASE("of eight bytes, exactly those are found that are asked for") {
    std::array<char, 8> bytes{};
    for (unsigned value = 0; value < 256; ++value) {
        for (unsigned asked = 0; asked < 256; ++asked) {
            // Its neighbours by value stand beside it: nothing may be carried over to them.
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                bytes[i] = static_cast<char>(value + (i % 3) - 1);
            }
            std::uint64_t expected = 0;
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                if (bytes[i] == static_cast<char>(asked)) expected |= bit_of(i);
            }
            REQUIRE(Octets(bytes.data()).equal(static_cast<unsigned char>(asked)) == expected);
        }
    }
}

TEST_CASE("brackets of JSON are found by the bits that they share") {
    for (unsigned value = 0; value < 256; ++value) {
        std::array<char, 8> bytes{};
        bytes[5] = static_cast<char>(value);
        const bool found = Octets(bytes.data()).equal(0x7F, 0x26) != 0;
        const bool is_bracket = value == '{' || value == '}' || value == '[' || value == ']';
        CHECK((found || !is_bracket));
        CHECK((!found || (value | 0x26U) == 0x7F));
    }
}

TEST_CASE("what stands behind an odd number of marks is inside of them") {
    CHECK(Octets::behind_odd(0) == 0);
    CHECK(Octets::behind_odd(bit_of(2)) == (Octets::all & ~(bit_of(2) - 1)));
    CHECK(Octets::behind_odd(bit_of(2) | bit_of(5)) == (bit_of(2) | bit_of(3) | bit_of(4)));
    CHECK(Octets::of_last(Octets::behind_odd(bit_of(7))));
    CHECK_FALSE(Octets::of_last(Octets::behind_odd(bit_of(0) | bit_of(7))));
    CHECK(Octets::first_of(bit_of(3) | bit_of(6)) == 3);
}
