// Where records go that differ from the one before in time and value only.
//
// The resolver says what they share; readers that know such records by their bytes put them here,
// one addition each, instead of resolving them.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "senml/pack.hpp"
#include "senml/time.hpp"

namespace courant::senml::detail {

/// The widest time, in nanoseconds, that can be added to a base time as wide in 64 bits.
inline constexpr std::int64_t widest_alike = (std::int64_t{1} << 62) - 1;

/// The time on its own, where it is a relative one `now` later; nothing where it leaves the range.
inline std::optional<std::int64_t> absolute(std::int64_t time, std::int64_t now) {
    constexpr std::int64_t absolute_from = absolute_from_seconds * 1'000'000'000;
    if (time < absolute_from && __builtin_add_overflow(time, now, &time)) return std::nullopt;
    return time;
}

/// What records alike share.
struct Alike {
    Pack* pack = nullptr;
    Record like;                 ///< a record of the pack; its time and value mean nothing
    std::int64_t base_time = 0;  ///< nanoseconds, at most `widest_alike` either way
    std::int64_t now = 0;        ///< nanoseconds, for relative times
    double base_value = 0;
    bool has_base_value = false;

    /// Appends a record of that time, at most `widest_alike` either way, and value. False, and
    /// nothing done, where the rules have to say what is wrong with it.
    bool put(std::int64_t offset, double value) const {
        const auto time = absolute(base_time + offset, now);
        if (!time) return false;
        if (has_base_value) {
            value = base_value + value;
            if (!std::isfinite(value)) return false;
        }
        pack->add_like(like, Time{Span{*time}}, value);
        return true;
    }
};

/// For writers: how many whole seconds `record` comes after `base_time` (nanoseconds), if it
/// differs from `like` in time and value only and both are written without further thought; else
/// nothing.
inline std::optional<std::uint64_t> seconds_after(std::int64_t base_time, const Record& record,
                                                  const Record& like) {
    constexpr std::uint64_t second = 1'000'000'000;
    std::int64_t offset = 0;
    if (record.name != like.name || record.unit != like.unit || record.kind != Kind::number ||
        record.has_extra || !std::isfinite(record.number) ||
        __builtin_sub_overflow(record.time.time_since_epoch().count(), base_time, &offset) ||
        offset <= 0) {
        return std::nullopt;
    }
    const std::uint64_t seconds = static_cast<std::uint64_t>(offset) / second;
    if (seconds * second != static_cast<std::uint64_t>(offset)) return std::nullopt;
    return seconds;
}

}  // namespace courant::senml::detail
