#include "jobs/cron.hpp"

#include <date/tz.h>
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace courant;

namespace {

using Times = std::vector<std::string>;

senml::Time utc(const std::string& text) {
    std::istringstream in(text);
    date::sys_seconds time;
    in >> date::parse("%Y-%m-%dT%H:%M:%SZ", time);
    REQUIRE_MESSAGE(!in.fail(), text);
    return time;
}

// The next runs after a time in UTC, as the zone's clock shows them: "03-29 03:00 CEST".
Times runs(const char* cron, const char* zone_name, const char* after, int count) {
    const auto expression = CronExpression::parse(cron);
    REQUIRE_MESSAGE(expression, cron);
    const auto* zone = date::locate_zone(zone_name);
    Times out;
    auto time = utc(after);
    for (int i = 0; i < count; ++i) {
        time = expression->next_after(time, *zone);
        const auto local = date::make_zoned(zone, date::floor<std::chrono::minutes>(time));
        out.push_back(date::format("%m-%d %H:%M %Z", local));
    }
    return out;
}

std::string fault(const char* cron) {
    return CronExpression::fault(cron).value_or("");
}

}  // namespace

TEST_CASE("the five fields mean what crontab(5) says") {
    CHECK(runs("*/15 6-20 * * 1-5", "UTC", "2026-03-06T20:31:00Z", 3) ==
          Times{"03-06 20:45 UTC", "03-09 06:00 UTC", "03-09 06:15 UTC"});
    CHECK(runs("5,50-52 1-23/11 * * *", "UTC", "2026-03-06T01:05:00Z", 5) ==
          Times{"03-06 01:50 UTC", "03-06 01:51 UTC", "03-06 01:52 UTC", "03-06 12:05 UTC",
                "03-06 12:50 UTC"});
    CHECK(runs("0 0 1 jan,JUL *", "UTC", "2026-03-06T00:00:00Z", 2) ==
          Times{"07-01 00:00 UTC", "01-01 00:00 UTC"});
    CHECK(runs("0 0 * * 7", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"03-08 00:00 UTC"});
    CHECK(runs("0 0 * * sun", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"03-08 00:00 UTC"});
    CHECK(runs("0 0 * * fri-sun", "UTC", "2026-03-06T00:00:00Z", 3) ==
          Times{"03-07 00:00 UTC", "03-08 00:00 UTC", "03-13 00:00 UTC"});
    CHECK(runs(" 0\t0   1 * * ", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"04-01 00:00 UTC"});
}

TEST_CASE("two restricted day fields: either is enough; a star restricts the other") {
    CHECK(runs("0 0 13 * 5", "UTC", "2026-03-01T00:00:00Z", 3) ==
          Times{"03-06 00:00 UTC", "03-13 00:00 UTC", "03-20 00:00 UTC"});
    CHECK(runs("0 0 11 * mon", "UTC", "2026-03-01T00:00:00Z", 3) ==
          Times{"03-02 00:00 UTC", "03-09 00:00 UTC", "03-11 00:00 UTC"});
    // As in Vixie cron a field that begins with a star does not count as restricted: odd days that
    // are Mondays.
    CHECK(runs("0 0 */2 * mon", "UTC", "2026-03-01T00:00:00Z", 2) ==
          Times{"03-09 00:00 UTC", "03-23 00:00 UTC"});
}

TEST_CASE("the words stand for expressions") {
    CHECK(runs("@hourly", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"03-06 01:00 UTC"});
    CHECK(runs("@daily", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"03-07 00:00 UTC"});
    CHECK(runs("@weekly", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"03-08 00:00 UTC"});
    CHECK(runs("@monthly", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"04-01 00:00 UTC"});
    CHECK(runs("@annually", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"01-01 00:00 UTC"});
    CHECK(fault("@reboot") == "@reboot is written at_start = true");
}

TEST_CASE("the next run is after the given time, never at it") {
    const auto every_minute = *CronExpression::parse("* * * * *");
    const auto& zone = *date::locate_zone("UTC");
    const auto noon = utc("2026-03-06T12:00:00Z");
    CHECK(every_minute.next_after(noon, zone) == noon + std::chrono::minutes{1});
    CHECK(every_minute.next_after(noon - std::chrono::nanoseconds{1}, zone) == noon);
    CHECK(every_minute.next_after(noon + std::chrono::seconds{59}, zone) ==
          noon + std::chrono::minutes{1});
    CHECK(every_minute.next_after(senml::Time{std::chrono::nanoseconds{-1}}, zone) ==
          senml::Time{});
}

TEST_CASE("29 February is waited for, also over a century without it") {
    CHECK(runs("0 0 29 2 *", "UTC", "2026-03-06T00:00:00Z", 1) == Times{"02-29 00:00 UTC"});
    const auto leap = *CronExpression::parse("0 0 29 feb *");
    CHECK(leap.next_after(utc("2096-03-01T00:00:00Z"), *date::locate_zone("Europe/Paris")) >
          utc("2104-02-28T12:00:00Z"));
}

