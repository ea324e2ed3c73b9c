#include "jobs/aggregation.hpp"

#include <date/tz.h>
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "proxy-core/federation/protocol.hpp"

using namespace courant;
using namespace std::chrono_literals;
using Fate = Aggregation::Fate;

namespace {

const date::time_zone& paris = *date::locate_zone("Europe/Paris");

Time time(const std::string& text) {
    return time_from_people(text).value();
}

const Time noon = time("2026-06-01T12:00:00Z");

Value number(double value) {
    return {.kind = senml::Kind::number, .number = value};
}

Value text(std::string value) {
    return {.kind = senml::Kind::text, .text = std::move(value)};
}

/// Takes readings, and tells what came of them.
struct Line {
    explicit Line(std::string_view period, SeriesFacts facts = {.meaning = Meaning::instant})
        : aggregation(Period::parse(period).value(), paris, facts) {}

    Fate take(Time time, Value value, std::optional<std::string> unit = "W",
              Quality quality = Quality::raw) {
        return aggregation.take(open, {time, std::move(value), std::move(unit), quality}, whole,
                                lacking);
    }
    void close() { aggregation.close(open, whole, lacking); }
    std::vector<double> numbers() const {
        std::vector<double> all;
        for (const Reading& reading : told) all.push_back(reading.value.number);
        return all;
    }

    Aggregation aggregation;
    PeriodSoFar open;
    std::vector<Reading> told;
    std::vector<std::string> untold;
    WholePeriod whole = [this](const Reading& reading) { told.push_back(reading); };
    LackingPeriod lacking = [this](const PeriodSoFar&, std::string_view why) {
        untold.emplace_back(why);
    };
};

SeriesFacts quarters(Meaning meaning) {
    return {.meaning = meaning, .spacing = Period::parse("PT15M")};
}

}  // namespace

TEST_CASE("a period is one reading at its beginning, once a reading behind it has come") {
    Line hourly("PT1H");
    CHECK(hourly.take(noon, number(1)) == Fate::taken);
    CHECK(hourly.take(noon + 59min, number(2)) == Fate::taken);
    CHECK(hourly.told.empty());
    CHECK(hourly.take(noon + 60min, number(9)) == Fate::taken);
    CHECK(hourly.told == std::vector{Reading{noon, number(1.5), "W", Quality::raw}});
    CHECK(hourly.take(noon + 5h, number(8)) == Fate::taken);
    CHECK(hourly.numbers() == std::vector{1.5, 9.0});
}

TEST_CASE("numbers become one as their meaning says") {
    for (const auto& [meaning, expected] : {std::pair{Meaning::instant, 3.0},
                                            {Meaning::mean, 3.0},
                                            {Meaning::sum, 12.0},
                                            {Meaning::index, 6.0}}) {
        CAPTURE(to_word(meaning));
        Line hourly("PT1H", quarters(meaning));
        for (int i = 0; i < 4; ++i) hourly.take(noon + i * 15min, number(i == 3 ? 6 : i + 1));
        hourly.close();
        CHECK(hourly.numbers() == std::vector{expected});
        CHECK(hourly.untold.empty());
    }
}

TEST_CASE("of texts and switches the last one counts, whatever anybody says of numbers") {
    for (const SeriesFacts& facts : {SeriesFacts{}, quarters(Meaning::sum)}) {
        Line hourly("PT1H", facts);
        CHECK(hourly.take(noon, text("open"), {}) == Fate::taken);
        CHECK(hourly.take(noon + 20min, text("shut"), {}) == Fate::taken);
        CHECK(hourly.take(noon + 10min, text("ajar"), {}) == Fate::taken);
        hourly.close();
        CHECK(hourly.told == std::vector{Reading{noon, text("shut"), {}, Quality::raw}});
    }
}

TEST_CASE("a sum that lacks a reading is not told, where it is known how many there are") {
    Line hourly("PT1H", quarters(Meaning::sum));
    for (const auto minute : {0min, 15min, 45min}) hourly.take(noon + minute, number(1));
    hourly.close();
    CHECK(hourly.told.empty());
    CHECK(hourly.untold ==
          std::vector<std::string>{"3 of 4 readings: not the whole of its period"});
}

