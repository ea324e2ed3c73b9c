// Cron expressions: "*/15 6-20 * * 1-5", five fields as in crontab(5).
//
//     minute          0-59
//     hour            0-23
//     day of month    1-31
//     month           1-12 or JAN-DEC
//     day of week     0-7 or SUN-SAT; 0 and 7 are Sunday
//
// A field is `*`, a number or a range `a-b`; `*` and a range may have a step `/n`; commas make a
// list of these. @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually are short for
// what they say. If both day fields are restricted (neither begins with `*`), a day that fits
// either of them fits, as in Vixie cron.
//
// Daylight saving is handled as in Vixie cron too, which administrators know. What decides is
// whether the minute or the hour field begins with `*`:
//
// Fixed ("30 2 * * *": neither does). The job is meant for a clock time. Times that the clock jumps
// over run once, together, at the first instant after the gap. A time that occurs twice runs the
// first time only.
//
// Repeating ("*/15 * * * *", "0 */2 * * *"). The job is meant to go on. It runs whenever the clock
// shows a time that fits: at both occurrences of the hour that comes twice, and not at times that
// never come. Between two runs of "*/15 * * * *" a quarter of an hour passes throughout.
//
// The same holds for every jump of a zone's offset, whatever its size and cause (Lord Howe shifts
// by half an hour).
//
// Values; no clock is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "senml/time.hpp"

namespace date {
class time_zone;
}

namespace courant {

/// A cron expression that fits some day.
class CronExpression {
  public:
    /// Reads an expression. The fault names the field and what is allowed there; dates that never
    /// come (31 February) are faults too.
    static tl::expected<CronExpression, std::string> parse(std::string_view text);

    /// What is wrong with an expression; nothing if it is right. For the configuration's loader.
    static std::optional<std::string> fault(std::string_view text);

    /// The first time after `after` (and not at it) at which the expression fits in that zone.
    /// Time::max() beyond the range of Time.
    senml::Time next_after(senml::Time after, const date::time_zone& zone) const;

  private:
    CronExpression() = default;

    enum class Rhythm { fixed, repeating };

    std::uint64_t minutes_ = 0;        ///< bit n: minute n
    std::uint64_t hours_ = 0;          ///< bit n: hour n
    std::uint64_t days_of_month_ = 0;  ///< bit n: day n, from 1
    std::uint64_t months_ = 0;         ///< bit n: month n, from 1
    std::uint64_t days_of_week_ = 0;   ///< bit n: day n, 0 is Sunday
    bool either_day_ = false;          ///< one of the two day fields is enough
    Rhythm rhythm_ = Rhythm::fixed;

    friend class CronSearch;
};

}  // namespace courant
