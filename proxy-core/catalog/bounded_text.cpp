#include "proxy-core/catalog/bounded_text.hpp"

namespace courant {

std::string bounded(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes) return std::string(text);
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (most_bytes > 0 && continues(most_bytes)) --most_bytes;
    return std::string(text.substr(0, most_bytes));
}

}  // namespace courant
