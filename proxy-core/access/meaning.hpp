// What the readings of a series mean, and so how those of a period become one.
//
// Three numbers of a meter say nothing until somebody says what they are: powers have a mean,
// energies of a quarter of an hour each have a sum, and of an index only the last one counts. The
// wrong one of these gives a number that looks right. So it is configuration ([[series]]), guessed
// for nothing but units that can only be momentary, and where nobody knows there is no aggregate.
#pragma once

#include <optional>
#include <string_view>

namespace courant {

/// How a series is read.
enum class Meaning {
    instant,  ///< how it was at that time: a power, a temperature
    mean,     ///< how it was on average in the period that begins then
    sum,      ///< what came together in the period that begins then: energy per quarter of an hour
    index     ///< what a counter showed then
};
std::string_view to_word(Meaning meaning);
std::optional<Meaning> meaning_from(std::string_view word);
/// What a unit means by itself (RFC 8428, 8798): instant for what can only be momentary.
std::optional<Meaning> natural_meaning(std::string_view unit);

}  // namespace courant
