#include "jobs/shaping.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

// 2026-05-28T21:00:00Z.
const Time hour = at(2'000);

Subscription shaped(const Jid& peer, Shape shape, std::string series = "*") {
    Subscription one = subscription(peer, std::move(series));
    one.shape = std::move(shape);
    return one;
}

DispatchRules with(std::vector<SeriesConfig> series) {
    DispatchRules how = rules();
    how.aggregation.series = std::move(series);
    return how;
}

/// Readings a quarter of an hour apart.
senml::Pack quarters(std::initializer_list<double> values, Time from = hour,
                     std::string_view name = power) {
    senml::Pack pack;
    for (const double value : values) {
        add(pack, name, from, value);
        from += 15min;
    }
    return pack;
}

std::vector<senml::Record> records_in(const Message& message) {
    senml::Pack pack;
    REQUIRE(BodyReader().read(message.body, at(0), pack));
    return {pack.records().begin(), pack.records().end()};
}

std::size_t remembered(Desk& desk) {
    return desk.ask([](Mailboxes& m) { return m.shapes().states().size(); });
}

}  // namespace

TEST_CASE("who wants hours gets hours, and who wants all gets all") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    desk.subscribe(subscription(analyst));
    auto outbound = desk.outbound();
    outbound.put(quarters({1, 2, 3, 4, 9}), {}, "1", at(0));
    CHECK(desk.outbox(coop) == std::vector{2.5});
    CHECK(desk.outbox(analyst).size() == 5);
    const auto records = records_in(desk.messages(coop).at(0));
    REQUIRE(records.size() == 1);
    CHECK(records[0].time == hour);
    outbound.put(quarters({11}, hour + 2h), {}, "2", at(0));
    CHECK(desk.outbox(coop) == std::vector{2.5, 9.0});
    CHECK(desk.told() == 4);
}

TEST_CASE("a period goes on over the end of the process, and no reading counts twice") {
    for (int commits = 0; commits < 4; ++commits) {
        CAPTURE(commits);
        Desk desk;
        desk.subscribe(shaped(coop, {.every = "PT1H"}));
        auto first = desk.outbound();
        first.put(quarters({1, 2}), {}, "1", at(0));
        // The second put fails somewhere, and is made again.
        desk.faults().fail_after(commits);
        try {
            first.put(quarters({6}, hour + 30min), {}, "2", at(0));
        } catch (const StoreError&) {
            // The end, as far as this process is concerned.
        }
        desk.faults().mend();
        desk.reopen();
        auto second = desk.outbound();
        if (desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "1")
            second.put(quarters({6}, hour + 30min), {}, "2", at(0));
        second.put(quarters({100}, hour + 1h), {}, "3", at(0));
        CHECK(desk.outbox(coop) == std::vector{3.0});
    }
}

TEST_CASE("where there is no room nothing is remembered") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    auto outbound = desk.outbound();
    desk.shut("no room left");
    CHECK_THROWS_AS(outbound.put(quarters({1}), {}, "1", at(0)), NoRoom);
    CHECK(remembered(desk) == 0);
    desk.shut("");
    outbound.put(quarters({1}), {}, "1", at(0));
    CHECK(remembered(desk) == 1);
}

TEST_CASE("what a feed puts twice under one mark counts once") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    auto outbound = desk.outbound();
    for (int i = 0; i < 2; ++i) outbound.put_once(quarters({1, 2}), {}, "a 1", at(0));
    outbound.put_once(quarters({12}, hour + 30min), {}, "a 2", at(0));
    outbound.put_once(quarters({0}, hour + 1h), {}, "a 3", at(0));
    CHECK(desk.outbox(coop) == std::vector{5.0});
}

TEST_CASE("a grant that lets hours go lets nothing finer go, whatever was subscribed to") {
    for (const auto& [every, expected] : {std::pair{"", 2.5}, {"PT15M", 2.5}, {"PT2H", 5.0}}) {
        CAPTURE(every);
        Desk desk;
        desk.ask([](Mailboxes& m) {
            m.put_peer({.jid = coop});
            Grant grant = open_grant(coop, "hours");
            grant.resolution = "PT1H";
            m.access().add_grant(grant);
        });
        Subscription one = shaped(coop, {.every = every});
        one.grant = "hours";
        desk.subscribe(one);
        auto outbound = desk.outbound();
        const Time even = hour + (hour.time_since_epoch() % 2h == 0ns ? 0h : 1h);
        outbound.put(quarters({1, 2, 3, 4, 5, 6, 7, 12, 100, 100, 100, 100, 100}, even), {}, "1",
                     at(0));
        CHECK(desk.outbox(coop).at(0) == expected);
    }
}

TEST_CASE("a resolution that nobody can keep lets nothing go") {
    Grant grant = open_grant(coop, "g");
    grant.resolution = "P1DT1H";
    CHECK_FALSE(fault_of(grant).empty());
    const Subscription one = subscription(coop, "*", "P3Y", "g");
    const Audience audience(std::vector{one}, std::vector{grant}, {}, at(0));
    CHECK(audience.destinations().empty());
}

