#include "jobs/housekeeping.hpp"

#include <doctest/doctest.h>

#include "jobs/exchange.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

struct House {
    Desk desk;
    SpaceWatch space{{.reserve_bytes = 0}, desk.logger(), desk.counters()};
    OutboxCaps caps;

    explicit House(OutboxConfig outbox = {}) : caps(outbox, desk.logger(), desk.counters()) {}
    HousekeepingJob job(HousekeepingRules rules) {
        return {std::move(rules), space, caps, desk.store(), desk.counters()};
    }
    void buries(int letters) {
        desk.ask([&](Mailboxes& m) {
            for (int i = 1; i <= letters; ++i) {
                DeadLetter letter;
                letter.at = at(i);
                m.bury(letter);
            }
        });
    }
    /// When the letters that are left were set aside.
    std::vector<Time> left() {
        std::vector<Time> times;
        for (const DeadLetter& letter : desk.dead()) times.push_back(letter.at);
        return times;
    }
    StoreRoom room() {
        return desk.ask([](Mailboxes& m) { return m.room(); });
    }
};

Call at_time(Time now) {
    Call when = call();
    when.now = now;
    return when;
}

}  // namespace

TEST_CASE("dead letters stay for ever unless a retention is set") {
    House house;
    house.buries(5);
    auto job = house.job({});
    job.run(at_time(at(1'000'000'000)));
    CHECK(house.left().size() == 5);
}

TEST_CASE("dead letters go when they are old, and the newest stay where only so many may") {
    House house;
    house.buries(5);
    auto by_age =
        house.job({.sinks = {}, .sharing = Sharing::alone, .retention = {.dead_max_age = 1h}});
    by_age.run(at_time(at(3600 + 3)));
    CHECK(house.left() == std::vector{at(3), at(4), at(5)});
    auto by_number =
        house.job({.sinks = {}, .sharing = Sharing::alone, .retention = {.dead_max_number = 2}});
    by_number.run(at_time(at(0)));
    CHECK(house.left() == std::vector{at(4), at(5)});
    CHECK(house.desk.counters().get("courant_dead_letters_purged_total").value() == 3);
}

TEST_CASE("what another worker's sink has not written stays, also while that worker is away") {
    House house;
    house.desk.arrives(readings(1));
    const auto in_the_inbox = [&] {
        return house.desk.ask([](Mailboxes& m) { return m.inbox_size(0).messages; });
    };
    house.desk.ask([](Mailboxes& m) { m.set_delivered("db", 1); });
    auto other =
        house.job({.sinks = {"db", "archive"}, .sharing = Sharing::with_others, .retention = {}});
    other.run(at_time(at(0)));
    auto own = house.job({.sinks = {"db"}, .sharing = Sharing::with_others, .retention = {}});
    own.run(at_time(at(6 * 24 * 3600)));
    CHECK(in_the_inbox() == 1);

    SUBCASE("until it is written") {
        house.desk.ask([](Mailboxes& m) { m.set_delivered("archive", 1); });
    }
    SUBCASE("until nobody has had that sink for a week") {}
    own.run(at_time(at(8 * 24 * 3600)));
    CHECK(in_the_inbox() == 0);
}

TEST_CASE("lanes are held to their caps") {
    House house({.peer_max_bytes = 1'000'000});
    house.desk.ask([](Mailboxes& m) {
        for (int i = 0; i < 30; ++i)
            m.enqueue({.peer = coop, .envelope = {}, .body = std::string(50'000, 'x')}, at(0));
    });
    house.job({}).run(at_time(at(0)));
    CHECK(house.desk.ask([](Mailboxes& m) { return m.outgoing_lanes().at(0).waiting_bytes; }) ==
          1'000'000);
}

TEST_CASE("an outbox that was filled and drained gives its disk back, but for what it keeps") {
    House house;
    constexpr std::int64_t kept = std::int64_t{2} << 20;
    house.desk.ask([](Mailboxes& m) {
        for (int i = 0; i < 1000; ++i)
            m.enqueue({.peer = analyst, .envelope = {}, .body = std::string(20'000, 'x')}, at(0));
    });
    const auto full = house.room();
    REQUIRE(full.bytes > 20'000'000);
    auto job =
        house.job({.sinks = {}, .sharing = Sharing::alone, .retention = {}, .keep_empty = kept});
    job.run(at_time(at(0)));
    CHECK(house.room().bytes == full.bytes);

    house.desk.ask([](Mailboxes& m) { m.acknowledge(m.outgoing_lanes().at(0).lane, 1000); });
    CHECK(house.room().bytes == full.bytes);
    for (int i = 0; i < 100 && house.room().empty > kept + kept / 2; ++i) job.run(at_time(at(0)));
    CHECK(house.room().bytes < 2 * kept);
    CHECK(house.room().empty >= kept / 2);
}

TEST_CASE("the note about the room is set right") {
    House house;
    house.desk.ask([](Mailboxes& m) { m.set_note(space_note, "of a run before this one"); });
    house.job({}).run(at_time(at(0)));
    CHECK(house.desk.ask([](Mailboxes& m) { return m.note(space_note); }).empty());
}

TEST_CASE("what was counted of series becomes part of the store, once, also after a failure") {
    House house;
    house.desk.subscribe(subscription(coop));
    auto outbound = house.desk.outbound();
    auto job = house.job({.sinks = {}, .tally = house.desk.tally()});
    const auto stored = [&] {
        return house.desk.ask([](Mailboxes& m) {
            std::int64_t readings = 0;
            for (const SeriesSeen& series : m.series().page("", 1'000'000))
                readings += series.readings;
            return readings;
        });
    };
    outbound.put(readings(3), {}, "1", at(0));
    CHECK(stored() == 0);
    job.run(call());
    CHECK(stored() == 3);
    outbound.put(readings(2), {}, "2", at(0));
    house.desk.faults().fail_after(1);  // the counters' goes well, the series' does not
    CHECK_THROWS_AS(job.run(call()), StoreError);
    house.desk.faults().mend();
    outbound.put(readings(1), {}, "3", at(0));
    job.run(call());
    job.run(call());
    CHECK(stored() == 6);
    for (int i = 0; i < 1'000; ++i)
        outbound.put(readings(1, 1, "n" + std::to_string(i)), {}, std::to_string(i + 9), at(0));
    job.run(call());
    CHECK(stored() == 1'006);
}

TEST_CASE(
    "a notice that has not been taken stays in the inbox, whatever the sinks have delivered") {
    House house;
    house.desk.ask([](Mailboxes& m) {
        m.take_in({.peer = coop,
                   .lane = {"L"},
                   .seq = 1,
                   .envelope = {},
                   .body = notice_body(ExpiryNotice{.grant = "G", .until = at(0)}),
                   .records = 0,
                   .stored_at = at(0)},
                  at(0));
        m.set_delivered("db", 1);
    });
    const auto messages = [&] {
        return house.desk.ask([](Mailboxes& m) { return m.inbox_size(0).messages; });
    };
    auto job = house.job({.sinks = {"db"}});
    job.run(at_time(at(1)));
    CHECK(messages() == 1);
    house.desk.ask([](Mailboxes& m) { m.set_delivered(notices_position, 1); });
    while (job.run(at_time(at(2))) == Progress::more) continue;
    CHECK(messages() == 0);
}

TEST_CASE("R3.2: the job ends retentions by itself") {
    House house;
    house.desk.ask([](Mailboxes& m) {
        m.take_in({.peer = coop,
                   .lane = {"L"},
                   .seq = 1,
                   .envelope = {.retain = "P1D", .grant = {}},
                   .body = "some body",
                   .records = 3,
                   .stored_at = at(0)},
                  at(0));
    });
    auto job = house.job({});
    job.run(at_time(at(86'399)));
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox(0, everything)[0].message.body; }) ==
          "some body");
    job.run(at_time(at(86'400)));  // it has just looked
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox(0, everything)[0].message.body; }) ==
          "some body");
    job.run(at_time(at(86'399 + 600)));
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox(0, everything)[0].message.body; })
              .empty());
    CHECK(house.desk.counters().get("courant_readings_retention_ended_total").value() == 3);
}

TEST_CASE("the book of calls and what is kept of sent readings go when their time is over") {
    House house;
    constexpr std::int64_t days = 86'400;
    house.desk.subscribe(subscription(coop, "*", "P3Y", "G"));
    house.desk.ask([&](Mailboxes& m) {
        for (const int day : {0, 100, 200})
            m.calls().begin({.asker = coop,
                             .request = std::to_string(day),
                             .series = std::string(power),
                             .from = at(0),
                             .to = at(1),
                             .grant = "G",
                             .last_at = at(day * days)});
        m.past().keep(readings(1500), Quality::raw, at(150 * days));
        m.past().keep(readings(5, 2000), Quality::raw, at(250 * days));
    });
    auto job = house.job({.sinks = {}, .retention = {.calls = "P90D"}});
    job.run(at_time(at(200 * days)));
    CHECK(house.desk.ask([](Mailboxes& m) { return m.calls().count(); }) == 1);
    CHECK(house.desk.ask([](Mailboxes& m) { return m.past().count(); }) == 5);
    CHECK(house.desk.counters().get("courant_dead_letters_purged_total").value() == 0);
}
