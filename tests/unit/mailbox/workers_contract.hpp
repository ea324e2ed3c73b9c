// What every store promises to several who work on it at once, and about leases. How to use it:
// transaction_contract.hpp; a Home also opens the store a second time, beside the first:
// `open_shared()`.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE_TEMPLATE_DEFINE("two workers put into one lane at once: one run of numbers", Home,
                          two_workers_fill_one_lane) {
    Home home;
    const auto store = home.open({});
    constexpr int commits = 60;
    const auto work = [&](const std::string& body) {
        const auto mine = home.open_shared();
        for (int i = 0; i < commits; ++i)
            mine->commit([&](Mailboxes& m) {
                m.enqueue(outgoing("bmhs@coop.example", body), at(i));
                m.enqueue(outgoing("bmhs@coop.example", body), at(i));
            });
    };
    {
        const std::jthread one(work, "one");
        const std::jthread two(work, "two");
    }
    store->read([&](Mailboxes& m) {
        const auto lanes = m.outgoing_lanes();
        REQUIRE(lanes.size() == 1);
        CHECK(lanes[0].next == 4 * commits + 1);
        CHECK(lanes[0].waiting_records == 4 * commits);
        const auto messages = m.outbox(lanes[0].lane, 0, everything);
        CHECK(numbers(messages) == run(1, 4 * commits));
        // What one transaction put there stands together.
        for (std::size_t i = 0; i + 1 < messages.size(); i += 2)
            CHECK(messages[i].body == messages[i + 1].body);
    });
}

TEST_CASE_TEMPLATE_DEFINE("two workers begin the same lane at once: it is one", Home,
                          two_workers_begin_one_lane) {
    Home home;
    const auto store = home.open({});
    constexpr int peers = 40;
    const auto work = [&] {
        const auto mine = home.open_shared();
        for (int i = 0; i < peers; ++i)
            mine->commit([&](Mailboxes& m) {
                const auto peer = "p" + std::to_string(i) + "@coop.example";
                m.enqueue(outgoing(peer, "x"), at(0));
                m.take_in(incoming(1, "L", peer), at(0));
            });
    };
    {
        const std::jthread one(work);
        const std::jthread two(work);
    }
    store->read([&](Mailboxes& m) {
        const auto lanes = m.outgoing_lanes();
        CHECK(lanes.size() == peers);
        for (const auto& lane : lanes) CHECK(lane.next == 3);
        CHECK(m.incoming_lanes().size() == peers);
        CHECK(m.inbox(0, everything).size() == peers);
    });
}

TEST_CASE_TEMPLATE_DEFINE("who reads the inbox behind a position misses nothing that comes later",
                          Home, positions_come_in_the_order_of_commits) {
    Home home;
    const auto store = home.open({});
    constexpr Seq last = 80;
    std::atomic<int> writing = 2;
    const auto write = [&](const std::string& lane) {
        const auto mine = home.open_shared();
        for (Seq seq = 1; seq <= last; ++seq)
            mine->commit([&](Mailboxes& m) {
                m.take_in(incoming(seq, lane), at(0));
                // Time for another to overtake, if the store allows it.
                for (int i = 0; i < 3; ++i) m.set_note(lane + std::to_string(i), lane);
            });
        --writing;
    };
    std::vector<std::int64_t> seen;
    const auto read_on = [&] {
        const auto page = ask(*store, [&](Mailboxes& m) {
            return m.inbox(seen.empty() ? 0 : seen.back(), everything);
        });
        for (const auto& arrival : page) seen.push_back(arrival.position);
    };
    {
        const std::jthread one(write, "one");
        const std::jthread two(write, "two");
        while (writing > 0) read_on();
    }
    read_on();
    CHECK(seen == run(1, 2 * last));
}

TEST_CASE_TEMPLATE_DEFINE("two who lock in opposite orders both get through", Home,
                          opposite_orders_get_through) {
    Home home;
    const auto store = home.open({});
    constexpr int commits = 15;
    const auto work = [&](const char* first, const char* second) {
        const auto mine = home.open_shared();
        for (int i = 0; i < commits; ++i) {
            const std::vector<Work> works{
                [&](Mailboxes& m) { m.enqueue(outgoing(first, "x"), at(0)); },
                [&](Mailboxes& m) { m.take_in(incoming(i + 1, first), at(0)); },
                [&](Mailboxes& m) { m.enqueue(outgoing(second, "x"), at(0)); },
            };
            for (const auto& failure : mine->commit_together(works)) CHECK_FALSE(failure);
        }
    };
    {
        const std::jthread one(work, "a@coop.example", "b@coop.example");
        const std::jthread two(work, "b@coop.example", "a@coop.example");
    }
    store->read([&](Mailboxes& m) {
        for (const auto& lane : m.outgoing_lanes()) CHECK(lane.next == 2 * commits + 1);
        for (const auto& lane : m.incoming_lanes()) CHECK(lane.next == commits + 1);
    });
}

using Names = std::vector<std::string>;

