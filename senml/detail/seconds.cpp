#include "senml/detail/seconds.hpp"

#include <array>
#include <charconv>

namespace courant::senml::detail {

void append_seconds(std::string& out, Nanos nanos) {
    if (nanos < 0) {
        out += '-';
        nanos = -nanos;
    }
    std::array<char, 24> whole{};  // at most 10^18 seconds: the reader's bound
    const auto result = std::to_chars(whole.data(), whole.data() + whole.size(),
                                      static_cast<std::uint64_t>(nanos / nanos_per_second));
    out.append(whole.data(), result.ptr);
    auto rest = static_cast<std::uint32_t>(nanos % nanos_per_second);
    if (rest == 0) return;
    std::array<char, 10> decimals = {'.'};
    std::size_t used = decimals.size();
    for (std::size_t i = decimals.size(); i-- > 1; rest /= 10) {
        decimals[i] = static_cast<char>('0' + rest % 10);
    }
    while (decimals[used - 1] == '0') --used;
    out.append(decimals.data(), used);
}

}  // namespace courant::senml::detail
