// What every store promises about its outbox. How to use it: transaction_contract.hpp.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE_TEMPLATE_DEFINE("a message comes out of the outbox as it went in", Home,
                          a_message_comes_out_as_it_went_in) {
    Home home;
    const auto store = home.open({});
    const std::string body("<sensml>\0\xC3\xA9</sensml>", 20);
    const auto [lane, seq] = commit(*store, [&](Mailboxes& m) {
        return m.enqueue(outgoing("BMHS@coop.example/somewhere", body, 12), at(5));
    });
    const auto found = ask(*store, [&, l = lane](Mailboxes& m) { return m.find_outgoing(l, 1); });
    REQUIRE(found);
    CHECK(seq == 1);
    CHECK(found->peer == jid("bmhs@coop.example"));
    CHECK(found->lane == lane);
    CHECK(found->seq == 1);
    CHECK(found->envelope == envelope());
    CHECK(found->body == body);
    CHECK(found->records == 12);
    CHECK(found->stored_at == at(5));
}

TEST_CASE_TEMPLATE_DEFINE("an empty body and an empty envelope are no trouble", Home,
                          an_empty_message_is_no_trouble) {
    Home home;
    const auto store = home.open({});
    const auto place = commit(*store, [](Mailboxes& m) {
        return m.enqueue({jid("bmhs@coop.example"), {}, {}, 0}, at(0));
    });
    const auto found =
        ask(*store, [&](Mailboxes& m) { return m.find_outgoing(place.first, place.second); });
    REQUIRE(found);
    CHECK(found->body.empty());
    CHECK(found->envelope == Envelope{});
}

TEST_CASE_TEMPLATE_DEFINE("every lane has numbers of its own, without holes", Home,
                          every_lane_has_numbers_of_its_own) {
    Home home;
    const auto store = home.open({});
    std::set<LaneId> lanes;
    for (const auto* peer : {"a@one.example", "b@one.example", "a@two.example"}) {
        const auto lane = fill(*store, peer, 5);
        lanes.insert(lane);
        CHECK(fill(*store, peer, 2) == lane);
        CHECK(numbers(ask(*store, [&](Mailboxes& m) { return m.outbox(lane, 0, everything); })) ==
              run(1, 7));
    }
    CHECK(lanes.size() == 3);
}

TEST_CASE_TEMPLATE_DEFINE("a lane is seen as it is by whatever comes between its messages", Home,
                          a_growing_lane_is_seen_as_it_is) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto put = [&](std::string_view peer) {
            return m.enqueue(outgoing(peer, "1234", 3), at(0));
        };
        const auto lane = put("bmhs@coop.example").first;
        CHECK(put("bmhs@coop.example").second == 2);
        const auto seen = m.find_lane(lane);
        REQUIRE(seen);
        CHECK(seen->next == 3);
        CHECK(seen->waiting_records == 6);
        CHECK(seen->waiting_bytes == 8);

        CHECK(put("bmhs@coop.example").second == 3);
        const auto other = put("other@coop.example").first;
        CHECK(put("bmhs@coop.example").second == 4);
        CHECK(put("other@coop.example").second == 2);
        CHECK(m.acknowledge(lane, 4) == 4);
        CHECK(put("bmhs@coop.example").second == 5);
        const auto renewed = m.renew_lane(lane, at(0));
        REQUIRE(renewed);
        CHECK(put("bmhs@coop.example") == std::pair(*renewed, Seq{2}));
        CHECK(numbers(m.outbox(other, 0, everything)) == run(1, 2));
    });
    const auto lanes = ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); });
    REQUIRE(lanes.size() == 2);
    for (const OutgoingLane& lane : lanes) {
        CHECK(lane.next == 3);
        CHECK(lane.waiting_messages == 2);
        CHECK(lane.waiting_records == 6);
        CHECK(lane.waiting_bytes == 8);
    }
}

TEST_CASE_TEMPLATE_DEFINE("a receipt removes only what it covers", Home,
                          a_receipt_removes_only_what_it_covers) {
    Home home;
    const auto store = home.open({});
    const auto other = fill(*store, "other@coop.example", 5);
    const auto lane = fill(*store, "bmhs@coop.example", 10);
    store->commit([&](Mailboxes& m) {
        CHECK(m.acknowledge(lane, 4) == 4);
        CHECK(numbers(m.outbox(lane, 0, everything)) == run(5, 10));
        CHECK(m.outbox(other, 0, everything).size() == 5);
        CHECK_FALSE(m.find_outgoing(lane, 4));
        CHECK(m.find_outgoing(lane, 5));
        CHECK(m.acknowledge(lane, 4) == 0);
        CHECK(m.acknowledge(lane, 2) == 0);
        CHECK(m.acknowledge(lane, 10) == 6);
        CHECK(m.outbox(lane, 0, everything).empty());
        // The lane goes on where it was.
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "next"), at(0)).second == 11);
    });
}

