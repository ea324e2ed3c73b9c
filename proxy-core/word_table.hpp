// Values that have a word each, on the wire, in the store and on the command line.
//
//     constexpr WordTable<Colour, 2> colours{{{Colour::red, "red"},
//                                             {Colour::blue, "blue"}}};
//     word_of(colours, Colour::red);      // "red"
//     value_of(colours, "green");         // nothing
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace courant {

/// A table of values and their words.
template <class Value, std::size_t size>
using WordTable = std::array<std::pair<Value, std::string_view>, size>;

/// The word of a value; empty for one that is not in the table.
template <class Value, std::size_t size>
std::string_view word_of(const WordTable<Value, size>& words, Value value) {
    for (const auto& [candidate, word] : words)
        if (candidate == value) return word;
    return {};
}

/// The value of a word, if it is one of the table's.
template <class Value, std::size_t size>
std::optional<Value> value_of(const WordTable<Value, size>& words, std::string_view text) {
    for (const auto& [value, word] : words)
        if (word == text) return value;
    return std::nullopt;
}

}  // namespace courant
