// What CBOR items begin with (RFC 8949 section 3): heads, and the floating-point numbers in them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

namespace courant::senml::detail {

/// The kinds of items.
enum class Major : std::uint8_t {
    unsigned_integer,
    negative_integer,  ///< -1 - argument
    bytes,
    text,
    array,
    map,
    tag,
    simple,  ///< floating-point numbers, false, true, null, and the break
};

/// The bytes that the head of one item takes at most.
inline constexpr std::size_t widest_head = 9;

/// An array, map or string whose end is marked by a break; with `Major::simple`, the break itself.
inline constexpr std::uint8_t indefinite_info = 31;
/// The info of a floating-point number: half, single or double.
inline constexpr std::uint8_t half_info = 25;
inline constexpr std::uint8_t single_info = 26;
inline constexpr std::uint8_t double_info = 27;

/// The first byte of items that are always the same.
inline constexpr char cbor_false = '\xF4';
inline constexpr char cbor_true = '\xF5';
inline constexpr char cbor_null = '\xF6';
inline constexpr char cbor_break = '\xFF';
inline constexpr char cbor_array_of_any_length = '\x9F';

/// The tag of a decimal fraction, of integers of any length, of a binary fraction (section 3.4).
inline constexpr std::uint64_t decimal_fraction_tag = 4;
inline constexpr std::uint64_t bignum_tag = 2;
inline constexpr std::uint64_t negative_bignum_tag = 3;
inline constexpr std::uint64_t bigfloat_tag = 5;

/// What an item is, and its length, count or value.
struct CborHead {
    Major major = Major::simple;
    std::uint8_t info = 0;
    std::uint64_t argument = 0;

    bool is_indefinite() const { return info == indefinite_info; }
    bool is_integer() const {
        return major == Major::unsigned_integer || major == Major::negative_integer;
    }
    bool is_float() const {
        return major == Major::simple && info >= half_info && info <= double_info;
    }
    bool is_tag(std::uint64_t number) const { return major == Major::tag && argument == number; }
};

/// Eight bytes as an integer, the first one the highest.
inline std::uint64_t load_big_endian(const char* p) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

/// The other way.
inline void store_big_endian(char* out, std::uint64_t word) {
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    std::memcpy(out, &word, sizeof word);
}

/// Writes a head, as short as it can be; returns its end. Needs room for `widest_head` bytes.
inline char* put_head(char* out, Major major, std::uint64_t argument) {
    const auto kind = static_cast<unsigned>(major) << 5;
    if (argument < 24) {
        *out = static_cast<char>(kind | static_cast<unsigned>(argument));
        return out + 1;
    }
    const unsigned info = 24 + static_cast<unsigned>(argument > 0xFF) +
                          static_cast<unsigned>(argument > 0xFFFF) +
                          static_cast<unsigned>(argument > 0xFFFF'FFFF);
    const unsigned size = 1U << (info - 24);
    *out = static_cast<char>(kind | info);
    store_big_endian(out + 1, argument << (64 - 8 * size));
    return out + 1 + size;
}

/// The number that a half is (RFC 8949 appendix D).
inline double from_half(std::uint16_t half) {
    const std::uint64_t sign = std::uint64_t{half & 0x8000U} << 48;
    const std::uint64_t exponent = half >> 10 & 0x1F;
    const std::uint64_t fraction = std::uint64_t{half & 0x3FFU} << 42;
    if (exponent == 0) return ((half & 0x8000) != 0 ? -0x1p-24 : 0x1p-24) * (half & 0x3FF);
    const std::uint64_t biased = exponent == 31 ? 0x7FF : exponent + 1023 - 15;
    return std::bit_cast<double>(sign | biased << 52 | fraction);
}

/// The half that a finite number is, if it is one exactly.
inline std::optional<std::uint16_t> to_half(double value) {
    constexpr int fraction_bits = 52;
    constexpr int half_fraction_bits = 10;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
    if (value == 0) return sign;
    const int exponent = static_cast<int>(bits >> fraction_bits & 0x7FF) - 1023;
    if (exponent < -24 || exponent > 15) return std::nullopt;
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
    const bool subnormal = exponent < -14;
    const int dropped =
        subnormal ? fraction_bits - (exponent + 24) : fraction_bits - half_fraction_bits;
    const std::uint64_t mantissa =
        subnormal ? fraction | std::uint64_t{1} << fraction_bits : fraction;
    if ((mantissa & ((std::uint64_t{1} << dropped) - 1)) != 0) return std::nullopt;
    const int biased = subnormal ? 0 : exponent + 15;
    return static_cast<std::uint16_t>(sign | biased << half_fraction_bits |
                                      static_cast<int>(mantissa >> dropped));
}

/// The number that the head of a floating-point number holds.
inline double float_of(const CborHead& head) {
    if (head.info == double_info) return std::bit_cast<double>(head.argument);
    if (head.info == half_info) return from_half(static_cast<std::uint16_t>(head.argument));
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
}

/// The double nearest to the integer that a head is.
inline double integer_of(const CborHead& head) {
    if (head.major == Major::unsigned_integer) return static_cast<double>(head.argument);
    if (head.argument == std::numeric_limits<std::uint64_t>::max()) return -0x1p64;
    return -static_cast<double>(head.argument + 1);
}

}  // namespace courant::senml::detail
