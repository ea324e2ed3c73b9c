#include "jobs/schedule.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace courant {

using senml::Span;
using senml::Time;

namespace {

// The first multiple of `every` after `after`.
Time next_tick(Time after, Span every) {
    const auto since = after.time_since_epoch();
    auto passed = since % every;
    if (passed < Span::zero()) passed += every;
    const auto step = every - passed;
    return since > Span::max() - step ? Time::max() : after + step;
}

const date::time_zone* find_zone(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

}  // namespace

tl::expected<Schedule, std::string> Schedule::make(const Triggers& triggers, Time began) {
    Schedule out(began);
    out.at_start_ = triggers.at_start;
    out.every_ = triggers.every;
    if (out.every_ && *out.every_ <= Span::zero())
        return tl::unexpected<std::string>("every must be longer than nothing");
    if (!triggers.cron) return out;
    auto expression = CronExpression::parse(*triggers.cron);
    if (!expression) return tl::unexpected(std::move(expression.error()));
    const auto* zone = find_zone(triggers.time_zone);
    if (!zone)
        return tl::unexpected(fmt::format("there is no time zone \"{}\"", triggers.time_zone));
    out.cron_ = Cron{*std::move(expression), zone};
    return out;
}

Time Schedule::counted_from(std::optional<Time> last_start, Time now) const {
    const Time from = last_start.value_or(began_);
    return from - now >= clock_tolerance ? now : from;
}

Time Schedule::next(std::optional<Time> last_start, Time now) const {
    if (!last_start && at_start_) return now;
    const Time from = counted_from(last_start, now);
    Time due = Time::max();
    if (every_) due = std::min(due, next_tick(from, *every_));
    if (cron_) due = std::min(due, cron_->expression.next_after(from, *cron_->zone));
    return due;
}

}  // namespace courant
