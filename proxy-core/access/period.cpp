#include "proxy-core/access/period.hpp"

#include <date/tz.h>

#include <algorithm>
#include <stdexcept>

#include "proxy-core/adapter.hpp"
#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

using senml::Time;

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t most_seconds = 250 * 366 * seconds_per_day;
// 1970-01-05; the epoch was a Thursday.
constexpr std::int64_t first_monday = 4;

constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

Time midnight(std::int64_t day, const date::time_zone& zone) {
    // Where the clock jumps over midnight, the day begins when it has jumped.
    return Time(
        zone.to_sys(date::local_days(date::days(day)), date::choose::earliest).time_since_epoch());
}

std::int64_t day_of(Time time, const date::time_zone& zone) {
    const auto local = zone.to_local(date::sys_time<senml::Span>(time.time_since_epoch()));
    return date::floor<date::days>(local).time_since_epoch().count();
}

std::int64_t month_of(std::int64_t day) {
    const date::year_month_day date{date::local_days(date::days(day))};
    return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) -
           1;
}

std::int64_t first_day_of(std::int64_t month) {
    const auto year = floor_to(month, 12) / 12;
    const date::year_month_day date{date::year(static_cast<int>(year)),
                                    date::month(static_cast<unsigned>(month - year * 12 + 1)),
                                    date::day(1)};
    return date::local_days(date).time_since_epoch().count();
}

}  // namespace

std::optional<Period> Period::parse(std::string_view iso_duration) {
    if (!is_iso_duration(iso_duration)) return std::nullopt;
    std::int64_t number = 0;
    std::int64_t seconds = 0;
    std::int64_t days = 0;
    std::int64_t months = 0;
    bool of_time = false;
    for (const char c : iso_duration.substr(1)) {
        if (c >= '0' && c <= '9') {
            number = std::min<std::int64_t>(number * 10 + (c - '0'), most_seconds);
            continue;
        }
        if (c == 'T') of_time = true;
        if (c == 'Y') months += number * 12;
        if (c == 'M' && !of_time) months += number;
        if (c == 'W') days += number * 7;
        if (c == 'D') days += number;
        if (c == 'H') seconds += number * 3600;
        if (c == 'M' && of_time) seconds += number * 60;
        if (c == 'S') seconds += number;
        number = 0;
    }
    if ((seconds > 0) + (days > 0) + (months > 0) != 1) return std::nullopt;
    if (seconds > most_seconds || days > most_seconds / seconds_per_day || months > 250 * 12)
        return std::nullopt;
    if (months > 0) return Period(Unit::months, months);
    if (days > 0) return Period(Unit::days, days);
    return Period(Unit::seconds, seconds);
}

Time Period::begin_of(Time time, const date::time_zone& zone) const {
    if (unit_ == Unit::seconds) {
        constexpr std::int64_t nanoseconds = 1'000'000'000;
        return Time(senml::Span(floor_to(time.time_since_epoch().count(), count_ * nanoseconds)));
    }
    const std::int64_t day = day_of(time, zone);
    if (unit_ == Unit::days)
        return midnight(floor_to(day - first_monday, count_) + first_monday, zone);
    return midnight(first_day_of(floor_to(month_of(day), count_)), zone);
}

Time Period::end_of(Time begin, const date::time_zone& zone) const {
    if (unit_ == Unit::seconds) return begin + std::chrono::seconds(count_);
    const std::int64_t day = day_of(begin, zone);
    if (unit_ == Unit::days) return midnight(day + count_, zone);
    return midnight(first_day_of(month_of(day) + count_), zone);
}

Time Period::next_begin(Time time, const date::time_zone& zone) const {
    const Time begin = begin_of(time, zone);
    return begin == time ? begin : end_of(begin, zone);
}

std::int64_t Period::count_between(Time from, Time to, const date::time_zone& zone) const {
    if (unit_ == Unit::seconds)
        return std::max<std::int64_t>(1, (to - from) / std::chrono::seconds(count_));
    std::int64_t count = 0;
    for (Time time = end_of(from, zone); time <= to; time = end_of(time, zone)) ++count;
    return std::max<std::int64_t>(1, count);
}

bool Period::made_of(const Period& finer, const date::time_zone& zone, Time now) const {
    if (unit_ == finer.unit_) return count_ % finer.count_ == 0;
    if (unit_ == Unit::seconds) return false;
    if (finer.unit_ == Unit::days) return finer.count_ == 1;
    if (finer.unit_ == Unit::months) return false;
    if (seconds_per_day % finer.count_ != 0) return false;
    // Midnight is at a multiple of it if the offsets are.
    const auto offset_at = [&](Time time) {
        const auto info = zone.get_info(
            date::sys_seconds(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch())));
        return info.offset.count();
    };
    constexpr auto half_a_year = std::chrono::hours(24 * 182);
    return offset_at(now) % finer.count_ == 0 && offset_at(now + half_a_year) % finer.count_ == 0;
}

const date::time_zone& zone_named(const std::string& name) {
    try {
        return *date::locate_zone(name);
    } catch (const std::runtime_error&) {
        throw ConfigError("there is no time zone " + name);
    }
}

std::string_view coarser(std::string_view one, std::string_view other) {
    if (one.empty()) return other;
    if (other.empty()) return one;
    return nominal_length(one) >= nominal_length(other) ? one : other;
}

}  // namespace courant
