// The fast way into a text: records that differ from the one before in time and value only.
//
// What stands around their numbers is known from the record before; only the numbers are made, in a
// buffer that is handed over when it is full. A record that is unlike ends the run and goes the way
// of all others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "senml/detail/alike.hpp"

namespace courant::senml::detail {

/// Writes what follows the first of `records`, as long as it is like it; how many that were. `put`
/// writes a record, its whole seconds after `base_time` (nanoseconds) and its value, at the place
/// it is given and answers where it ended; it touches fewer than `room` bytes, 2048 at most.
template <typename Put>
std::size_t write_alike(std::string& out, std::span<const Record> records, std::int64_t base_time,
                        std::size_t room, Put put) {
    std::array<char, 8192> buffer;
    char* const full = buffer.data() + buffer.size() - room;
    char* at = buffer.data();
    const auto flush = [&] {
        out.append(buffer.data(), static_cast<std::size_t>(at - buffer.data()));
    };
    const Record like = records.front();
    std::size_t i = 1;
    for (; i < records.size(); ++i) {
        const auto seconds = seconds_after(base_time, records[i], like);
        if (!seconds) break;
        if (at > full) {
            flush();
            at = buffer.data();
        }
        at = put(at, *seconds, records[i].number);
    }
    flush();
    return i - 1;
}

}  // namespace courant::senml::detail
