// Eight bytes at a time, asked what each of them is (SWAR).
//
// An answer has the highest bit of every byte that it is true of, the first byte lowest, so that
// answers can be combined with `&` and `|`, and `first_of` tells the first byte of all.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace courant::senml::detail {

/// Eight bytes of a text.
class Octets {
  public:
    static constexpr std::size_t count = sizeof(std::uint64_t);

    explicit Octets(const char* p) {
        std::memcpy(&word_, p, count);
        if constexpr (std::endian::native != std::endian::little) {
            word_ = __builtin_bswap64(word_);
        }
    }

    /// Which bytes are `c`.
    std::uint64_t equal(unsigned char c) const { return zeros(word_ ^ (each * c)); }
    /// Which bytes are `c` once the bits of `mask` are set in them.
    std::uint64_t equal(unsigned char c, unsigned char mask) const {
        return zeros((word_ | each * mask) ^ (each * c));
    }

    /// Which bytes are below a blank; behind the first of them it may be said of others, too.
    std::uint64_t below_blank() const { return (word_ - each * ' ') & ~word_ & all; }

    /// Which bytes stand behind an odd number of marks; of the marks themselves, every other one,
    /// the first among them.
    static std::uint64_t behind_odd(std::uint64_t marks) {
        marks ^= marks << 8;
        marks ^= marks << 16;
        return marks ^ marks << 32;
    }
    /// Whether an answer is true of the last byte.
    static bool of_last(std::uint64_t answer) { return answer >> 63 != 0; }
    /// The first byte that an answer is true of.
    static std::size_t first_of(std::uint64_t answer) {
        return static_cast<std::size_t>(std::countr_zero(answer)) / 8;
    }
    /// The answer that is true of all.
    static constexpr std::uint64_t all = 0x8080808080808080ULL;

  private:
    static constexpr std::uint64_t each = 0x0101010101010101ULL;

    // Exact for every byte: nothing is carried from one to the next.
    static std::uint64_t zeros(std::uint64_t word) {
        return ~(((word & ~all) + ~all) | word | ~all);
    }

    std::uint64_t word_ = 0;
};

}  // namespace courant::senml::detail