TEST_CASE("dates that never come are faults") {
    CHECK(fault("0 0 31 2 *") == "\"0 0 31 2 *\": day 31 of month 2 never comes");
    CHECK(fault("0 0 30,31 feb *") != "");
    CHECK(fault("0 0 31 4,6,9,11 *") != "");
    CHECK(fault("0 0 31 2 1") == "");  // Mondays in February do come
}

TEST_CASE("a fault names the field and what is allowed") {
    CHECK(fault("60 * * * *") ==
          "minute \"60\": is out of range. Allowed: 0-59, *, lists with commas, ranges a-b, steps "
          "*/n");
    CHECK(fault("* * * * funday") ==
          "day of week \"funday\": is no number or name. Allowed: 0-7 or SUN-SAT, *, lists with "
          "commas, ranges "
          "a-b, steps */n");
    CHECK(fault("* * * 0 *").starts_with("month \"0\": is out of range. Allowed: 1-12 or JAN-DEC"));
    CHECK(fault("* 5-3 * * *").starts_with("hour \"5-3\": runs backwards"));
    CHECK(fault("5/15 * * * *").starts_with("minute \"5/15\": a step needs a range or *"));
    CHECK(fault("* * * *").ends_with(
        "has 4 fields, and 5 are needed: minute, hour, day of month, month, day "
        "of week"));
    CHECK(fault("0 * * * * *").find("has 6 fields") != std::string::npos);
}

TEST_CASE("nonsense is refused") {
    for (const char* text : {"",
                             " ",
                             "@often",
                             "a * * * *",
                             "-1 * * * *",
                             "1- * * * *",
                             "1-2-3 * * * *",
                             "*/0 * * * *",
                             "*/ * * * *",
                             "*/5/5 * * * *",
                             ", * * * *",
                             "1, * * * *",
                             "** * * * *",
                             "1.5 * * * *",
                             "99999999999 * * * *",
                             "* * 0 * *",
                             "* * 32 * *",
                             "* 24 * * *",
                             "* * * 13 *",
                             "* * * * 8",
                             "jan * * * *",
                             "*-5 * * * *"})
        CHECK_MESSAGE(fault(text) != "", text);
    CHECK(fault("*/99999999 * * * *") == "");  // at 0 only, as in crontab
}

TEST_CASE("Paris in spring: fixed times that are jumped over run once, after the gap") {
    // 2026-03-29: 02:00 CET is followed by 03:00 CEST, at 01:00Z.
    const char* before = "2026-03-28T12:00:00Z";
    CHECK(runs("30 2 * * *", "Europe/Paris", before, 3) ==
          Times{"03-29 03:00 CEST", "03-30 02:30 CEST", "03-31 02:30 CEST"});
    CHECK(runs("0,20,40 2 * * *", "Europe/Paris", before, 2) ==
          Times{"03-29 03:00 CEST", "03-30 02:00 CEST"});
    CHECK(runs("30 2,3 * * *", "Europe/Paris", before, 3) ==
          Times{"03-29 03:00 CEST", "03-29 03:30 CEST", "03-30 02:30 CEST"});
    CHECK(runs("0 3 * * *", "Europe/Paris", before, 2) ==
          Times{"03-29 03:00 CEST", "03-30 03:00 CEST"});
    CHECK(runs("0 2,3 * * *", "Europe/Paris", before, 2) ==
          Times{"03-29 03:00 CEST", "03-30 02:00 CEST"});
}

TEST_CASE("Paris in spring: repeating jobs go on with elapsed time") {
    CHECK(runs("*/30 * * * *", "Europe/Paris", "2026-03-29T00:00:00Z", 3) ==
          Times{"03-29 01:30 CET", "03-29 03:00 CEST", "03-29 03:30 CEST"});
    CHECK(runs("*/30 2 * * *", "Europe/Paris", "2026-03-29T00:00:00Z", 1) ==
          Times{"03-30 02:00 CEST"});
}

TEST_CASE("Paris in autumn: fixed times that come twice run the first time") {
    // 2026-10-25: 03:00 CEST is followed by 02:00 CET, at 01:00Z.
    const char* before = "2026-10-24T12:00:00Z";
    CHECK(runs("30 2 * * *", "Europe/Paris", before, 2) ==
          Times{"10-25 02:30 CEST", "10-26 02:30 CET"});
    CHECK(runs("0 2 * * *", "Europe/Paris", before, 2) ==
          Times{"10-25 02:00 CEST", "10-26 02:00 CET"});
    CHECK(runs("0 3 * * *", "Europe/Paris", before, 2) ==
          Times{"10-25 03:00 CET", "10-26 03:00 CET"});
    // Asked in the middle of the second hour: 02:30 has had its run.
    CHECK(runs("30 2 * * *", "Europe/Paris", "2026-10-25T01:10:00Z", 1) ==
          Times{"10-26 02:30 CET"});
}

