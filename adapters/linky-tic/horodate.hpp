// The meter's own time stamps: SAAMMJJhhmmss, where S says in which season's time the rest is
// written.
#pragma once

#include <optional>
#include <string_view>

#include "senml/time.hpp"

namespace courant::linky {

/// How far the meter trusts its clock.
enum class ClockState {
    good,
    degraded,  ///< the season letter is in lower case: the clock is not synchronised
};

/// A time stamp of the meter.
struct Horodate {
    senml::Time time;
    ClockState clock = ClockState::good;

    bool operator==(const Horodate&) const = default;
};

/// Reads "E260923161039" (summer, UTC+2) or "H…" (winter, UTC+1); nothing where it is none.
std::optional<Horodate> parse_horodate(std::string_view text);

/// Reads an ISO 8601 time with `Z` or an offset: "2026-09-23T16:10:39+02:00".
std::optional<senml::Time> parse_iso_time(std::string_view text);

}  // namespace courant::linky
