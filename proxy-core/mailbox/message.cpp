#include "proxy-core/mailbox/message.hpp"

#include <array>
#include <utility>

namespace courant {
namespace {

constexpr std::array qualities{
    std::pair{Quality::missing, std::string_view("missing")},
    std::pair{Quality::estimated, std::string_view("estimated")},
    std::pair{Quality::raw, std::string_view("raw")},
    std::pair{Quality::corrected, std::string_view("corrected")},
    std::pair{Quality::validated, std::string_view("validated")},
    std::pair{Quality::invoiced, std::string_view("invoiced")},
};

constexpr std::array origins{
    std::pair{DeadOrigin::source, std::string_view("source")},
    std::pair{DeadOrigin::sent, std::string_view("sent")},
    std::pair{DeadOrigin::arrived, std::string_view("arrived")},
    std::pair{DeadOrigin::sink, std::string_view("sink")},
    std::pair{DeadOrigin::dropped, std::string_view("dropped")},
};

template <class Words, class Value>
std::string_view word_of(const Words& words, Value value) {
    for (const auto& [candidate, word] : words)
        if (candidate == value) return word;
    return {};
}

template <class Value, std::size_t size>
std::optional<Value> value_of(const std::array<std::pair<Value, std::string_view>, size>& words,
                              std::string_view text) {
    for (const auto& [value, word] : words)
        if (word == text) return value;
    return std::nullopt;
}

}  // namespace

std::string_view to_word(Quality quality) {
    return word_of(qualities, quality);
}
std::optional<Quality> quality_from(std::string_view word) {
    return value_of(qualities, word);
}

std::string_view to_word(DeadOrigin origin) {
    return word_of(origins, origin);
}
std::optional<DeadOrigin> dead_origin_from(std::string_view word) {
    return value_of(origins, word);
}

}  // namespace courant
