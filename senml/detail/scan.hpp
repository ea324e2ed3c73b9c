// Looking for the end of a text, eight bytes at a time (SWAR).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace courant::senml::detail {

/// The first byte that is `a`, `b` or `c` or below a blank; `end` if there is none.
template <unsigned char a, unsigned char b, unsigned char c = b>
inline const char* find_any(const char* p, const char* end) {
    constexpr std::uint64_t each = 0x0101010101010101ULL;
    constexpr std::uint64_t high = 0x8080808080808080ULL;
    // The high bit of bytes that are zero; of others above one, too, but the first is right.
    const auto zero = [](std::uint64_t word) { return (word - each) & ~word; };
    if constexpr (std::endian::native == std::endian::little) {
        for (; end - p >= 8; p += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, p, sizeof word);
            std::uint64_t marks =
                zero(word ^ (each * a)) | zero(word ^ (each * b)) | ((word - each * ' ') & ~word);
            if constexpr (c != b) marks |= zero(word ^ (each * c));
            marks &= high;
            if (marks != 0) return p + std::countr_zero(marks) / 8;
        }
    }
    while (p != end && *p != static_cast<char>(a) && *p != static_cast<char>(b) &&
           *p != static_cast<char>(c) && static_cast<unsigned char>(*p) >= ' ') {
        ++p;
    }
    return p;
}

}  // namespace courant::senml::detail