TEST_CASE("a first sum whose beginning nobody saw is not told, and the next one is") {
    Line hourly("PT1H", {.meaning = Meaning::sum});
    for (const auto minute : {20min, 40min, 80min, 120min}) hourly.take(noon + minute, number(1));
    CHECK(hourly.numbers() == std::vector{1.0});
    CHECK(hourly.untold == std::vector<std::string>{"it begins in the middle of its period"});
    Line from_the_beginning("PT1H", {.meaning = Meaning::sum});
    from_the_beginning.take(noon, number(1));
    from_the_beginning.close();
    CHECK(from_the_beginning.numbers() == std::vector{1.0});
}

TEST_CASE("a reading of a period that has gone is late, one of the period under way never") {
    Line hourly("PT1H");
    hourly.take(noon + 30min, number(1));
    CHECK(hourly.take(noon, number(3)) == Fate::taken);
    hourly.take(noon + 60min, number(9));
    CHECK(hourly.take(noon + 59min, number(1'000)) == Fate::late);
    hourly.close();
    CHECK(hourly.numbers() == std::vector{2.0, 9.0});
}

TEST_CASE("a second reading of one time takes the place of the first") {
    Line hourly("PT1H", quarters(Meaning::sum));
    for (int i = 0; i < 4; ++i) hourly.take(noon + i * 15min, number(1));
    hourly.take(noon + 45min, number(5));
    hourly.close();
    CHECK(hourly.numbers() == std::vector{8.0});
}

TEST_CASE("a period is worth as little as the worst of its readings") {
    Line hourly("PT1H");
    hourly.take(noon, number(1), "W", Quality::validated);
    hourly.take(noon + 1min, number(1), "W", Quality::estimated);
    hourly.take(noon + 2min, number(1), "W", Quality::invoiced);
    hourly.take(noon + 60min, number(1), "W", Quality::invoiced);
    hourly.close();
    REQUIRE(hourly.told.size() == 2);
    CHECK(hourly.told[0].quality == Quality::estimated);
    CHECK(hourly.told[1].quality == Quality::invoiced);
}

TEST_CASE("what cannot be aggregated is told apart and changes nothing") {
    Line hourly("PT1H");
    hourly.take(noon, number(1));
    CHECK(hourly.take(noon, number(1), "kW") == Fate::other_unit);
    CHECK(hourly.take(noon, number(1), {}) == Fate::other_unit);
    CHECK(hourly.take(noon, {}) == Fate::no_value);
    CHECK(hourly.take(noon, number(std::numeric_limits<double>::quiet_NaN())) == Fate::no_value);
    hourly.close();
    CHECK(hourly.numbers() == std::vector{1.0});
    Line unknown("PT1H", {});
    CHECK(unknown.take(noon, number(1)) == Fate::no_meaning);
    CHECK(unknown.open == PeriodSoFar{});
}

TEST_CASE("days are those of the zone, also the ones with 23 and 25 hours") {
    for (const auto& [day, readings] : {std::pair{"2026-03-29T00:00:00+01:00", 92},
                                        {"2026-10-25T00:00:00+02:00", 100},
                                        {"2026-06-01T00:00:00+02:00", 96}}) {
        CAPTURE(day);
        Line daily("P1D", quarters(Meaning::sum));
        for (int i = 0; i <= readings; ++i) daily.take(time(day) + i * 15min, number(0.25));
        CHECK(daily.told ==
              std::vector{Reading{time(day), number(readings * 0.25), "W", Quality::raw}});
    }
}

TEST_CASE("what the administrator says counts before the unit, and the first of his patterns") {
    const AggregationRules rules{.series = {{.series = "*/power", .meaning = Meaning::mean},
                                            {.series = "*", .period = "PT15M"}}};
    CHECK(facts_of(rules.find("a@b/c@d/power"), "W").meaning == Meaning::mean);
    CHECK(facts_of(rules.find("a@b/c@d/voltage"), "V") == quarters(Meaning::instant));
    CHECK_FALSE(facts_of(rules.find("a@b/c@d/energy"), "J").meaning);
    CHECK(AggregationRules{}.find("a@b/c@d/power") == nullptr);
}
