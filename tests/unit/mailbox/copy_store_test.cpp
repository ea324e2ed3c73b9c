#include "proxy-core/mailbox/copy_store.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy-core/access/call_book.hpp"
#include "proxy-core/access/shape_book.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/postgres_home.hpp"
#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

TYPE_TO_STRING(courant::test::SqliteHome);
TYPE_TO_STRING(courant::test::PostgresHome);

namespace courant::test {
namespace {

const Jid town = jid("zabbix@lorient.example");

// A store in which everything is, and nothing stands at its beginning.
void live(Store& store) {
    store.commit([](Mailboxes& m) {
        m.put_peer({town, true, at(1)});
        m.set_card(town, "{}");
        m.series().note({.name = "a@b/c@d/e",
                         .first = at(1),
                         .last = at(2),
                         .readings = 2,
                         .latest = {{at(1), 0.1}, {at(2), 1e9}}});
        m.remove_subscription(m.put_subscription({0, town, "a@b/c@d/*", "P1Y", "g", at(1)}));
        Subscription shaped{0, town, "a@b/e@d/*", "P2Y", "", at(2)};
        shaped.shape = {.every = "PT1H", .dead_band = 0.5, .quality = Quality::validated};
        m.put_subscription(shaped);
        m.shapes().set_state({town, "a:b/e:d/f", "g", "something"});
        m.shapes().put_request({.id = "r", .peer = town, .series = "*", .asked_at = at(2)});
        for (int i = 0; i < 1200; ++i)
            m.enqueue(outgoing("bmhs@coop.example", "body " + std::to_string(i), i), at(i));
        const auto lane = m.outgoing_lanes().at(0).lane;
        m.acknowledge(lane, 100);
        m.enqueue(outgoing("quiet@coop.example", "x"), at(3));
        m.acknowledge(m.outgoing_lanes().at(1).lane, 1);
        for (int i = 0; i < 9; ++i) m.enqueue(outgoing("zoe@coop.example", "1234567890"), at(i));
        m.drop_oldest(m.outgoing_lanes().back().lane, {.bytes = 40}, "no more may wait");
        for (Seq seq = 1; seq <= 700; ++seq) m.take_in(incoming(seq), at(seq));
        for (const Seq seq : {703, 705, 706}) m.take_in(incoming(seq), at(seq));
        m.take_in_nothing(town, LaneId{"L"}, 707, at(707));
        m.set_delivered("app", 300);
        m.set_delivered("other", 200);
        m.purge_delivered(std::vector<std::string>{"app", "other"});
        DeadLetter letter{0, at(5), DeadOrigin::sent, "bmhs@coop.example", LaneId{"L"}, 7,
                          3, "no",  "a\xFF\0b",       envelope()};
        for (int i = 0; i < 120; ++i) m.bury(letter);
        m.remove_dead(m.bury(letter));
        m.subjects().put_objection(
            {"kersabiec@lorient.example", GrantState::limited, "disputed", at(6), at(9)});
        m.set_cursor("roof", std::string("a\0b", 3));
        m.set_job_state({"extract roof", at(1), {}, 2, "time-out"});
        m.add_to_counter("refused", 7);
        m.set_note("session", "online");
        m.set_note(moved_note, "moved before");
    });
}

std::vector<std::string> outbox_of(Store& store) {
    return ask(store, [](Mailboxes& m) {
        std::vector<std::string> all;
        for (const auto& lane : m.outgoing_lanes())
            for (const auto& message : m.outbox(lane.lane, 0, everything))
                all.push_back(lane.lane.value + std::to_string(message.seq) + message.body +
                              message.void_reason);
        return all;
    });
}

// What the copy does next is what the original would have done.
void goes_on(Store& store, const LaneId& lane) {
    store.commit([&](Mailboxes& m) {
        CHECK(m.enqueue(outgoing("bmhs@coop.example", "next"), at(9)) ==
              std::pair{lane, Seq{1201}});
        CHECK(m.acknowledge(lane, 1201) == 1101);
        CHECK(m.take_in(incoming(700), at(9)).repeated);
        CHECK(m.take_in(incoming(705), at(9)).repeated);
        CHECK(m.delivered("app") == 300);
        const std::vector<std::string> sinks{"app", "other"};
        CHECK(m.purge_delivered(sinks) == 0);
        CHECK(m.inbox_size(300).messages == 400);
        m.take_in(incoming(701), at(9));
        m.take_in(incoming(702), at(9));
        CHECK(m.take_in(incoming(704), at(9)).next == 708);
        const auto arrivals = m.inbox(700, everything);
        CHECK(numbers(arrivals) == run(701, 706));
        CHECK(arrivals.back().position == 706);
        m.set_delivered("app", 706);
        m.set_delivered("other", 706);
        CHECK(m.purge_delivered(sinks) == 506);
        CHECK(m.inbox_size(0).messages == 0);
        CHECK(m.put_subscription({0, town, "new", "P1Y", "", at(9)}) == 3);
        CHECK(m.find_dead(120)->payload == "a\xFF");
        CHECK(m.bury({}) == 122);
        CHECK(m.note(moved_note).empty());
    });
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("a store goes over into another whole, and goes on there", Homes,
                          a_store_goes_over) {
    typename Homes::first_type from_home;
    typename Homes::second_type to_home;
    const auto from = from_home.open({});
    const auto to = to_home.open({});
    live(*from);
    std::int64_t rows = 0;
    const auto census = copy_store(*from, *to, [&](std::int64_t done, std::int64_t of) {
        CHECK(done > rows);
        CHECK(done <= of);
        rows = done;
    });
    CHECK(
        census ==
        Census{
            .outbox = 1104, .inbox = 500, .waiting = 4, .dead = 120, .readings = census.readings});
    CHECK(rows == census.rows());
    CHECK(outbox_of(*to) == outbox_of(*from));
    const auto arrivals = [](Store& store) {
        return ask(store, [](Mailboxes& m) { return m.inbox(0, everything); });
    };
    CHECK(numbers(arrivals(*to)) == numbers(arrivals(*from)));
    const auto lane = ask(*from, [](Mailboxes& m) { return m.outgoing_lanes().at(0).lane; });
    goes_on(*to, lane);
}

TEST_CASE_TEMPLATE_DEFINE("a store that is in use takes no other in", Homes,
                          a_used_store_takes_nothing) {
    typename Homes::first_type from_home;
    typename Homes::second_type to_home;
    const auto from = from_home.open({});
    const auto to = to_home.open({});
    live(*from);
    SUBCASE("a peer") {
        to->commit([](Mailboxes& m) { m.put_peer({town, false, at(1)}); });
    }
    SUBCASE("a dead letter") {
        to->commit([](Mailboxes& m) { m.bury({}); });
    }
    CHECK_THROWS_AS(copy_store(*from, *to, {}), StoreError);
    CHECK(outbox_of(*to).empty());
}

TEST_CASE_TEMPLATE_DEFINE("a copy that fails in the middle leaves nothing behind", Homes,
                          a_failed_copy_leaves_nothing) {
    typename Homes::first_type from_home;
    typename Homes::second_type to_home;
    const auto from = from_home.open({});
    const auto to = to_home.open({});
    live(*from);
    struct Interrupted {};
    CHECK_THROWS_AS(copy_store(*from, *to,
                               [](std::int64_t done, std::int64_t of) {
                                   if (done > of / 2) throw Interrupted{};
                               }),
                    Interrupted);
    CHECK_NOTHROW(copy_store(*from, *to, {}));
    CHECK(outbox_of(*to) == outbox_of(*from));
}

TEST_CASE_TEMPLATE_DEFINE("who asked for the past, and what is kept of it, goes over too", Homes,
                          the_past_goes_over) {
    typename Homes::first_type from_home;
    typename Homes::second_type to_home;
    const auto from = from_home.open({});
    const auto to = to_home.open({});
    const std::string series = "zabbix:lorient.example/school:lorient.example/pv/power";
    from->commit([&](Mailboxes& m) {
        m.put_peer({.jid = town});
        Grant grant = open_grant(town, "G");
        m.access().add_grant(grant);
        for (int i = 0; i < 1200; ++i)
            m.calls().begin({.asker = town,
                             .request = std::to_string(i),
                             .series = series,
                             .from = at(0),
                             .to = at(1),
                             .grant = "G",
                             .last_at = at(i)});
        m.calls().end(1, {.readings = 7, .through = at(1), .digest = "d"}, at(5));
        // A grant that has ended since is no obstacle to remembering what was done under it.
        m.access().set_grant_state("G", GrantState::withdrawn, "asked", at(1200));
        senml::Pack kept;
        for (int i = 0; i < 1200; ++i)
            kept.add(kept.intern_name(series), kept.intern_unit("W"), at(i), i);
        kept.add_text(kept.intern_name(series), senml::no_unit, at(1200), "text");
        m.past().keep(kept, Quality::corrected, at(9999));
    });
    const auto census = copy_store(*from, *to, {});
    CHECK(census.calls == 1200);
    CHECK(census.kept == 1201);
    const auto calls = [](Store& store) {
        auto all = ask(store, [](Mailboxes& m) { return m.calls().calls(0, 9999); });
        for (auto& call : all) call.id = 0;
        return all;
    };
    const auto kept = [&](Store& store) {
        return ask(store,
                   [&](Mailboxes& m) { return m.past().read(series, at(0), at(9999), 9999); });
    };
    CHECK(calls(*to) == calls(*from));
    CHECK(kept(*to).readings == kept(*from).readings);
    CHECK(kept(*to).known == kept(*from).known);
}

using SqliteToPostgres = std::pair<SqliteHome, PostgresHome>;
using PostgresToSqlite = std::pair<PostgresHome, SqliteHome>;
using PostgresToPostgres = std::pair<PostgresHome, PostgresHome>;

}  // namespace courant::test

TYPE_TO_STRING(courant::test::SqliteToPostgres);
TYPE_TO_STRING(courant::test::PostgresToSqlite);
TYPE_TO_STRING(courant::test::PostgresToPostgres);

namespace courant::test {

TEST_CASE_TEMPLATE_INVOKE(a_store_goes_over, SqliteToPostgres, PostgresToSqlite,
                          PostgresToPostgres);
TEST_CASE_TEMPLATE_INVOKE(a_used_store_takes_nothing, SqliteToPostgres, PostgresToSqlite);
TEST_CASE_TEMPLATE_INVOKE(a_failed_copy_leaves_nothing, SqliteToPostgres, PostgresToSqlite);
TEST_CASE_TEMPLATE_INVOKE(the_past_goes_over, SqliteToPostgres, PostgresToSqlite);

}  // namespace courant::test