TEST_CASE_TEMPLATE_DEFINE("a receipt for a number never given out changes nothing", Home,
                          a_receipt_beyond_the_end_changes_nothing) {
    Home home;
    const auto store = home.open({});
    const auto lane = fill(*store, "bmhs@coop.example", 3);
    store->commit([&](Mailboxes& m) {
        CHECK(m.acknowledge(lane, 4) == 0);
        CHECK(m.acknowledge(lane, std::numeric_limits<Seq>::max()) == 0);
        CHECK(m.acknowledge(lane, 0) == 0);
        CHECK(m.acknowledge(lane, -1) == 0);
        CHECK(m.acknowledge(LaneId{"unknown"}, 1) == 0);
        CHECK(m.outbox(lane, 0, everything).size() == 3);
        CHECK(m.outgoing_lanes().at(0).acknowledged == 0);
        CHECK(m.outbox(LaneId{"unknown"}, 0, everything).empty());
        CHECK_FALSE(m.find_outgoing(LaneId{"unknown"}, 1));
    });
}

TEST_CASE_TEMPLATE_DEFINE("what waits can go on in a new lane, numbered from 1", Home,
                          what_waits_can_go_on_in_a_new_lane) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        LaneId old;
        for (std::int64_t i = 1; i <= 6; ++i)
            old = m.enqueue(outgoing("bmhs@coop.example", std::to_string(i)), at(i)).first;
        m.acknowledge(old, 2);
        const auto renewed = m.renew_lane(old, at(9));
        REQUIRE(renewed);
        CHECK(*renewed != old);
        const auto messages = m.outbox(*renewed, 0, everything);
        CHECK(numbers(messages) == run(1, 4));
        CHECK(messages.front().body == "3");
        CHECK(messages.back().body == "6");
        CHECK(m.outgoing_lanes().size() == 1);
        CHECK(m.outgoing_lanes()[0].waiting_messages == 4);
        CHECK(m.outgoing_lanes()[0].oldest == at(3));
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "7"), at(10)) == std::pair{*renewed, Seq{5}});
        CHECK(m.acknowledge(old, 6) == 0);
        CHECK(m.acknowledge(*renewed, 5) == 5);
        CHECK_FALSE(m.renew_lane(old, at(11)));
    });
}

TEST_CASE_TEMPLATE_DEFINE("a lane tells how much waits and since when", Home,
                          a_lane_tells_how_much_waits) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        LaneId lane;
        for (std::int64_t i = 1; i <= 4; ++i)
            lane =
                m.enqueue(outgoing("bmhs@coop.example", std::string(10 * i, 'x'), i), at(i)).first;
        m.acknowledge(lane, 2);
        const auto waiting = m.outgoing_lanes().at(0);
        CHECK(waiting.peer == jid("bmhs@coop.example"));
        CHECK(waiting.next == 5);
        CHECK(waiting.acknowledged == 2);
        CHECK(waiting.waiting_messages == 2);
        CHECK(waiting.waiting_records == 7);
        CHECK(waiting.waiting_bytes == 70);
        CHECK(waiting.voided == 0);
        CHECK(waiting.oldest == at(3));
        m.acknowledge(lane, 4);
        const auto empty = m.outgoing_lanes().at(0);
        CHECK(empty.waiting_messages == 0);
        CHECK(empty.waiting_records == 0);
        CHECK(empty.waiting_bytes == 0);
        CHECK_FALSE(empty.oldest);
    });
}

/// Ten messages of 10 bytes and one reading each, stored one second after the other.
inline LaneId ten_messages(Mailboxes& m) {
    LaneId lane;
    for (std::int64_t i = 1; i <= 10; ++i)
        lane = m.enqueue(outgoing("bmhs@coop.example", std::string(10, 'x')), at(i)).first;
    return lane;
}

/// The numbers that go as voids.
inline std::vector<Seq> voids(const std::vector<Message>& messages) {
    std::vector<Seq> seqs;
    for (const auto& message : messages)
        if (!message.void_reason.empty()) seqs.push_back(message.seq);
    return seqs;
}

