// A reading that owns all it says: name, unit, time and value in one struct, for who has few of
// them.
//
//     for (const Reading& reading : readings(pack)) show(reading.name, reading.time);
//     Pack pack = to_pack(std::array{Reading{.name = "house/power", .unit = "W", .time = now,
//                                            .value = 23.5}});
//
// Use it where a reading lives longer than its pack, travels between threads, or is put together
// field by field: tools, tests, examples, user interfaces. Not on the way of many readings: a
// `Record` is 24 bytes and owns nothing, a `Reading` is nearly 200 and allocates its name once more
// (and its text, its data). To take a large pack apart in readings costs about three times what it
// cost to read it from JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "senml/pack.hpp"
#include "senml/time.hpp"

namespace courant::senml {

/// One resolved record (RFC 8428 section 4.6).
///
/// Thread: a value; safe to share while nobody writes it.
struct Reading {
    /// The name of the series, whole.
    std::string name;
    /// The unit; nothing where the record has none, which is not the same as "".
    std::optional<std::string> unit = {};
    /// When, in nanoseconds since the epoch.
    Time time = {};
    /// The value: "v", "vs", "vb" or "vd"; nothing for a record that has a sum only.
    std::variant<std::monostate, double, std::string, bool, std::vector<std::byte>> value = {};
    /// The integrated sum ("s"), in unit x seconds.
    std::optional<double> sum = {};
    /// The longest time until the next reading ("ut"), in seconds.
    std::optional<double> update_time = {};
    /// Fields that RFC 8428 does not have, where the reader was asked to keep them.
    std::vector<UnknownField> unknown = {};

    /// Whether all is the same, numbers as `==` has it.
    bool operator==(const Reading&) const = default;
};

/// A record of the pack, as a reading of its own.
Reading reading(const Pack& pack, std::size_t index);

/// All records of the pack, in their order. The pack's version is not among what they say.
std::vector<Reading> readings(const Pack& pack);

/// Appends a reading to the pack. It is not checked here; codecs do that when the pack is written.
void add(Pack& pack, const Reading& reading);

/// A pack of these readings, in their order, of version 10. `write` says 26 where it has to.
Pack to_pack(std::span<const Reading> readings);

}  // namespace courant::senml
