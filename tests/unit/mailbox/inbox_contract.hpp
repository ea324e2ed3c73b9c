// What every store promises about its inbox. How to use it: transaction_contract.hpp.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

using Holes = std::vector<std::pair<Seq, Seq>>;

TEST_CASE_TEMPLATE_DEFINE("a message comes out of the inbox as it came in", Home,
                          an_arrival_comes_out_as_it_came_in) {
    Home home;
    const auto store = home.open({});
    auto message = incoming(1);
    message.body = std::string("a\0b", 3);
    store->commit([&](Mailboxes& m) {
        const auto intake = m.take_in(message, at(9));
        CHECK(intake.next == 2);
        CHECK(intake.missing.empty());
        CHECK_FALSE(intake.repeated);
    });
    const auto arrivals = ask(*store, [](Mailboxes& m) { return m.inbox(0, everything); });
    REQUIRE(arrivals.size() == 1);
    CHECK(arrivals[0].position > 0);
    CHECK(arrivals[0].message.peer == message.peer);
    CHECK(arrivals[0].message.lane == message.lane);
    CHECK(arrivals[0].message.seq == 1);
    CHECK(arrivals[0].message.envelope == message.envelope);
    CHECK(arrivals[0].message.body == message.body);
    CHECK(arrivals[0].message.records == message.records);
    CHECK(arrivals[0].message.stored_at == at(9));
}

TEST_CASE_TEMPLATE_DEFINE("a message beyond a hole waits until the hole is filled", Home,
                          a_message_beyond_a_hole_waits) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        m.take_in(incoming(1), at(0));
        const auto beyond = m.take_in(incoming(4), at(1));
        CHECK(beyond.next == 2);
        CHECK(beyond.missing == Holes{{2, 3}});
        CHECK(numbers(m.inbox(0, everything)) == run(1, 1));

        const auto further = m.take_in(incoming(7), at(2));
        CHECK(further.missing == Holes{{2, 3}, {5, 6}});
        const auto lane = m.incoming_lanes(jid("zabbix@lorient.example")).at(0);
        CHECK(lane.next == 2);
        CHECK(lane.highest == 7);

        CHECK(m.take_in(incoming(3), at(3)).missing == Holes{{2, 2}, {5, 6}});
        const auto filled = m.take_in(incoming(2), at(4));
        CHECK(filled.next == 5);
        CHECK(filled.missing == Holes{{5, 6}});
        CHECK(numbers(m.inbox(0, everything)) == run(1, 4));
        CHECK(m.inbox(0, everything).at(3).message.body == "body 4");
        CHECK(m.inbox(0, everything).at(3).message.envelope == envelope());
    });
}

TEST_CASE_TEMPLATE_DEFINE("a repetition changes nothing", Home, a_repetition_changes_nothing) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        m.take_in(incoming(1), at(0));
        m.take_in(incoming(3), at(0));
        for (const Seq seq : {1, 3}) {
            auto other = incoming(seq);
            other.body = "not the first";
            const auto again = m.take_in(other, at(1));
            CHECK(again.repeated);
            CHECK(again.next == 2);
            CHECK(again.missing == Holes{{2, 2}});
        }
        CHECK(m.take_in(incoming(0), at(1)).repeated);
        CHECK(m.take_in(incoming(-5), at(1)).repeated);
        m.take_in(incoming(2), at(2));
        const auto arrivals = m.inbox(0, everything);
        CHECK(numbers(arrivals) == run(1, 3));
        for (const auto& arrival : arrivals)
            CHECK(arrival.message.body == "body " + std::to_string(arrival.message.seq));
    });
}

TEST_CASE_TEMPLATE_DEFINE("one number in two lanes, or from two peers, is two messages", Home,
                          lanes_do_not_touch_each_other) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        m.take_in(incoming(1, "L"), at(0));
        CHECK_FALSE(m.take_in(incoming(1, "M"), at(0)).repeated);
        CHECK_FALSE(m.take_in(incoming(1, "L", "other@coop.example"), at(0)).repeated);
        CHECK(m.inbox(0, everything).size() == 3);
        CHECK(m.incoming_lanes(jid("zabbix@lorient.example")).size() == 2);
        CHECK(m.incoming_lanes().size() == 3);
        CHECK(m.incoming_lanes(jid("nobody@coop.example")).empty());
    });
}

TEST_CASE_TEMPLATE_DEFINE("a number without a message keeps its place and fills a hole", Home,
                          a_number_without_a_message) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto nothing = [&](Seq seq) {
            return m.take_in_nothing(jid("zabbix@lorient.example"), LaneId{"L"}, seq, at(0));
        };
        CHECK(nothing(1).next == 2);
        m.take_in(incoming(4), at(0));
        CHECK(nothing(5).missing == Holes{{2, 3}});
        CHECK(nothing(5).repeated);
        CHECK(nothing(2).next == 3);
        CHECK(m.take_in(incoming(2), at(0)).repeated);
        CHECK(m.take_in(incoming(3), at(0)).next == 6);
        CHECK(nothing(4).repeated);
        CHECK(numbers(m.inbox(0, everything)) == run(3, 4));
        CHECK(m.inbox_size(0).messages == 2);
        CHECK(m.inbox_size(0).records == 7);
    });
}

