#include "jobs/outbound.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

TEST_CASE("readings, cursor and refusals are committed together, and the federation hears of it") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto outbound = desk.outbound();
    outbound.put(readings(3), {{"roof.csv:7", "no number", "12,x"}}, "line 9", at(10));
    CHECK(desk.outbox(coop) == run(1, 3));
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "line 9");
    CHECK(desk.told() == 1);
    const auto dead = desk.dead();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].origin == DeadOrigin::source);
    CHECK(dead[0].whom == "roof");
    CHECK(dead[0].at == at(10));
    CHECK(dead[0].reason == "roof.csv:7: no number");
    CHECK(dead[0].payload == "12,x");
    CHECK(desk.messages(coop).at(0).stored_at == at(10));
}

TEST_CASE("where the commit fails nothing of it is there: readings, cursor or refusals") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto outbound = desk.outbound();
    outbound.put(readings(1), {}, "1", at(0));
    desk.faults().fail();
    CHECK_THROWS_AS(outbound.put(readings(1, 2), {{"here", "bad", ""}}, "2", at(0)), StoreError);
    desk.faults().mend();
    CHECK(desk.outbox(coop) == run(1, 1));
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "1");
    CHECK(desk.dead().empty());
    CHECK(desk.told() == 1);
}

TEST_CASE("whichever commit is the last before the end, readings and cursor stand together") {
    for (int commits = 0; commits < 5; ++commits) {
        CAPTURE(commits);
        Desk desk;
        desk.subscribe(subscription(coop));
        auto outbound = desk.outbound();
        desk.faults().fail_after(commits);
        try {
            outbound.put(readings(2), {{"here", "bad", ""}}, "2", at(0));
        } catch (const StoreError&) {
            // The end, as far as this process is concerned.
        }
        desk.faults().mend();
        const bool moved = desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "2";
        CHECK(desk.outbox(coop).size() == (moved ? 2 : 0));
        CHECK(desk.dead().size() == (moved ? 1 : 0));
    }
}

TEST_CASE("while the store is full nothing of it is there, and it comes once there is room") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto outbound = desk.outbound();
    outbound.put(readings(1), {}, "1", at(0));
    desk.shut("no room left");
    CHECK_THROWS_AS(outbound.cursor_if_anybody_listens(at(0)), NoRoom);
    try {
        outbound.put(readings(1, 2), {{"here", "bad", ""}}, "2", at(0));
        FAIL("it was put");
    } catch (const StoreError& error) {
        CHECK(error.worth_retrying());
        CHECK(error.what() == std::string("no room left"));
    }
    CHECK(desk.outbox(coop) == run(1, 1));
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "1");
    CHECK(desk.dead().empty());
    CHECK(desk.told() == 1);
    desk.shut("");
    CHECK(outbound.cursor_if_anybody_listens(at(0)) == "1");
    outbound.put(readings(1, 2), {}, "2", at(0));
    CHECK(desk.outbox(coop) == run(1, 2));
}

TEST_CASE("what a feed puts under one mark is there once, however often it is put") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto outbound = desk.outbound();
    for (int i = 0; i < 3; ++i) outbound.put_once(readings(2), {{"here", "bad", ""}}, "a 1", at(0));
    CHECK(desk.outbox(coop) == run(1, 2));
    CHECK(desk.dead().size() == 1);
    CHECK(desk.told() == 1);
    outbound.put_once(readings(1, 3), {}, "a 2", at(0));
    CHECK(desk.outbox(coop) == run(1, 3));
}

TEST_CASE("a subscription counts from the next readings on") {
    Desk desk;
    auto outbound = desk.outbound();
    CHECK_FALSE(outbound.cursor_if_anybody_listens(at(0)));
    desk.subscribe(subscription(coop, "*/power"));
    CHECK(outbound.cursor_if_anybody_listens(at(0)) == "");
    outbound.put(readings(2), {}, "2", at(0));
    desk.subscribe(subscription(analyst));
    outbound.put(readings(2, 3), {}, "4", at(0));
    CHECK(desk.outbox(coop) == run(1, 4));
    CHECK(desk.outbox(analyst) == run(3, 4));
}

TEST_CASE("a subscription that has ended gets nothing more, though it was known before") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto outbound = desk.outbound();
    outbound.put(readings(1), {}, "1", at(0));
    desk.ask([](Mailboxes& m) { return m.remove_subscription(m.subscriptions().at(0).id); });
    outbound.put(readings(1, 2), {}, "2", at(0));
    desk.subscribe(subscription(coop, "*", "P1Y"));
    outbound.put(readings(1, 3), {}, "3", at(0));
    const auto messages = desk.messages(coop);
    REQUIRE(messages.size() == 2);
    CHECK(numbers_of(messages[1].body) == run(3, 3));
    CHECK(messages[1].envelope.retain == "P1Y");
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "3");
}

TEST_CASE("what went, what nobody wanted and what was refused is counted") {
    Desk desk;
    desk.subscribe(subscription(coop, "*/power"));
    auto outbound = desk.outbound();
    senml::Pack pack = readings(3);
    add(pack, indexes, at(1), 5);
    outbound.put(pack, {{"here", "bad", ""}}, "x", at(0));
    const auto count = [&](std::string_view name) {
        return desk.counters().get(name, {{"adapter", "roof"}}).value();
    };
    CHECK(count("courant_readings_extracted_total") == 4);
    CHECK(count("courant_readings_unwanted_total") == 1);
    CHECK(count("courant_readings_refused_total") == 1);
}

TEST_CASE("series are counted as they pass, once for what is really put, wanted or not") {
    Desk desk;
    desk.subscribe(subscription(coop, "*/pv/power"));
    auto outbound = desk.outbound();
    const auto counted = [&] {
        std::map<std::string, std::int64_t> readings;
        for (const SeriesSeen& series : desk.ask([&](Mailboxes&) { return desk.tally()->take(9); }))
            readings[series.name] = series.readings;
        return readings;
    };
    const std::string school = "zabbix@lorient.example/school@lorient.example/";
    outbound.put(readings(3), {}, "1", at(0));
    outbound.put(readings(2, 4, indexes), {}, "2", at(0));
    CHECK(counted() ==
          std::map<std::string, std::int64_t>{{school + "pv/power", 3}, {school + "index", 2}});
    for (int i = 0; i < 3; ++i) outbound.put_once(readings(2), {}, "a", at(0));
    desk.shut("no room left");
    CHECK_THROWS_AS(outbound.put(readings(1), {}, "3", at(0)), NoRoom);
    desk.shut("");
    desk.faults().fail();
    CHECK_THROWS_AS(outbound.put(readings(1), {}, "3", at(0)), StoreError);
    desk.faults().mend();
    CHECK(counted() == std::map<std::string, std::int64_t>{{school + "pv/power", 2}});
}
