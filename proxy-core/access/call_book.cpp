#include "proxy-core/access/call_book.hpp"

#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

constexpr WordTable<CallState, 4> state_words{{{CallState::started, "started"},
                                               {CallState::ok, "ok"},
                                               {CallState::failed, "failed"},
                                               {CallState::cancelled, "cancelled"}}};

}  // namespace

std::string_view to_word(CallState state) {
    return word_of(state_words, state);
}

std::optional<CallState> call_state_from(std::string_view word) {
    return value_of(state_words, word);
}

}  // namespace courant
