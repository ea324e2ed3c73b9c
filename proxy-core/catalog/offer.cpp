#include "proxy-core/catalog/offer.hpp"

#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

constexpr WordTable<Offered, 3> offered_words{
    {{Offered::granted, "granted"}, {Offered::peers, "peers"}, {Offered::everyone, "everyone"}}};

}  // namespace

std::string_view to_word(Offered offered) {
    return word_of(offered_words, offered);
}

std::optional<Offered> offered_from(std::string_view word) {
    return value_of(offered_words, word);
}

}  // namespace courant
