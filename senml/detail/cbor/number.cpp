#include "senml/detail/cbor/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/seconds.hpp"

namespace courant::senml::detail {

namespace {

constexpr double exact_integers = 0x1p53;  // up to here a double holds every integer
constexpr std::uint64_t widest_seconds = 1'000'000'000'000'000'000;
constexpr int most_decimals = 9;

constexpr std::array<double, most_decimals + 1> powers = {1e0, 1e1, 1e2, 1e3, 1e4,
                                                          1e5, 1e6, 1e7, 1e8, 1e9};

char* put_integer(char* out, std::int64_t value) {
    return value < 0
               ? put_head(out, Major::negative_integer, static_cast<std::uint64_t>(-1 - value))
               : put_head(out, Major::unsigned_integer, static_cast<std::uint64_t>(value));
}

char* put_bits(char* out, std::uint8_t info, std::uint64_t bits) {
    const unsigned size = 1U << (info - 24);
    *out = static_cast<char>(static_cast<unsigned>(Major::simple) << 5 | info);
    store_big_endian(out + 1, bits << (64 - 8 * size));
    return out + 1 + size;
}

char* put_float(char* out, double value) {
    const auto single = static_cast<float>(value);
    if (static_cast<double>(single) != value) {
        return put_bits(out, double_info, std::bit_cast<std::uint64_t>(value));
    }
    if (const auto half = to_half(value)) return put_bits(out, half_info, *half);
    return put_bits(out, single_info, std::bit_cast<std::uint32_t>(single));
}

// A time that is no whole second: mantissa * 10^-decimals, no digit to spare.
struct Fraction {
    std::uint64_t mantissa = 0;
    int decimals = most_decimals;
    bool negative = false;

