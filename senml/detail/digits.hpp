// Numbers into a buffer: the part of writing that happens for every reading.
//
// Digits are made eight at a time in one word (SWAR) and their count costs no branch. What is not a
// whole number or one of a few decimals, as meters send them, goes the long way of
// senml/number.cpp.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace courant::senml::detail {

/// The most bytes that one number takes, as `put_number` and `put_unsigned` write it, and how many
/// they may overwrite behind it.
inline constexpr std::size_t number_room = 40;

/// Writes any finite double but zero.
char* put_long_number(char* out, double value);

inline constexpr std::uint64_t eight_digits = 100'000'000;
// Eight decimal digits as eight bytes of 0 to 9, the first one in the lowest byte.
inline std::uint64_t spread_digits(std::uint64_t value) {
    const std::uint64_t upper = value / 10'000;
    const std::uint64_t fours = upper | (value - upper * 10'000) << 32;
    const std::uint64_t hundreds = ((fours * 10'486) >> 20) & 0x0000007F0000007FULL;
    const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const std::uint64_t tens = ((twos * 103) >> 10) & 0x000F000F000F000FULL;
    return tens | (twos - tens * 10) << 8;
}

inline void store_word(char* out, std::uint64_t word) {
    if constexpr (std::endian::native == std::endian::big) {
        for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(word >> (8 * i) & 0xFF);
    } else {
        std::memcpy(out, &word, sizeof word);
    }
}

inline constexpr std::uint64_t digit_zeros = 0x3030303030303030ULL;

inline char* put_eight(char* out, std::uint64_t value) {
    store_word(out, spread_digits(value) | digit_zeros);
    return out + 8;
}

// Fewer than nine digits, without zeros in front.
inline char* put_short(char* out, std::uint64_t value) {
    const std::uint64_t digits = spread_digits(value);
    const auto blank = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56)) / 8;
    store_word(out, (digits | digit_zeros) >> (8 * blank));
    return out + 8 - blank;
}

// ".001" to ".999" without zeros behind, and how long each is.
struct Thousandths {
    std::array<char, 4> text{};
    std::uint32_t size = 0;
};

inline constexpr std::array<Thousandths, 1000> thousandths = [] {
    std::array<Thousandths, 1000> table{};
    for (unsigned i = 1; i < table.size(); ++i) {
        table[i].text = {'.', static_cast<char>('0' + i / 100),
                         static_cast<char>('0' + i / 10 % 10), static_cast<char>('0' + i % 10)};
        table[i].size = i % 10 != 0 ? 4 : i % 100 != 0 ? 3 : 2;
    }
    return table;
}();

/// Writes an integer at `out`; returns its end.
inline char* put_unsigned(char* out, std::uint64_t value) {
    if (value < eight_digits) return put_short(out, value);
    const std::uint64_t upper = value / eight_digits;
    out = upper < eight_digits
              ? put_short(out, upper)
              : put_eight(put_short(out, upper / eight_digits), upper % eight_digits);
    return put_eight(out, value % eight_digits);
}

/// Writes a finite double, the fewest digits that read back to it; returns its end.
inline char* put_number(char* out, double value) {
    const double magnitude = std::fabs(value);
    if (magnitude == 0) {
        if (std::signbit(value)) *out++ = '-';
        *out++ = '0';
        return out;
    }
    // Up to fifteen digits there is one decimal number at most that reads back to a double.
    const double scaled = magnitude * 1000 + 0.5;
    if (scaled < 1e15) {
        const auto count = static_cast<std::uint64_t>(scaled);
        if (static_cast<double>(count) / 1000 == magnitude) {
            if (value < 0) *out++ = '-';
            const std::uint64_t whole = count / 1000;
            const Thousandths& rest = thousandths[count - whole * 1000];
            out = put_unsigned(out, whole);
            std::memcpy(out, rest.text.data(), rest.text.size());
            return out + rest.size;
        }
    } else if (magnitude < 1e17) {
        const auto whole = static_cast<std::uint64_t>(magnitude);
        if (static_cast<double>(whole) == magnitude) {
            if (value < 0) *out++ = '-';
            return put_unsigned(out, whole);
        }
    }
    return put_long_number(out, value);
}

}  // namespace courant::senml::detail
