// What every store promises about its transactions, whatever it is made of.
//
// A Home makes a store of its own and opens it, again if asked: `std::unique_ptr<Store>
// open(MailboxLimits)`. One source per store includes the contracts and calls
// TEST_CASE_TEMPLATE_INVOKE with its Home.
#pragma once

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

/// What a work throws that fails for reasons of its own.
struct Refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

TEST_CASE_TEMPLATE_DEFINE("rows of the outbox and the cursor move together or not at all", Home,
                          cursor_and_outbox_move_together) {
    Home home;
    const auto store = home.open({});
    CHECK_THROWS_AS(store->commit([](Mailboxes& m) {
        m.set_cursor("roof", "12:00");
        m.enqueue(outgoing("bmhs@coop.example", "a"), at(0));
        throw Refusal("the second message is too large");
    }),
                    Refusal);
    CHECK(ask(*store, [](Mailboxes& m) { return m.cursor("roof"); }).empty());
    CHECK(ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); }).empty());

    store->commit([](Mailboxes& m) {
        m.set_cursor("roof", "12:00");
        m.enqueue(outgoing("bmhs@coop.example", "a"), at(0));
    });
    CHECK(ask(*store, [](Mailboxes& m) { return m.cursor("roof"); }) == "12:00");
    CHECK(ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); }).size() == 1);
}

TEST_CASE_TEMPLATE_DEFINE("a work that throws is undone alone and leaves no hole in the numbers",
                          Home, a_work_that_throws_is_undone_alone) {
    Home home;
    const auto store = home.open({});
    const auto good = [](Mailboxes& m) { m.enqueue(outgoing("bmhs@coop.example", "good"), at(0)); };
    const auto bad = [](Mailboxes& m) {
        m.enqueue(outgoing("bmhs@coop.example", "bad"), at(0));
        m.enqueue(outgoing("other@coop.example", "bad"), at(0));
        throw Refusal("no");
    };
    const std::vector<Work> works{bad, good, bad, good, good, bad};
    const auto outcome = store->commit_together(works);

    REQUIRE(outcome.size() == works.size());
    for (const std::size_t place : {0U, 2U, 5U}) {
        REQUIRE(outcome[place]);
        CHECK_THROWS_AS(std::rethrow_exception(outcome[place]), Refusal);
    }
    for (const std::size_t place : {1U, 3U, 4U}) CHECK_FALSE(outcome[place]);
    const auto lanes = ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); });
    REQUIRE(lanes.size() == 1);
    CHECK(lanes[0].next == 4);
    CHECK(lanes[0].waiting_messages == 3);
    const auto messages =
        ask(*store, [&](Mailboxes& m) { return m.outbox(lanes[0].lane, 0, everything); });
    CHECK(numbers(messages) == run(1, 3));
    for (const auto& message : messages) CHECK(message.body == "good");
}

TEST_CASE_TEMPLATE_DEFINE("who swallows a fault of the store does not get half a step committed",
                          Home, no_half_step_is_committed) {
    Home home;
    const auto store = home.open({});
    const auto good = [](Mailboxes& m) { m.enqueue(outgoing("bmhs@coop.example", "x", 5), at(0)); };
    const Work swallows = [&](Mailboxes& m) {
        try {
            // The store refuses a negative number of readings, after it has given out the number.
            m.enqueue(outgoing("bmhs@coop.example", "x", -1), at(0));
        } catch (const StoreError&) {
            m.set_cursor("roof", "wrong");
        }
    };
    store->commit(good);
    CHECK_THROWS_AS(store->commit(swallows), StoreError);
    const auto outcome = store->commit_together(std::vector<Work>{good, swallows, good});
    CHECK_FALSE(outcome[0]);
    CHECK(outcome[1]);
    CHECK_FALSE(outcome[2]);
    store->read([](Mailboxes& m) {
        const auto lane = m.outgoing_lanes().at(0);
        CHECK(numbers(m.outbox(lane.lane, 0, everything)) == run(1, 3));
        CHECK(lane.next == 4);
        CHECK(m.cursor("roof").empty());
    });
}

TEST_CASE_TEMPLATE_DEFINE("works of one commit see what those before them did", Home,
                          works_see_those_before_them) {
    Home home;
    const auto store = home.open({});
    std::string seen;
    const std::vector<Work> works{
        [](Mailboxes& m) { m.set_cursor("roof", "1"); },
        [&](Mailboxes& m) { seen = m.cursor("roof"); },
    };
    store->commit_together(works);
    CHECK(seen == "1");
    CHECK(store->commit_together({}).empty());
}

TEST_CASE_TEMPLATE_DEFINE("a work that reads cannot write", Home, a_reader_cannot_write) {
    Home home;
    const auto store = home.open({});
    CHECK_THROWS_AS(store->read([](Mailboxes& m) { m.set_cursor("roof", "1"); }), StoreError);
    CHECK(ask(*store, [](Mailboxes& m) { return m.cursor("roof"); }).empty());
    CHECK_THROWS_AS(store->read([](Mailboxes&) { throw Refusal("no"); }), Refusal);
    store->commit([](Mailboxes& m) { m.set_cursor("roof", "2"); });
    CHECK(ask(*store, [](Mailboxes& m) { return m.cursor("roof"); }) == "2");
}

TEST_CASE_TEMPLATE_DEFINE("the mailboxes are of no use outside a transaction", Home,
                          no_use_outside_a_transaction) {
    Home home;
    const auto store = home.open({});
    Mailboxes* kept = nullptr;
    store->commit([&](Mailboxes& m) { kept = &m; });
    CHECK_THROWS_AS(kept->set_cursor("roof", "1"), StoreError);
    CHECK_THROWS_AS(kept->cursor("roof"), StoreError);
}

TEST_CASE_TEMPLATE_DEFINE("a restart keeps everything", Home, a_restart_keeps_everything) {
    Home home;
    LaneId lane;
    {
        const auto store = home.open({});
        store->commit([&](Mailboxes& m) {
            lane = m.enqueue(outgoing("bmhs@coop.example", "first", 3), at(1)).first;
            m.enqueue(outgoing("bmhs@coop.example", "second", 4), at(2));
            m.take_in(incoming(1), at(3));
            m.take_in(incoming(3), at(4));
            m.set_delivered("zabbix", 1);
            m.set_cursor("roof", "here");
            m.bury({0, at(5), DeadOrigin::sink, "zabbix", {}, {}, {}, "no such item", "x", {}});
            m.put_peer({jid("bmhs@coop.example"), true, at(6)});
            m.add_to_counter("refused", 2);
        });
    }
    const auto store = home.open({});
    store->commit([&](Mailboxes& m) {
        const auto lanes = m.outgoing_lanes();
        REQUIRE(lanes.size() == 1);
        CHECK(lanes[0].lane == lane);
        CHECK(lanes[0].next == 3);
        CHECK(lanes[0].waiting_records == 7);
        CHECK(m.outbox(lane, 0, everything).at(1).body == "second");
        CHECK(m.take_in(incoming(1), at(7)).repeated);
        CHECK(m.take_in(incoming(3), at(7)).repeated);
        CHECK(m.take_in(incoming(2), at(7)).next == 4);
        CHECK(numbers(m.inbox(0, everything)) == run(1, 3));
        CHECK(m.delivered("zabbix") == 1);
        CHECK(m.cursor("roof") == "here");
        CHECK(m.dead_count() == 1);
        CHECK(m.find_peer(jid("bmhs@coop.example"))->relay);
        CHECK(m.counters().at("refused") == 2);
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "third"), at(8)) == std::pair{lane, Seq{3}});
    });
}

}  // namespace courant::test