TEST_CASE_TEMPLATE_DEFINE("the oldest are dropped until the rest keeps the cap", Home,
                          the_oldest_are_dropped) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto lane = ten_messages(m);
        m.acknowledge(lane, 1);
        CHECK_FALSE(m.drop_oldest(lane, {.bytes = 90}, "full"));
        CHECK_FALSE(m.drop_oldest(lane, {.since = at(2)}, "old"));
        CHECK_FALSE(m.drop_oldest(LaneId{"unknown"}, {.bytes = 0}, "full"));

        const auto dropped = m.drop_oldest(lane, {.bytes = 65}, "full");
        REQUIRE(dropped);
        CHECK(dropped->first == 2);
        CHECK(dropped->last == 4);
        CHECK(dropped->messages() == 3);
        CHECK(dropped->records == 3);
        CHECK(dropped->bytes == 30);
        CHECK(dropped->oldest == at(2));
        CHECK(dropped->newest == at(4));
        const auto older = m.drop_oldest(lane, {.bytes = 100, .since = at(7)}, "old");
        REQUIRE(older);
        CHECK(older->first == 5);
        CHECK(older->last == 6);

        const auto left = m.outgoing_lanes().at(0);
        CHECK(left.acknowledged == 1);
        CHECK(left.voided == 6);
        CHECK(left.waiting_messages == 4);
        CHECK(left.waiting_records == 4);
        CHECK(left.waiting_bytes == 40);
        CHECK(left.oldest == at(7));
    });
}

TEST_CASE_TEMPLATE_DEFINE("what was dropped leaves voids, so that the numbers keep no holes", Home,
                          what_was_dropped_leaves_voids) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto lane = ten_messages(m);
        m.drop_oldest(lane, {.bytes = 40}, "full");
        const auto all = m.outbox(lane, 0, everything);
        CHECK(numbers(all) == run(1, 10));
        CHECK(voids(all) == run(1, 6));
        CHECK(all.front().void_reason == "full");
        CHECK(all.front().peer == jid("bmhs@coop.example"));
        CHECK(all.front().lane == lane);
        CHECK(all.front().body.empty());
        CHECK(numbers(m.outbox(lane, 4, {3, 1'000})) == run(5, 7));
        CHECK(numbers(m.outbox(lane, 8, everything)) == run(9, 10));
        CHECK_FALSE(m.find_outgoing(lane, 6));
        CHECK(m.find_outgoing(lane, 7));
        // The peer takes voids as it takes messages.
        CHECK(m.acknowledge(lane, 3) == 0);
        CHECK(voids(m.outbox(lane, 0, everything)) == run(4, 6));
        CHECK(m.acknowledge(lane, 8) == 2);
        CHECK(numbers(m.outbox(lane, 0, everything)) == run(9, 10));
        CHECK(voids(m.outbox(lane, 0, everything)).empty());
        CHECK(m.outgoing_lanes().at(0).waiting_bytes == 20);
    });
}

TEST_CASE_TEMPLATE_DEFINE("a lane may be dropped to its end, and goes on", Home,
                          a_lane_may_be_dropped_to_its_end) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto lane = ten_messages(m);
        CHECK(m.drop_oldest(lane, {.bytes = 0}, "full")->last == 10);
        CHECK_FALSE(m.drop_oldest(lane, {.bytes = 0}, "full"));
        CHECK_FALSE(m.outgoing_lanes().at(0).oldest);
        CHECK(m.outgoing_lanes().at(0).waiting_messages == 0);
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "next"), at(11)) == std::pair{lane, Seq{11}});
        CHECK(m.outgoing_lanes().at(0).oldest == at(11));
        CHECK(voids(m.outbox(lane, 0, everything)) == run(1, 10));
        // A new lane has no numbers before its first, and so no voids.
        const auto renewed = m.renew_lane(lane, at(12));
        REQUIRE(renewed);
        CHECK(numbers(m.outbox(*renewed, 0, everything)) == run(1, 1));
        CHECK(m.outbox(*renewed, 0, everything).front().body == "next");
        CHECK(m.outgoing_lanes().at(0).voided == 0);
    });
}

TEST_CASE_TEMPLATE_DEFINE("dropping goes in batches, and ends", Home, dropping_goes_in_batches) {
    Home home;
    MailboxLimits limits;
    limits.purge_batch = 4;
    const auto store = home.open(limits);
    store->commit([](Mailboxes& m) {
        const auto lane = ten_messages(m);
        CHECK(m.drop_oldest(lane, {.bytes = 10}, "full")->messages() == 4);
        CHECK(m.drop_oldest(lane, {.bytes = 10}, "full")->messages() == 4);
        CHECK(m.drop_oldest(lane, {.bytes = 10}, "full")->messages() == 1);
        CHECK_FALSE(m.drop_oldest(lane, {.bytes = 10}, "full"));
    });
}