TEST_CASE("a reading that comes after its period is a dead letter with that reason") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    auto outbound = desk.outbound();
    outbound.put(quarters({1}, hour + 1h), {}, "1", at(0));
    outbound.put(quarters({7}), {}, "2", at(0));
    const auto dead = desk.dead();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].reason ==
          "zabbix@lorient.example/school@lorient.example/pv/power at 2026-05-28T21:00:00Z: not for "
          "bmhs@coop.example: it came after its period had gone");
    CHECK(dead[0].payload == "7");
    CHECK(desk.counters().get("courant_readings_refused_total", {{"adapter", "roof"}}).value() ==
          1);
}

TEST_CASE("numbers of which nobody said what they mean are withheld, counted and told") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    senml::Pack pack;
    const auto joule = pack.intern_unit("J");
    for (int i = 0; i < 5; ++i) pack.add(pack.intern_name(power), joule, hour + i * 15min, i);
    desk.outbound().put(pack, {}, "1", at(0));
    CHECK(desk.outbox(coop).empty());
    CHECK(desk.dead().empty());
    CHECK(desk.counters().get("courant_readings_withheld_total", {{"adapter", "roof"}}).value() ==
          5);
    auto told =
        desk.outbound(with({{.series = "*/power", .meaning = Meaning::sum, .period = "PT15M"}}));
    told.put(pack, {}, "2", at(0));
    CHECK(desk.outbox(coop) == std::vector{6.0});
}

TEST_CASE("a value goes only when it has moved, and after the heartbeat in any case") {
    Desk desk;
    desk.subscribe(shaped(coop, {.dead_band = 2, .heartbeat = "PT1H"}));
    auto outbound = desk.outbound();
    outbound.put(quarters({10, 11, 11.9, 12, 13, 10.5, 10, 9, 10, 11, 10.1}), {}, "1", at(0));
    CHECK(desk.outbox(coop) == std::vector{10.0, 12.0, 10.0, 10.1});
    desk.reopen();
    auto again = desk.outbound();
    again.put(quarters({10.2}, hour + 11 * 15min), {}, "2", at(0));
    CHECK(desk.outbox(coop).size() == 4);
}

TEST_CASE("periods can have a dead band, too") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT30M", .dead_band = 1}));
    desk.outbound().put(quarters({1, 1, 1, 2, 4, 6, 0}), {}, "1", at(0));
    CHECK(desk.outbox(coop) == std::vector{1.0, 5.0});
}

TEST_CASE("texts move when they change") {
    Desk desk;
    desk.subscribe(shaped(coop, {.dead_band = 1}));
    senml::Pack pack;
    for (const auto* text : {"open", "open", "shut", "shut"})
        pack.add_text(pack.intern_name(power), senml::no_unit, hour + pack.size() * 1min, text);
    desk.outbound().put(pack, {}, "1", at(0));
    CHECK(desk.messages(coop).at(0).records == 2);
}

TEST_CASE("what can be relied upon less than is wanted does not go") {
    Desk desk;
    desk.subscribe(shaped(coop, {.quality = Quality::validated}));
    DispatchRules how = rules();
    desk.outbound(how).put(quarters({1}), {}, "1", at(0));
    how.quality = Quality::validated;
    desk.outbound(how).put(quarters({2}), {}, "2", at(0));
    how.quality = Quality::invoiced;
    desk.outbound(how).put(quarters({3}), {}, "3", at(0));
    CHECK(desk.outbox(coop) == std::vector{2.0, 3.0});
    CHECK(desk.counters().get("courant_readings_unwanted_total", {{"adapter", "roof"}}).value() ==
          1);
}

TEST_CASE("a period goes with the quality of its worst reading, apart from better ones") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    DispatchRules how = rules();
    how.quality = Quality::validated;
    desk.outbound(how).put(quarters({1}), {}, "1", at(0));
    how.quality = Quality::estimated;
    desk.outbound(how).put(quarters({3}, hour + 15min), {}, "2", at(0));
    how.quality = Quality::validated;
    desk.outbound(how).put(quarters({5, 5, 5, 5, 7}, hour + 1h), {}, "3", at(0));
    std::map<Quality, std::vector<double>> found;
    for (const Message& message : desk.messages(coop))
        found[message.envelope.quality] = numbers_of(message.body);
    CHECK(found == std::map<Quality, std::vector<double>>{{Quality::estimated, {2}},
                                                          {Quality::validated, {5}}});
}

TEST_CASE("of a period under way when the subscription changes nothing goes under the new one") {
    Desk desk;
    desk.subscribe(shaped(coop, {.every = "PT1H"}));
    auto outbound = desk.outbound();
    outbound.put(quarters({1, 2}), {}, "1", at(0));
    Subscription other = shaped(coop, {.every = "PT1H"});
    other.grant = "another";
    desk.subscribe(other);
    outbound.put(quarters({10, 20, 5}, hour + 30min), {}, "2", at(0));
    CHECK(desk.outbox(coop) == std::vector{15.0});
    CHECK(desk.counters().get("courant_readings_withheld_total", {{"adapter", "roof"}}).value() ==
          2);
}
