// When a job runs next: at the start of the program, at an interval, at the times of a cron
// expression, or all of them.
//
//     auto schedule = Schedule::make(extract.triggers, began);  // began: when the program did
//     Time due = schedule->next(std::nullopt, now);             // it has not run yet
//     if (due <= now) run();
//     last = schedule->counted_from(started, now);              // again and again
//     due = schedule->next(last, now);
//
// The rule is one: due is the first tick after the last start. From it follows the rest.
//
// Nothing is made up in a burst. A job that missed ten ticks (it took long, the machine slept) is
// due at once, and once.
//
// Nothing drifts. The ticks of an interval are its multiples since 1970-01-01T00:00Z, not "the last
// start plus the interval": every = "15m" is :00, :15, :30 and :45, after every restart.
//
// The clock of the machine may be set. Forward: what lies between is one missed tick, so the job is
// due at once, once. Back by a minute or more: the last start would lie in the future and the job
// would stand still until the clock has caught up; the last start is then taken to be now, so the
// next tick is at most one interval away (a cron time that the clock shows a second time runs a
// second time). Back by less: it is waited out. For this to work, who waits for a due time asks
// again at least once a minute instead of sleeping through, and keeps what counted_from() answered:
// with "now" anew at every question the next tick would recede for ever.
//
// Values; no thread, no clock.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "jobs/cron.hpp"
#include "proxy-core/config/config.hpp"
#include "senml/time.hpp"

namespace courant {

/// The times of one job.
class Schedule {
  public:
    /// Setting the clock back by less than this is waited out.
    static constexpr senml::Span clock_tolerance = std::chrono::minutes{1};

    /// `began` is when the program did: where a job has no start yet, its ticks count from then.
    /// The fault is that of the cron expression, of the interval or of the zone.
    static tl::expected<Schedule, std::string> make(const Triggers& triggers, senml::Time began);

    /// Whether the job runs when the program begins.
    bool runs_at_start() const { return at_start_; }

    /// The start to count from: the last one, or, where the job has none, the program's; `now`
    /// where that lies in the future because the clock was set back.
    senml::Time counted_from(std::optional<senml::Time> last_start, senml::Time now) const;

    /// When the job is due; at once if that is not after `now`. `last_start` is its last start
    /// since the program began, nothing before the first: then a job with at_start is due. A job
    /// without at_start may be given the start that the store remembers, so that it catches up with
    /// a tick that passed while the program was down. Time::max(): never again.
    senml::Time next(std::optional<senml::Time> last_start, senml::Time now) const;

  private:
    struct Cron {
        CronExpression expression;
        const date::time_zone* zone;
    };

    explicit Schedule(senml::Time began) : began_(began) {}

    senml::Time began_;
    bool at_start_ = false;
    std::optional<senml::Span> every_;
    std::optional<Cron> cron_;
};

}  // namespace courant