TEST_CASE_TEMPLATE_DEFINE("a page ends with its messages or its bytes, and one always fits", Home,
                          a_page_of_the_outbox_ends) {
    Home home;
    const auto store = home.open({});
    const auto lane = fill(*store, "bmhs@coop.example", 10, std::string(100, 'x'));
    store->read([&](Mailboxes& m) {
        CHECK(numbers(m.outbox(lane, 0, {4, 1'000'000})) == run(1, 4));
        CHECK(numbers(m.outbox(lane, 4, {4, 1'000'000})) == run(5, 8));
        CHECK(numbers(m.outbox(lane, 0, {10, 350})) == run(1, 3));
        CHECK(numbers(m.outbox(lane, 0, {10, 300})) == run(1, 3));
        CHECK(numbers(m.outbox(lane, 9, {10, 1})) == run(10, 10));
        CHECK(m.outbox(lane, 10, {10, 1000}).empty());
    });
}

TEST_CASE_TEMPLATE_DEFINE("250 messages are all seen although they go while one reads", Home,
                          rows_may_go_while_one_reads) {
    Home home;
    const auto store = home.open({});
    const auto lane = fill(*store, "bmhs@coop.example", 250);
    std::vector<Seq> seen;
    Seq after = 0;
    for (;;) {
        const auto page = ask(*store, [&](Mailboxes& m) {
            return m.outbox(lane, after, {100, 1'000'000});
        });
        if (page.empty()) break;
        for (const auto& message : page) seen.push_back(message.seq);
        // What was read goes, in two steps, before the next page is asked for.
        store->commit([&](Mailboxes& m) { m.acknowledge(lane, seen[seen.size() / 2]); });
        store->commit([&](Mailboxes& m) { m.acknowledge(lane, seen.back()); });
        after = page.back().seq;
    }
    CHECK(seen == run(1, 250));
    CHECK(ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); }).at(0).waiting_messages == 0);
}

TEST_CASE_TEMPLATE_DEFINE("the last messages of a lane can be replaced by fewer, and no others",
                          Home, the_last_messages_can_be_replaced) {
    Home home;
    const auto store = home.open({});
    const auto lane = fill(*store, "bmhs@coop.example", 10);
    store->commit([&](Mailboxes& m) {
        m.acknowledge(lane, 4);
        auto messages = m.outbox(lane, 7, everything);
        REQUIRE(messages.size() == 3);
        messages.resize(1);
        messages[0].body = "eight to ten";
        messages[0].records = 3;
        CHECK_FALSE(m.replace_tail(lane, 8, 9, messages));
        CHECK_FALSE(m.replace_tail(lane, 8, 11, messages));
        CHECK_FALSE(m.replace_tail(lane, 4, 10, messages));
        CHECK_FALSE(m.replace_tail(LaneId{"unknown"}, 8, 10, messages));
        CHECK(numbers(m.outbox(lane, 0, everything)) == run(5, 10));
        if (!m.replace_tail(lane, 8, 10, messages)) return;  // a store may not be able to
        CHECK(numbers(m.outbox(lane, 0, everything)) == run(5, 8));
        CHECK(m.find_outgoing(lane, 8)->body == "eight to ten");
        CHECK(m.find_outgoing(lane, 8)->stored_at == messages[0].stored_at);
        CHECK(m.find_lane(lane)->next == 9);
        CHECK(m.find_lane(lane)->waiting_records == 6);
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "next"), at(0)).second == 9);
        CHECK(m.acknowledge(lane, 9) == 5);
        CHECK(m.find_lane(lane)->waiting_records == 0);
    });
}

TEST_CASE_TEMPLATE_DEFINE("one lane is found by its id, and those in which something waits", Home,
                          lanes_are_found) {
    Home home;
    const auto store = home.open({});
    const auto idle = fill(*store, "idle@coop.example", 3);
    const auto busy = fill(*store, "busy@coop.example", 3);
    store->commit([&](Mailboxes& m) {
        m.acknowledge(idle, 3);
        m.acknowledge(busy, 1);
        const auto waiting = m.waiting_lanes();
        REQUIRE(waiting.size() == 1);
        CHECK(waiting[0].lane == busy);
        CHECK(waiting[0].peer == jid("busy@coop.example"));
        CHECK(waiting[0].next == 4);
        CHECK(waiting[0].acknowledged == 1);
        REQUIRE(m.find_lane(idle));
        CHECK(m.find_lane(idle)->next == 4);
        CHECK(m.find_lane(idle)->waiting_messages == 0);
        CHECK_FALSE(m.find_lane(LaneId{"unknown"}));
    });
}

}  // namespace courant::test
