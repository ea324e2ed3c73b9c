#include "jobs/retention.hpp"

#include <doctest/doctest.h>

#include "jobs/housekeeping.hpp"
#include "proxy-core/access/exchange_book.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

constexpr std::int64_t day = 86'400;

/// Messages that came in under different terms, and looks at them.
struct House {
    Desk desk;
    Seq next = 1;

    void arrives(const std::string& retain, std::int64_t since) {
        desk.ask([&](Mailboxes& m) {
            m.take_in({.peer = coop,
                       .lane = {"L"},
                       .seq = next++,
                       .envelope = {.retain = retain, .grant = {}},
                       .body = "<sensml xmlns='urn:ietf:params:xml:ns:senml'/>",
                       .records = 1,
                       .stored_at = at(since)},
                      at(since));
        });
    }
    /// What is left after a look at everything, then.
    std::vector<Seq> left(RetentionPurge& purge, std::int64_t now,
                          const std::vector<std::string>& sinks = {}) {
        for (bool more = true; more;) {
            Ended ended;
            more = desk.ask([&](Mailboxes& m) {
                ended = {};
                return purge.look(m, sinks, at(now), ended);
            });
            purge.looked(ended);
        }
        std::vector<Seq> seqs;
        for (const auto& kept : desk.ask([](Mailboxes& m) { return m.exchange().kept(0, 10'000); }))
            seqs.push_back(kept.seq);
        return seqs;
    }
};

}  // namespace

TEST_CASE("R3.2: what came in is kept for the shorter of what its sender allows and what we want") {
    House house;
    house.arrives("P1D", 0);
    house.arrives("P3D", 0);
    house.arrives("P9Y", 0);
    RetentionPurge purge("P5D");
    CHECK(house.left(purge, day - 1) == std::vector<Seq>{1, 2, 3});
    CHECK(house.left(purge, day) == std::vector<Seq>{2, 3});
    CHECK(house.left(purge, 3 * day) == std::vector<Seq>{3});
    CHECK(house.left(purge, 5 * day - 1) == std::vector<Seq>{3});
    CHECK(house.left(purge, 5 * day).empty());
    CHECK(house.desk.dead().empty());  // nobody waited for it
}

TEST_CASE("R3.2: a sink that has not had it loses it, which is said; positions stay") {
    House house;
    for (int i = 0; i < 3; ++i) house.arrives("P1D", 0);
    house.desk.ask([](Mailboxes& m) { m.set_delivered("db", 1); });
    RetentionPurge purge("P9Y");
    CHECK(house.left(purge, day, {"db"}).empty());
    const auto dead = house.desk.dead();
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].seq == 2);
    CHECK(dead[0].payload.empty());
    CHECK(dead[0].reason.find("its retention was over") == 0);
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox(0, everything).size(); }) == 3);
}

TEST_CASE("R3.6: dead letters with readings of others are emptied, too; our own stay") {
    House house;
    house.desk.ask([](Mailboxes& m) {
        for (const auto origin : {DeadOrigin::sink, DeadOrigin::arrived, DeadOrigin::source}) {
            DeadLetter letter;
            letter.at = at(0);
            letter.origin = origin;
            letter.payload = "42 W";
            letter.reason = "why";
            letter.envelope.retain = "P1D";
            m.bury(letter);
        }
    });
    RetentionPurge purge("P9Y");
    house.left(purge, day - 1);
    CHECK(house.desk.dead()[0].payload == "42 W");
    house.left(purge, day);
    const auto dead = house.desk.dead();
    CHECK(dead[0].payload.empty());
    CHECK(dead[0].reason == "why (its retention is over)");
    CHECK(dead[1].payload.empty());
    CHECK(dead[2].payload == "42 W");
}

TEST_CASE("a thousand messages and more are looked through page by page, again and again") {
    House house;
    for (int i = 0; i < 2500; ++i) house.arrives(i == 2400 ? "P1D" : "P9Y", 0);
    RetentionPurge purge("P9Y");
    CHECK(house.left(purge, day).size() == 2499);
    CHECK(house.left(purge, day).size() == 2499);
}
