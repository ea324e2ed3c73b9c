#include "jobs/schedule.hpp"

#include <doctest/doctest.h>

using namespace courant;
using namespace std::chrono_literals;
using senml::Time;

namespace {

// A Friday, 10:02:00 UTC.
const Time began = senml::from_unix_seconds(1'772'791'320);
const Time ten = began - 2min;

Schedule make(const Triggers& triggers) {
    return Schedule::make(triggers, began).value();
}

}  // namespace

TEST_CASE("a job that runs at the start is due when the program begins, once") {
    const auto schedule = make({.every = 5min});
    CHECK(schedule.next(std::nullopt, began) == began);
    CHECK(schedule.next(began, began + 1s) == ten + 5min);
}

TEST_CASE("a job that does not run at the start waits for its first tick") {
    const auto schedule = make({.at_start = false, .every = 5min});
    CHECK(schedule.next(std::nullopt, began) == ten + 5min);
    CHECK(schedule.next(std::nullopt, ten + 5min + 300ms) == ten + 5min);
}

TEST_CASE("an interval does not drift, however late each run starts") {
    const auto schedule = make({.every = 5min});
    Time started = began;
    for (int run = 1; run <= 1000; ++run) {
        const auto due = schedule.next(started, started);
        CHECK(due == ten + run * 5min);
        started = due + 700ms;
    }
}

TEST_CASE("missed ticks are made up by one run") {
    const auto schedule = make({.every = 5min});
    const auto late = began + 3h;
    CHECK(schedule.next(began, late) <= late);
    CHECK(schedule.next(late, late + 1s) > late + 1s);
}

TEST_CASE("a tick that passed while the program was down is made up from the stored start") {
    const auto schedule = make({.at_start = false, .every = 24h});
    const auto midnight = ten - 10h;
    CHECK(schedule.next(midnight - 30h, began) <= began);
    CHECK(schedule.next(midnight + 1s, began) == midnight + 24h);
}

TEST_CASE("a cron expression is read in its zone") {
    const auto schedule =
        make({.at_start = false, .cron = "0 2 * * *", .time_zone = "Europe/Paris"});
    CHECK(schedule.next(std::nullopt, began) == ten + 15h);
    CHECK(schedule.next(ten + 15h + 1s, ten + 15h + 2s) == ten + 39h);
}

TEST_CASE("of several triggers the earliest counts") {
    const auto schedule = make({.every = 1h, .cron = "10,55 * * * *"});
    CHECK(schedule.next(std::nullopt, began) == began);
    CHECK(schedule.next(began, began) == ten + 10min);
    CHECK(schedule.next(ten + 10min, ten + 10min) == ten + 55min);
    CHECK(schedule.next(ten + 55min, ten + 55min) == ten + 60min);
}

TEST_CASE("a clock set forward makes a job due once") {
    const auto schedule = make({.every = 5min, .cron = "30 * * * *"});
    const auto forward = began + 1h;
    CHECK(schedule.next(began, forward) <= forward);
    CHECK(schedule.next(forward, forward + 1s) == ten + 65min);
}

TEST_CASE("a clock set back does neither stop nor flood a job") {
    const auto schedule = make({.every = 5min, .cron = "30 * * * *"});
    const auto started = began + 1h;
    auto now = began + 1s;
    auto due = schedule.next(started, now);
    CHECK(due == ten + 5min);
    int runs = 0;
    for (Time last = started; now < began + 1h; now += 10s) {
        last = schedule.counted_from(last, now);
        if (schedule.next(last, now) > now) continue;
        last = now;
        ++runs;
    }
    CHECK(runs == 12);
}

TEST_CASE("a clock set back by little is waited out, so that nothing runs twice") {
    const auto schedule = make({.every = 5min});
    const auto started = ten + 5min + 2ms;
    CHECK(schedule.next(started, ten + 5min - 3s) == ten + 10min);
}

TEST_CASE("the program's own beginning may come to lie in the future, too") {
    const auto schedule = make({.at_start = false, .every = 5min});
    CHECK(schedule.next(std::nullopt, began - 1h) == ten - 55min);
    const auto counted = schedule.counted_from(std::nullopt, began - 1h);
    CHECK(schedule.next(counted, ten - 55min) == ten - 55min);
}

TEST_CASE("without triggers a job runs at the start or never") {
    CHECK(make({}).next(std::nullopt, began) == began);
    CHECK(make({}).next(began, began) == Time::max());
    CHECK(make({.at_start = false}).next(std::nullopt, began) == Time::max());
}

TEST_CASE("ticks before 1970 and at the end of time are ticks") {
    const auto schedule = make({.every = 5min});
    CHECK(schedule.next(Time{-1s}, Time{-1s}) == Time{});
    CHECK(schedule.next(Time::max() - 1s, Time::max() - 1s) == Time::max());
}

TEST_CASE("what cannot be a schedule is refused with the reason") {
    CHECK(Schedule::make({.every = 0s}, began).error() == "every must be longer than nothing");
    CHECK(Schedule::make({.cron = "* * *"}, began).error().find("3 fields") != std::string::npos);
    CHECK(Schedule::make({.cron = "@daily", .time_zone = "Mars/Utopia"}, began).error() ==
          "there is no time zone \"Mars/Utopia\"");
}
