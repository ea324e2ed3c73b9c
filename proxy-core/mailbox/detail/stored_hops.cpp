#include "proxy-core/mailbox/detail/stored_hops.hpp"

#include <algorithm>
#include <utility>

namespace courant::detail {

std::string hops_text(const std::vector<Jid>& hops) {
    std::string text;
    for (const auto& hop : hops) {
        if (!text.empty()) text += ' ';
        text += hop.bare().to_string();
    }
    return text;
}

std::optional<std::vector<Jid>> hops_from(std::string_view text) {
    std::vector<Jid> hops;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find(' ', begin), text.size());
        auto hop = Jid::parse(text.substr(begin, end - begin));
        if (!hop) return std::nullopt;
        hops.push_back(*std::move(hop));
        begin = end + 1;
    }
    return hops;
}

}  // namespace courant::detail