TEST_CASE_TEMPLATE_DEFINE("any order with any repetitions: each once, in lane order", Home,
                          any_order_comes_out_in_lane_order) {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        Home home;
        const auto store = home.open({});
        const Seq last = std::uniform_int_distribution<Seq>(1, 60)(random);
        struct Delivery {
            std::string lane;
            Seq seq;
        };
        std::vector<Delivery> deliveries;
        for (const auto* lane : {"L", "M"})
            for (Seq seq = 1; seq <= last; ++seq) {
                const auto copies = std::uniform_int_distribution<int>(1, 3)(random);
                deliveries.insert(deliveries.end(), static_cast<std::size_t>(copies), {lane, seq});
            }
        std::shuffle(deliveries.begin(), deliveries.end(), random);

        const Seq empty = std::uniform_int_distribution<Seq>(1, last)(random);
        std::int64_t taken = 0;
        auto next = deliveries.begin();
        while (next != deliveries.end()) {
            auto left = std::uniform_int_distribution<int>(1, 30)(random);
            store->commit([&](Mailboxes& m) {
                for (; next != deliveries.end() && left > 0; ++next, --left) {
                    const auto message = incoming(next->seq, next->lane);
                    const auto intake =
                        next->seq == empty
                            ? m.take_in_nothing(message.peer, message.lane, next->seq, at(0))
                            : m.take_in(message, at(0));
                    if (!intake.repeated) ++taken;
                }
            });
        }
        CHECK(taken == 2 * last);

        const auto arrivals = ask(*store, [](Mailboxes& m) { return m.inbox(0, everything); });
        auto expected = run(1, last);
        expected.erase(expected.begin() + (empty - 1));
        for (const auto* lane : {"L", "M"}) {
            std::vector<Seq> order;
            for (const auto& arrival : arrivals)
                if (arrival.message.lane.value == lane) order.push_back(arrival.message.seq);
            CHECK(order == expected);
        }
        for (const auto& lane : ask(*store, [](Mailboxes& m) { return m.incoming_lanes(); })) {
            CHECK(lane.next == last + 1);
            CHECK(lane.highest == last);
        }
    }
}

TEST_CASE_TEMPLATE_DEFINE("what waits for a hole is bounded; what exceeds it counts as missing",
                          Home, what_waits_is_bounded) {
    Home home;
    MailboxLimits limits;
    limits.waiting_per_lane = 3;
    const auto store = home.open(limits);
    store->commit([](Mailboxes& m) {
        for (const Seq seq : {2, 3, 4}) m.take_in(incoming(seq), at(0));
        const auto beyond = m.take_in(incoming(5), at(0));
        CHECK_FALSE(beyond.repeated);
        CHECK(beyond.dropped);
        CHECK(beyond.missing == Holes{{1, 1}, {5, 5}});
        CHECK(m.take_in(incoming(9, "M"), at(0)).missing == Holes{{1, 8}});
        // The hole itself is always welcome, and frees the room.
        const auto filled = m.take_in(incoming(1), at(0));
        CHECK(filled.next == 5);
        CHECK_FALSE(filled.dropped);
        CHECK(filled.missing == Holes{{5, 5}});
        CHECK(m.take_in(incoming(6), at(0)).missing == Holes{{5, 5}});
        CHECK(m.take_in(incoming(5), at(0)).next == 7);
        CHECK(m.take_in(incoming(std::numeric_limits<Seq>::max()), at(0)).missing ==
              Holes{{7, std::numeric_limits<Seq>::max() - 1}});
    });
}

TEST_CASE_TEMPLATE_DEFINE("of a torn lane an answer names the lowest holes only", Home,
                          an_answer_names_the_lowest_holes) {
    Home home;
    MailboxLimits limits;
    limits.missing_ranges = 3;
    const auto store = home.open(limits);
    store->commit([](Mailboxes& m) {
        for (const Seq seq : {2, 4, 6}) m.take_in(incoming(seq), at(0));
        CHECK(m.take_in(incoming(8), at(0)).missing == Holes{{1, 1}, {3, 3}, {5, 5}});
        CHECK(m.take_in(incoming(1), at(0)).missing == Holes{{3, 3}, {5, 5}, {7, 7}});
        CHECK(m.take_in(incoming(3), at(0)).missing == Holes{{5, 5}, {7, 7}});
    });
}

TEST_CASE_TEMPLATE_DEFINE("the lanes that a peer has begun are known and counted", Home,
                          lanes_are_known_and_counted) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const Jid peer = jid("zabbix@lorient.example");
        CHECK_FALSE(m.knows_lane(peer, LaneId{"L"}));
        CHECK(m.lanes_from(peer) == 0);
        m.take_in(incoming(1, "L"), at(0));
        m.take_in(incoming(2, "L"), at(0));
        m.take_in(incoming(5, "M"), at(0));
        m.take_in(incoming(1, "N", "other@coop.example"), at(0));
        CHECK(m.knows_lane(peer, LaneId{"L"}));
        CHECK(m.knows_lane(peer, LaneId{"M"}));
        CHECK_FALSE(m.knows_lane(peer, LaneId{"N"}));
        CHECK(m.lanes_from(peer) == 2);
    });
}