    double nearest() const;
};

// The nearest double. Up to 2^53 one division rounds once; beyond, the digits are looked at.
double Fraction::nearest() const {
    const double power = powers[static_cast<std::size_t>(decimals)];
    double magnitude = static_cast<double>(mantissa) / power;
    if (mantissa > static_cast<std::uint64_t>(exact_integers)) {
        std::array<char, number_room> text;
        char* end = put_unsigned(text.data(), mantissa);
        *end++ = 'e';
        *end++ = '-';
        *end++ = static_cast<char>('0' + decimals);
        Decimal decimal;
        scan_decimal(text.data(), end, NumberGrammar::json, decimal);
        magnitude = to_double(decimal).value_or(magnitude);
    }
    return negative ? -magnitude : magnitude;
}

// Nothing where the digits are more than 64 bits hold: split seconds some ages away.
std::optional<Fraction> fraction_of(Nanos time) {
    constexpr Nanos most = std::numeric_limits<std::uint64_t>::max();
    Fraction fraction;
    fraction.negative = time < 0;
    Nanos magnitude = fraction.negative ? -time : time;
    for (; magnitude > most && magnitude % 10 == 0; magnitude /= 10) --fraction.decimals;
    if (magnitude > most) return std::nullopt;
    fraction.mantissa = static_cast<std::uint64_t>(magnitude);
    for (; fraction.mantissa % 10 == 0; fraction.mantissa /= 10) --fraction.decimals;
    return fraction;
}

char* put_decimal_fraction(char* out, const Fraction& fraction) {
    out = put_head(out, Major::tag, decimal_fraction_tag);
    out = put_head(out, Major::array, 2);
    out = put_integer(out, -fraction.decimals);
    return fraction.negative ? put_head(out, Major::negative_integer, fraction.mantissa - 1)
                             : put_head(out, Major::unsigned_integer, fraction.mantissa);
}

char* put_split_second(char* out, Nanos time) {
    constexpr std::uint64_t always_distinct = 1'000'000'000'000'000;   // up to fifteen digits
    constexpr std::uint64_t never_shortest = 100'000'000'000'000'000;  // more than seventeen
    const auto fraction = fraction_of(time);
    if (!fraction) return nullptr;
    if (fraction->mantissa >= never_shortest) return put_decimal_fraction(out, *fraction);
    const double seconds = fraction->nearest();
    const bool reads_back = fraction->mantissa < always_distinct || nanoseconds_of(seconds) == time;
    return reads_back ? put_float(out, seconds) : put_decimal_fraction(out, *fraction);
}

// Whole seconds, and microseconds as long as they lie further apart than doubles do: then no other
// number of so few decimals reads back to the double, and none of fewer.
std::optional<Nanos> quick_nanoseconds(double seconds) {
    const double magnitude = std::fabs(seconds);
    if (!(magnitude < exact_integers)) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(seconds);
    if (static_cast<double>(whole) == seconds) return Nanos{whole} * nanos_per_second;
    if (magnitude >= 0x1p33) return std::nullopt;
    const auto micros = static_cast<std::int64_t>(seconds * 1e6 + std::copysign(0.5, seconds));
    if (static_cast<double>(micros) / 1e6 == seconds) return Nanos{micros} * 1000;
    return std::nullopt;
}

// An integer of any length.
struct Mantissa {
    bool negative = false;
    std::uint64_t magnitude = 0;  ///< where it has no octets
    std::string octets;           ///< the magnitude, the highest octet first, where 64 bits are few
};

// -1 - n is what is written for a negative number.
void add_one(std::string& octets) {
    for (std::size_t i = octets.size(); i-- > 0;) {
        octets[i] = static_cast<char>(static_cast<unsigned char>(octets[i]) + 1);
        if (octets[i] != 0) return;
    }
    octets.insert(octets.begin(), 1);
}

bool read_bignum(CborScanner& scanner, Mantissa& mantissa) {
    CborHead head;
    std::string joined;
    std::string_view octets;
    if (!scanner.read_head(head) || head.major != Major::bytes ||
        !scanner.read_string(head, joined, octets)) {
        return false;
    }
    octets.remove_prefix(std::min(octets.find_first_not_of('\0'), octets.size()));
    if (octets.size() > longest_mantissa) return false;
    mantissa.octets = octets;
    if (mantissa.negative) add_one(mantissa.octets);
    if (mantissa.octets.size() > sizeof mantissa.magnitude) return true;
    for (const char octet : mantissa.octets) {
        mantissa.magnitude = mantissa.magnitude << 8 | static_cast<unsigned char>(octet);
    }
    mantissa.octets.clear();
    return true;
}

bool read_mantissa(CborScanner& scanner, Mantissa& mantissa) {
    CborHead head;
    if (!scanner.read_head(head)) return false;
    mantissa.negative = head.major == Major::negative_integer || head.is_tag(negative_bignum_tag);
    if (head.is_tag(bignum_tag) || head.is_tag(negative_bignum_tag)) {
        return read_bignum(scanner, mantissa);
    }
    if (!head.is_integer()) return false;
    mantissa.magnitude = head.argument + (mantissa.negative ? 1 : 0);
    if (mantissa.negative && mantissa.magnitude == 0) {  // -2^64, one bit too long
        mantissa.octets = std::string(9, '\0');
        mantissa.octets.front() = 1;
    }
    return true;
}

bool read_parts(std::string_view item, CborHead& exponent, Mantissa& mantissa) {
    CborScanner scanner(item, 0);
    CborHead head;
    if (!scanner.read_head(head) || !head.is_tag(decimal_fraction_tag)) return false;
    if (!scanner.read_head(head) || head.major != Major::array) return false;
    if (!scanner.read_head(exponent) || !exponent.is_integer()) return false;
    if (!read_mantissa(scanner, mantissa)) return false;
    return head.is_indefinite() ? scanner.accept_break() : head.argument == 2;
}

// Nine digits at a time, by long division; the last ones come out first.
std::string decimal_digits(std::string octets) {
    constexpr std::uint64_t divisor = 1'000'000'000;
    std::string reversed;
    while (!octets.empty()) {
        std::uint64_t rest = 0;
        for (char& octet : octets) {
            rest = rest << 8 | static_cast<unsigned char>(octet);
            octet = static_cast<char>(rest / divisor);
            rest %= divisor;
        }
        octets.erase(0, std::min(octets.find_first_not_of('\0'), octets.size()));
        for (int digit = 0; digit < 9; ++digit, rest /= 10) {
            reversed += static_cast<char>('0' + rest % 10);
        }
    }
    while (reversed.back() == '0') reversed.pop_back();
    return {reversed.rbegin(), reversed.rend()};
}

// Beyond the limit all numbers are zero or too large.
std::int64_t limited(const CborHead& exponent) {
    constexpr std::uint64_t limit = 1'000'000;
    const auto magnitude = static_cast<std::int64_t>(std::min(exponent.argument, limit));
    return exponent.major == Major::negative_integer ? -1 - magnitude : magnitude;
}

}  // namespace

void append_digits(std::string& out, const CborHead& integer) {
    std::uint64_t magnitude = integer.argument;
    if (integer.major == Major::negative_integer) {
        out += '-';
        if (magnitude == std::numeric_limits<std::uint64_t>::max()) {
            out += "18446744073709551616";
            return;
        }
        ++magnitude;
    }
    std::array<char, number_room> text;
    out.append(text.data(), put_unsigned(text.data(), magnitude));
}

// Small ones need no text: to_double and to_nanoseconds get along with the numbers.
std::optional<Decimal> scan_decimal_fraction(std::string_view item, std::string& text) {
    CborHead exponent;
    Mantissa mantissa;
    if (!read_parts(item, exponent, mantissa)) return std::nullopt;
    constexpr std::int64_t exact_power = 22;
    const std::int64_t power = limited(exponent);
    Decimal decimal;
    decimal.negative = mantissa.negative;
    decimal.exponent = power;
    if (mantissa.octets.empty() &&
        mantissa.magnitude <= static_cast<std::uint64_t>(exact_integers) && power >= -exact_power &&
        power <= exact_power) {
        decimal.mantissa = mantissa.magnitude;
        return decimal;
    }
    text = mantissa.negative ? "-" : "";
    text += mantissa.octets.empty() ? std::to_string(mantissa.magnitude)
                                    : decimal_digits(std::move(mantissa.octets));
    text += 'e' + std::to_string(power);
    scan_decimal(text.data(), text.data() + text.size(), NumberGrammar::json, decimal);
    return decimal;
}

char* put_cbor_value(char* out, double value) {
    if (value >= -exact_integers && value <= exact_integers) {
        const auto whole = static_cast<std::int64_t>(value);
        const bool negative_zero = whole == 0 && std::signbit(value);
        if (static_cast<double>(whole) == value && !negative_zero) return put_integer(out, whole);
    }
    return put_float(out, value);
}

char* put_cbor_time(char* out, Nanos time) {
    const auto near = narrow(time);
    const auto whole = near ? near->count() / nanos_per_second
                            : static_cast<std::int64_t>(time / nanos_per_second);
    if (Nanos{whole} * nanos_per_second == time) return put_integer(out, whole);
    return put_split_second(out, time);
}

std::optional<Nanos> nanoseconds_of(double seconds) {
    if (const auto quick = quick_nanoseconds(seconds)) return quick;
    if (!std::isfinite(seconds)) return std::nullopt;
    std::array<char, number_room> text;
    Decimal decimal;
    scan_decimal(text.data(), put_number(text.data(), seconds), NumberGrammar::json, decimal);
    return to_nanoseconds(decimal);
}

std::optional<Nanos> nanoseconds_of(const CborHead& head) {
    if (!head.is_integer()) return nanoseconds_of(float_of(head));
    const bool negative = head.major == Major::negative_integer;
    if (head.argument > widest_seconds - (negative ? 1 : 0)) return std::nullopt;
    const Nanos seconds = head.argument;
    return (negative ? -1 - seconds : seconds) * nanos_per_second;
}

}  // namespace courant::senml::detail
