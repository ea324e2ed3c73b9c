#include "jobs/outbox_caps.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

using WhenFull = OutboxConfig::WhenFull;

constexpr std::size_t bytes_each = 1000;

/// A desk with messages of 1000 bytes and two readings, and caps for them.
struct Shelf {
    Desk desk;
    OutboxConfig rules;
    std::optional<OutboxCaps> caps;

    explicit Shelf(OutboxConfig how) : rules(how) {
        caps.emplace(rules, desk.logger(), desk.counters());
    }

    void puts(const Jid& peer, int messages, Time when) {
        desk.ask([&](Mailboxes& m) {
            for (int i = 0; i < messages; ++i)
                m.enqueue({.peer = peer,
                           .envelope = {},
                           .body = std::string(bytes_each, 'x'),
                           .records = 2},
                          when);
        });
    }
    std::string obstacle(std::int64_t bytes, Time now) {
        return desk.ask([&](Mailboxes& m) { return caps->obstacle(m, bytes, now); });
    }
    /// What housekeeping does; how many messages went.
    std::int64_t drops(Time now) {
        std::int64_t messages = 0;
        for (;;) {
            const auto drops = desk.ask([&](Mailboxes& m) { return caps->drop(m, now); });
            if (drops.empty()) return messages;
            caps->dropped(drops);
            for (const auto& drop : drops) messages += drop.batch.messages();
        }
    }
    static OutgoingLane lane_in(Mailboxes& m, const Jid& peer) {
        for (const OutgoingLane& lane : m.outgoing_lanes())
            if (lane.peer == peer) return lane;
        return {};
    }
    OutgoingLane lane(const Jid& peer) {
        return desk.ask([&](Mailboxes& m) { return lane_in(m, peer); });
    }
    std::string note() {
        return desk.ask([](Mailboxes& m) { return m.note(outbox_note); });
    }
    std::uint64_t count(std::string_view name, const Jid& peer) {
        return desk.counters().get(name, {{"peer", peer.to_string()}}).value();
    }
};

}  // namespace

TEST_CASE("without caps everything may wait, and nothing goes") {
    Shelf shelf({});
    shelf.puts(coop, 3000, at(0));
    CHECK(shelf.obstacle(1 << 30, at(1'000'000)).empty());
    CHECK(shelf.drops(at(1'000'000)) == 0);
}