TEST_CASE_TEMPLATE_DEFINE("a page of the inbox ends with its messages or its bytes", Home,
                          a_page_of_the_inbox_ends) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        for (Seq seq = 1; seq <= 9; ++seq) m.take_in(incoming(seq), at(0));
        const auto first = m.inbox(0, {4, 1'000'000});
        CHECK(numbers(first) == run(1, 4));
        CHECK(numbers(m.inbox(first.back().position, {100, 13})) == run(5, 6));
        CHECK(numbers(m.inbox(first.back().position, {100, 1})) == run(5, 5));
    });
}

TEST_CASE_TEMPLATE_DEFINE("the size of the inbox counts what lies behind a position", Home,
                          the_size_of_the_inbox) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        CHECK(m.inbox_size(0) == InboxSize{});
        for (Seq seq = 1; seq <= 5; ++seq) m.take_in(incoming(seq), at(seq));
        // Each body has 6 bytes, each message as many readings as its number says.
        const auto arrivals = m.inbox(0, everything);
        CHECK(m.inbox_size(0) == InboxSize{5, 15, 30, at(1)});
        CHECK(m.inbox_size(arrivals[1].position) == InboxSize{3, 12, 18, at(3)});
        CHECK(m.inbox_size(arrivals[4].position) == InboxSize{});
        m.set_delivered("a", arrivals[2].position);
        const std::vector<std::string> sinks{"a"};
        CHECK(m.purge_delivered(sinks) == 3);
        CHECK(m.inbox_size(0) == InboxSize{2, 9, 12, at(4)});
        m.set_delivered("a", arrivals[4].position);
        CHECK(m.purge_delivered(sinks) == 2);
        CHECK(m.inbox_size(0) == InboxSize{});
        // What waited for a hole counts once it has joined.
        m.take_in(incoming(7), at(8));
        CHECK(m.inbox_size(0) == InboxSize{});
        m.take_in(incoming(6), at(9));
        CHECK(m.inbox_size(0) == InboxSize{2, 13, 12, at(9)});
        CHECK(m.inbox_size(arrivals[4].position) == InboxSize{2, 13, 12, at(9)});
    });
}

TEST_CASE_TEMPLATE_DEFINE("a message stays until the slowest sink has it", Home,
                          purging_waits_for_the_slowest_sink) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        for (Seq seq = 1; seq <= 5; ++seq) m.take_in(incoming(seq), at(0));
        const auto arrivals = m.inbox(0, everything);
        const std::vector<std::string> sinks{"slow", "fast"};
        const std::vector<std::string> other_order{"fast", "slow"};
        CHECK(m.delivered("fast") == 0);
        m.set_delivered("fast", arrivals[4].position);
        CHECK(m.purge_delivered(sinks) == 0);
        CHECK(m.purge_delivered(other_order) == 0);
        m.set_delivered("slow", arrivals[1].position);
        CHECK(m.purge_delivered({}) == 0);
        CHECK(m.purge_delivered(sinks) == 2);
        CHECK(numbers(m.inbox(0, everything)) == run(3, 5));
        CHECK(m.delivered("slow") == arrivals[1].position);
    });
}

TEST_CASE_TEMPLATE_DEFINE("purging goes in batches, and ends", Home, purging_goes_in_batches) {
    Home home;
    MailboxLimits limits;
    limits.purge_batch = 4;
    const auto store = home.open(limits);
    store->commit([](Mailboxes& m) {
        for (Seq seq = 1; seq <= 10; ++seq) m.take_in(incoming(seq), at(0));
        m.set_delivered("a", m.inbox(0, everything).at(8).position);
        const std::vector<std::string> sinks{"a"};
        CHECK(m.purge_delivered(sinks) == 4);
        CHECK(m.purge_delivered(sinks) == 4);
        CHECK(m.purge_delivered(sinks) == 1);
        CHECK(m.purge_delivered(sinks) == 0);
        CHECK(numbers(m.inbox(0, everything)) == run(10, 10));
    });
}

TEST_CASE_TEMPLATE_DEFINE("a repetition is known after its message was purged", Home,
                          a_repetition_is_known_after_the_purge) {
    Home home;
    {
        const auto store = home.open({});
        store->commit([](Mailboxes& m) {
            for (Seq seq = 1; seq <= 3; ++seq) m.take_in(incoming(seq), at(0));
            m.set_delivered("a", m.inbox(0, everything).back().position);
            CHECK(m.purge_delivered(std::vector<std::string>{"a"}) == 3);
        });
    }
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto delivered = m.delivered("a");
        for (Seq seq = 1; seq <= 3; ++seq) CHECK(m.take_in(incoming(seq), at(1)).repeated);
        CHECK(m.inbox(0, everything).empty());
        // New positions lie behind all that were delivered, or a sink would never see them.
        CHECK(m.take_in(incoming(4), at(1)).next == 5);
        CHECK(m.inbox(0, everything).at(0).position > delivered);
    });
}

}  // namespace courant::test