TEST_CASE_TEMPLATE_DEFINE("a lease has one holder until it gives it back", Home,
                          a_lease_has_one_holder) {
    using namespace std::chrono_literals;
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const Names both{"lane L", "source roof"};
        const Names three{"lane L", "source cellar", "source roof"};
        CHECK(m.leases(at(0)).empty());
        CHECK(m.hold(both, "one", 1h, at(0)) == both);
        CHECK(m.hold(three, "two", 1h, at(1)) == Names{"source cellar"});
        CHECK(m.hold(both, "one", 1h, at(1)) == both);
        CHECK(m.hold({}, "one", 1h, at(1)).empty());
        const auto leases = m.leases(at(2));
        REQUIRE(leases.size() == 3);
        CHECK(leases[0].what == "lane L");
        CHECK(leases[0].holder == "one");
        CHECK(leases[1].holder == "two");

        m.release("lane L", "two");
        CHECK(m.hold(both, "two", 1h, at(2)).empty());
        m.release("lane L", "one");
        CHECK(m.hold(both, "two", 1h, at(3)) == Names{"lane L"});
        m.release_all("two");
        CHECK(m.hold(three, "one", 1h, at(4)).size() == 3);
        CHECK(m.leases(at(5)).size() == 3);
    });
}

TEST_CASE_TEMPLATE_DEFINE("a lease that ran out is another's for the asking", Home,
                          a_lease_runs_out) {
    using namespace std::chrono_literals;
    Home home;
    const auto one = home.open({});
    const auto two = home.open_shared();
    const Names roof{"source roof"};
    one->commit([&](Mailboxes& m) { m.hold(roof, "one", 1ms, at(0)); });
    // A store with a clock of its own takes its time; the other goes by what it is told.
    const auto taken = [&] {
        return commit(*two, [&](Mailboxes& m) { return m.hold(roof, "two", 1h, at(1)); }) == roof;
    };
    while (!taken()) {
    }
    CHECK(commit(*one, [&](Mailboxes& m) { return m.hold(roof, "one", 1h, at(2)); }).empty());
    const auto leases = ask(*one, [](Mailboxes& m) { return m.leases(at(2)); });
    REQUIRE(leases.size() == 1);
    CHECK(leases[0].holder == "two");
}

TEST_CASE_TEMPLATE_DEFINE("leases that ran out long ago can be swept away, and no others", Home,
                          old_leases_are_swept) {
    using namespace std::chrono_literals;
    Home home;
    const auto store = home.open({});
    const Names old{"worker one"};
    const Names live{"source roof"};
    store->commit([&](Mailboxes& m) {
        m.hold(old, "one", 1ms, at(0));
        m.hold(live, "two", 1h, at(0));
        CHECK(m.sweep_leases(1h, at(1)).empty());
    });
    const auto swept = [&] {
        return commit(*store, [](Mailboxes& m) { return m.sweep_leases(1ms, at(1)); });
    };
    for (auto gone = swept(); gone != old; gone = swept()) CHECK(gone.empty());
    CHECK(swept().empty());
    CHECK(ask(*store, [](Mailboxes& m) { return m.leases(at(1)); }).size() == 1);
}

TEST_CASE_TEMPLATE_DEFINE("what was done under a lease that is another's by now is undone", Home,
                          a_lost_lease_undoes_the_work) {
    using namespace std::chrono_literals;
    Home home;
    const auto store = home.open({});
    const Names roof{"source roof"};
    store->commit([&](Mailboxes& m) { m.hold(roof, "two", 1h, at(0)); });
    const auto extract = [](const std::string& worker) {
        return [worker](Mailboxes& m) {
            m.set_cursor("roof", worker);
            m.enqueue(outgoing("bmhs@coop.example", worker), at(1));
            m.insist_held("source roof", worker, at(1));
        };
    };
    const auto confirm = [](const std::string& worker) {
        return [worker](Mailboxes& m) { m.confirm_held("source roof", worker, at(1)); };
    };
    CHECK_THROWS_AS(store->commit(extract("one")), LeaseLost);
    CHECK_THROWS_AS(store->commit(extract("")), LeaseLost);
    CHECK_THROWS_AS(store->commit(confirm("one")), LeaseLost);
    store->commit(extract("two"));
    store->read(confirm("two"));
    store->read([](Mailboxes& m) {
        CHECK(m.cursor("roof") == "two");
        CHECK(m.outgoing_lanes().at(0).next == 2);
    });
    store->commit([](Mailboxes& m) { m.release("source roof", "two"); });
    CHECK_THROWS_AS(store->commit(extract("two")), LeaseLost);

    // One that has run out counts as lost although nobody has taken it.
    store->commit([&](Mailboxes& m) { m.hold(roof, "two", 1ms, at(0)); });
    while (!ask(*store, [](Mailboxes& m) { return m.leases(at(1)); }).empty()) {
    }
    CHECK_THROWS_AS(store->commit(extract("two")), LeaseLost);
    CHECK_THROWS_AS(store->commit(confirm("two")), LeaseLost);
}

TEST_CASE_TEMPLATE_DEFINE("of many leases every one goes to one of those who ask at once", Home,
                          leases_are_shared_out) {
    using namespace std::chrono_literals;
    Home home;
    const auto store = home.open({});
    Names all;
    for (int i = 100; i < 160; ++i) all.push_back("lane " + std::to_string(i));
    std::vector<Names> held(2);
    const auto claim = [&](std::size_t worker) {
        const auto mine = home.open_shared();
        for (int i = 0; i < 20; ++i)
            held[worker] = commit(*mine, [&](Mailboxes& m) {
                return m.hold(all, "worker " + std::to_string(worker), 1h, at(0));
            });
    };
    {
        const std::jthread one(claim, std::size_t{0});
        const std::jthread two(claim, std::size_t{1});
    }
    CHECK(held[0].size() + held[1].size() == all.size());
    for (const auto& lease : ask(*store, [](Mailboxes& m) { return m.leases(at(1)); })) {
        const auto& names = held[lease.holder == "worker 0" ? 0 : 1];
        CHECK(std::find(names.begin(), names.end(), lease.what) != names.end());
    }
}

}  // namespace courant::test
