#include "senml/detail/seconds.hpp"

#include <array>

#include "senml/detail/digits.hpp"

namespace courant::senml::detail {

char* put_seconds(char* out, Nanos nanos) {
    if (nanos < 0) {
        *out++ = '-';
        nanos = -nanos;
    }
    std::uint64_t whole = 0;
    std::uint64_t rest = 0;
    // Nearly all fit into 64 bits, where a division is many times quicker.
    if (const auto near = static_cast<std::uint64_t>(nanos); near == nanos) {
        whole = near / nanos_per_second;
        rest = near - whole * nanos_per_second;
    } else {
        whole = static_cast<std::uint64_t>(nanos / nanos_per_second);
        rest = static_cast<std::uint64_t>(nanos % nanos_per_second);
    }
    out = put_unsigned(out, whole);
    if (rest == 0) return out;
    constexpr std::size_t decimals = 9;
    *out = '.';
    for (std::size_t i = decimals; i > 0; --i, rest /= 10) {
        out[i] = static_cast<char>('0' + rest % 10);
    }
    out += decimals;
    while (*out == '0') --out;
    return out + 1;
}

void append_seconds(std::string& out, Nanos nanos) {
    std::array<char, number_room> text;
    out.append(text.data(), put_seconds(text.data(), nanos));
}

}  // namespace courant::senml::detail
