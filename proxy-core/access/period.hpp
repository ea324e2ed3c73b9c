// Periods that follow each other without a hole: every quarter of an hour, every day, every month.
//
//     const auto hour = Period::parse("PT1H");
//     hour->begin_of(reading.time, zone)        // the full hour before it
//     hour->end_of(begin, zone)                 // where the next one begins
//
// Those of hours, minutes and seconds are multiples since the epoch in UTC, for everybody the same.
// Those of days, weeks, months and years are the calendar's of a zone, and as long as that has
// them: a day may have 23 or 25 hours. Several days count from a Monday, several months from
// January of year 0. One that mixes both (P1DT1H) has no such beginning and is none here.
//
// Values; no clock is read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "senml/time.hpp"

namespace date {
class time_zone;
}

namespace courant {

/// One of them.
class Period {
  public:
    /// From an ISO 8601 duration; nothing for what is none, mixes both kinds or is longer than 250
    /// years.
    static std::optional<Period> parse(std::string_view iso_duration);

    /// The beginning of the one that `time` lies in.
    senml::Time begin_of(senml::Time time, const date::time_zone& zone) const;
    /// Where the one that begins then ends and the next one begins.
    senml::Time end_of(senml::Time begin, const date::time_zone& zone) const;
    /// The first beginning at `time` or after it.
    senml::Time next_begin(senml::Time time, const date::time_zone& zone) const;

    /// How many of them are between two times; at least 1.
    std::int64_t count_between(senml::Time from, senml::Time to, const date::time_zone& zone) const;

    /// Whether each of these is some of `finer` and nothing else, judged by the zone's offsets of
    /// the year around `now`: who gets this one could have made it from those.
    bool made_of(const Period& finer, const date::time_zone& zone, senml::Time now) const;

    bool operator==(const Period&) const = default;

  private:
    enum class Unit { seconds, days, months };
    Period(Unit unit, std::int64_t count) : unit_(unit), count_(count) {}

    Unit unit_;
    std::int64_t count_;  ///< above 0
};

/// The zone of an IANA name; throws ConfigError where there is none. It stays for ever.
const date::time_zone& zone_named(const std::string& name);

/// The coarser of two periods, ISO 8601, by their nominal length; either may be empty: none. Of
/// two that are as long, the first.
std::string_view coarser(std::string_view one, std::string_view other);

}  // namespace courant
