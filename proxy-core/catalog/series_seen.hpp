// What is known of a series because its readings passed here.
//
// Enough to tell somebody what there is, from when to when, and what it looks like; the readings
// themselves are nowhere kept for that.
//
// Values; no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "senml/pack.hpp"
#include "senml/time.hpp"

namespace courant {

/// A number that was read.
struct SeenValue {
    senml::Time time;
    double value = 0;

    bool operator==(const SeenValue&) const = default;
};

/// A series, as far as its readings told.
struct SeriesSeen {
    /// How many numbers are kept to show what they look like.
    static constexpr std::size_t most_latest = 4;

    /// People's spelling, where it is a federated name.
    std::string name;
    /// Of the last reading; empty where it had none.
    std::string unit = {};
    /// What the last reading's value was.
    senml::Kind kind = senml::Kind::none;
    /// The earliest and the latest time of a reading.
    senml::Time first = {};
    senml::Time last = {};
    /// How many there were; one that came twice counts twice.
    std::int64_t readings = 0;
    /// The last few numbers, in the order in which they came.
    std::vector<SeenValue> latest = {};

    bool operator==(const SeriesSeen&) const = default;
};

/// The word of a kind in the store and on the wire: "number".
std::string_view to_word(senml::Kind kind);
/// Kind none for a word that is no kind.
senml::Kind kind_from(std::string_view word);

/// Adds what was seen of the same series later on.
void add(SeriesSeen& to, const SeriesSeen& more);
/// What a pack holds, by series, with names as they stand there.
std::vector<SeriesSeen> seen_in(const senml::Pack& pack);

}  // namespace courant