TEST_CASE("a full outbox stops extraction, loses nothing, and takes again once less waits") {
    Shelf shelf({.max_bytes = 10'000});
    shelf.puts(coop, 6, at(0));
    shelf.puts(analyst, 4, at(0));
    CHECK(shelf.obstacle(1000, at(0)).empty());
    shelf.puts(analyst, 1, at(0));
    const auto obstacle = shelf.obstacle(1000, at(0));
    CHECK(obstacle.find("[outbox] max_bytes") != std::string::npos);
    CHECK(shelf.note() == obstacle);
    CHECK(shelf.drops(at(0)) == 0);
    // A little less is not enough: it would flutter.
    const auto acknowledges = [&](Seq through) {
        shelf.desk.ask([&](Mailboxes& m) { m.acknowledge(shelf.lane_in(m, coop).lane, through); });
    };
    acknowledges(1);
    CHECK_FALSE(shelf.obstacle(1, at(0)).empty());
    acknowledges(2);
    CHECK(shelf.obstacle(1, at(0)).empty());
    CHECK(shelf.note().empty());
    const auto log = shelf.desk.log();
    CHECK(log.find("fault begins what=outbox") != std::string::npos);
    CHECK(log.find("fault is over what=outbox") != std::string::npos);
}

TEST_CASE("of several workers none fills up what another one waits for") {
    Shelf shelf({.max_bytes = 10'000});
    shelf.puts(coop, 11, at(0));
    CHECK_FALSE(shelf.obstacle(1000, at(0)).empty());
    const auto acknowledges = [&](Seq through) {
        shelf.desk.ask([&](Mailboxes& m) { m.acknowledge(shelf.lane_in(m, coop).lane, through); });
    };
    acknowledges(1);
    OutboxCaps other(shelf.rules, shelf.desk.logger(), shelf.desk.counters());
    const auto obstacle_of_other = [&](Time now) {
        return shelf.desk.ask([&](Mailboxes& m) { return other.obstacle(m, 1, now); });
    };
    CHECK_FALSE(obstacle_of_other(at(2)).empty());
    CHECK(shelf.note() == obstacle_of_other(at(4)));
    acknowledges(2);
    CHECK(obstacle_of_other(at(6)).empty());
    CHECK(shelf.obstacle(1, at(8)).empty());
}

TEST_CASE("a portion that is larger than the cap goes, and nothing more after it") {
    Shelf shelf({.max_bytes = 10'000});
    CHECK(shelf.obstacle(50'000, at(0)).empty());
    shelf.puts(coop, 50, at(0));
    CHECK_FALSE(shelf.obstacle(1, at(0)).empty());
}

TEST_CASE("a message that waits for too long stops extraction") {
    Shelf shelf({.max_age = 1h});
    shelf.puts(coop, 1, at(0));
    CHECK(shelf.obstacle(1, at(3600)).empty());
    CHECK(shelf.obstacle(1, at(3602)).find("more than 1h ([outbox] max_age)") != std::string::npos);
    shelf.desk.ask([&](Mailboxes& m) { m.acknowledge(m.outgoing_lanes().at(0).lane, 1); });
    CHECK(shelf.obstacle(1, at(3602)).empty());
}

TEST_CASE("where the oldest are to be dropped, the longest backlog gives first") {
    Shelf shelf({.max_bytes = 10'000, .when_full = WhenFull::drop_oldest});
    shelf.puts(coop, 3, at(0));
    shelf.puts(analyst, 12, at(1));
    CHECK(shelf.obstacle(1 << 20, at(2)).empty());
    CHECK(shelf.drops(at(2)) == 5);
    CHECK(shelf.lane(coop).waiting_messages == 3);
    CHECK(shelf.lane(analyst).waiting_messages == 7);
    CHECK(shelf.lane(analyst).voided == 5);
    CHECK(shelf.drops(at(2)) == 0);
}

TEST_CASE("where the oldest are to be dropped, old ones go in every lane") {
    Shelf shelf({.max_age = 1h, .when_full = WhenFull::drop_oldest});
    shelf.puts(coop, 3, at(0));
    shelf.puts(analyst, 2, at(10));
    shelf.puts(analyst, 2, at(3600));
    CHECK(shelf.drops(at(3605)) == 3);
    CHECK(shelf.drops(at(3611)) == 2);
    CHECK(shelf.lane(analyst).waiting_messages == 2);
}

TEST_CASE("a peer that never comes back gives its own, and stops nobody") {
    Shelf shelf({.max_bytes = 100'000, .peer_max_bytes = 5'000, .peer_max_age = 24h});
    shelf.puts(coop, 8, at(0));
    shelf.puts(analyst, 5, at(0));
    CHECK(shelf.drops(at(0)) == 3);
    CHECK(shelf.lane(coop).waiting_bytes == 5'000);
    CHECK(shelf.lane(analyst).waiting_bytes == 5'000);
    CHECK(shelf.obstacle(1, at(0)).empty());
    CHECK(shelf.drops(at(25 * 3600)) == 10);
}

TEST_CASE(
    "what is dropped is a dead letter, counted and logged; one letter speaks of a whole day") {
    Shelf shelf({.peer_max_bytes = 5'000});
    shelf.puts(coop, 8, at(0));
    CHECK(shelf.drops(at(100)) == 3);
    shelf.puts(coop, 2, at(200));
    // Also by the next run of the program, or by another worker.
    shelf.caps.emplace(shelf.rules, shelf.desk.logger(), shelf.desk.counters());
    CHECK(shelf.drops(at(300)) == 2);
    auto dead = shelf.desk.dead();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].origin == DeadOrigin::dropped);
    CHECK(dead[0].whom == coop.to_string());
    CHECK(dead[0].lane == shelf.lane(coop).lane);
    CHECK(dead[0].seq == 1);
    CHECK(dead[0].at == at(300));
    CHECK(dead[0].reason.find("numbers 1 to 5, 5 messages with 10 readings") != std::string::npos);
    CHECK(shelf.count("courant_messages_dropped_total", coop) == 5);
    CHECK(shelf.count("courant_readings_dropped_total", coop) == 10);
    const auto log = shelf.desk.log();
    const auto told = log.find("the oldest messages for a peer are dropped");
    CHECK(told != std::string::npos);
    CHECK(log.find("the oldest messages for a peer are dropped", told + 1) == std::string::npos);

    // A new day, a new letter; so for what an operator has seen and removed.
    shelf.puts(coop, 1, at(24 * 3600 + 99));
    CHECK(shelf.drops(at(24 * 3600 + 100)) == 1);
    dead = shelf.desk.dead();
    REQUIRE(dead.size() == 2);
    CHECK(dead[1].reason.find("numbers 6 to 6, 1 messages") != std::string::npos);
    shelf.desk.ask([&](Mailboxes& m) { m.remove_dead(dead[1].id); });
    shelf.puts(coop, 1, at(24 * 3600 + 200));
    CHECK(shelf.drops(at(24 * 3600 + 201)) == 1);
    CHECK(shelf.desk.dead().back().reason.find("numbers 7 to 7") != std::string::npos);
}

TEST_CASE("a drop whose commit fails is neither counted nor forgotten") {
    Shelf shelf({.peer_max_bytes = 5'000});
    shelf.puts(coop, 8, at(0));
    shelf.desk.faults().fail();
    CHECK_THROWS_AS(shelf.drops(at(1)), StoreError);
    shelf.desk.faults().mend();
    CHECK(shelf.count("courant_messages_dropped_total", coop) == 0);
    CHECK(shelf.drops(at(2)) == 3);
    CHECK(shelf.desk.dead().size() == 1);
}

TEST_CASE("between two drops the peer may come back: a letter never speaks of what it got") {
    Shelf shelf({.peer_max_bytes = 5'000});
    shelf.puts(coop, 8, at(0));
    CHECK(shelf.drops(at(1)) == 3);
    shelf.desk.ask([&](Mailboxes& m) { m.acknowledge(m.outgoing_lanes().at(0).lane, 6); });
    shelf.puts(coop, 5, at(2));
    CHECK(shelf.drops(at(3)) == 2);
    const auto dead = shelf.desk.dead();
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].reason.find("numbers 1 to 3,") != std::string::npos);
    CHECK(dead[1].reason.find("numbers 7 to 8,") != std::string::npos);
}