TEST_CASE("Paris in autumn: repeating jobs run in both hours") {
    CHECK(runs("*/30 * * * *", "Europe/Paris", "2026-10-25T00:00:00Z", 4) ==
          Times{"10-25 02:30 CEST", "10-25 02:00 CET", "10-25 02:30 CET", "10-25 03:00 CET"});
    CHECK(runs("15 * * * *", "Europe/Paris", "2026-10-25T00:00:00Z", 3) ==
          Times{"10-25 02:15 CEST", "10-25 02:15 CET", "10-25 03:15 CET"});
}

TEST_CASE("Sydney changes the other way round") {
    // 2026-04-05: 03:00 AEDT is followed by 02:00 AEST. 2026-10-04: 02:00 AEST is followed by 03:00
    // AEDT.
    CHECK(runs("30 2 * * *", "Australia/Sydney", "2026-04-04T12:00:00Z", 2) ==
          Times{"04-05 02:30 AEDT", "04-06 02:30 AEST"});
    CHECK(runs("30 2 * * *", "Australia/Sydney", "2026-10-03T12:00:00Z", 2) ==
          Times{"10-04 03:00 AEDT", "10-05 02:30 AEDT"});
}

TEST_CASE("Lord Howe shifts by half an hour") {
    // 2026-04-05: 02:00 +11 is followed by 01:30 +1030. 2026-10-04: 02:00 +1030 is followed by
    // 02:30 +11.
    CHECK(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", 2) ==
          Times{"04-05 01:45 +11", "04-06 01:45 +1030"});
    CHECK(runs("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:30:00Z", 4) ==
          Times{"04-05 01:45 +11", "04-05 01:30 +1030", "04-05 01:45 +1030", "04-05 02:00 +1030"});
    CHECK(runs("10,50 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 3) ==
          Times{"10-04 02:30 +11", "10-04 02:50 +11", "10-05 02:10 +11"});
}

TEST_CASE("midnight that does not exist runs at the first instant of the day") {
    // Cairo, 2026-04-24: 00:00 EET is followed by 01:00 EEST.
    CHECK(runs("@daily", "Africa/Cairo", "2026-04-23T12:00:00Z", 2) ==
          Times{"04-24 01:00 EEST", "04-25 00:00 EEST"});
}

namespace {

using std::chrono::minutes;
using Minute = date::local_time<minutes>;

// What cron does that looks at the clock every minute: the definition, without any search.
std::vector<senml::Time> watched(bool (*fits)(int hour, int minute), bool fixed,
                                 const date::time_zone& zone, senml::Time from, senml::Time until) {
    const auto at = [&](Minute local) {
        const auto of_day = local - date::floor<date::days>(local);
        return fits(static_cast<int>(of_day.count() / 60), static_cast<int>(of_day.count() % 60));
    };
    std::vector<senml::Time> out;
    auto shown = date::floor<minutes>(zone.to_local(date::floor<std::chrono::seconds>(from)));
    for (auto time = from + minutes{1}; time <= until; time += minutes{1}) {
        const auto now =
            date::floor<minutes>(zone.to_local(date::floor<std::chrono::seconds>(time)));
        bool due = false;
        if (fixed)  // every time the clock shows or jumps over, once
            while (shown < now) due = at(shown += minutes{1}) || due;
        else
            due = at(now);
        if (due) out.push_back(time);
    }
    return out;
}

std::vector<senml::Time> found(const char* cron, const date::time_zone& zone, senml::Time from,
                               senml::Time until) {
    const auto expression = *CronExpression::parse(cron);
    std::vector<senml::Time> out;
    for (auto time = from; (time = expression.next_after(time, zone)) <= until;)
        out.push_back(time);
    return out;
}

}  // namespace

TEST_CASE("the search finds what a clock that is watched every minute shows") {
    const auto from = utc("2026-01-01T00:00:00Z"), until = utc("2026-12-31T00:00:00Z");
    for (const char* name : {"Europe/Paris", "Australia/Lord_Howe", "America/St_Johns"}) {
        const auto& zone = *date::locate_zone(name);
        CHECK(found("10,40 1-3 * * *", zone, from, until) ==
              watched([](int h, int m) { return h >= 1 && h <= 3 && m % 30 == 10; }, true, zone,
                      from, until));
        CHECK(found("*/20 0-4/2 * * *", zone, from, until) ==
              watched([](int h, int m) { return h <= 4 && h % 2 == 0 && m % 20 == 0; }, false, zone,
                      from, until));
    }
}

TEST_CASE("every fixed job of a year in Paris runs once a day, whatever its time") {
    const auto& zone = *date::locate_zone("Europe/Paris");
    for (int hour = 0; hour < 5; ++hour) {
        const auto expression = CronExpression::parse("30 " + std::to_string(hour) + " * * *");
        auto time = utc("2025-12-31T12:00:00Z");
        int count = 0;
        for (; time < utc("2026-12-31T12:00:00Z"); ++count)
            time = expression->next_after(time, zone);
        CHECK(count - 1 == 365);
    }
}

TEST_CASE("beyond the range of Time there is no next run") {
    const auto yearly = *CronExpression::parse("@yearly");
    CHECK(yearly.next_after(utc("2262-03-01T00:00:00Z"), *date::locate_zone("UTC")) ==
          senml::Time::max());
}
