// What the PostgreSQL store promises besides what every store does: about connections, commits and
// databases of others.
#include "proxy-core/mailbox/postgres_store.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <pqxx/pqxx>
#include <thread>

#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/postgres_home.hpp"
#include "tests/unit/mailbox/postgres_wire.hpp"
#include "tests/unit/mailbox/samples.hpp"

using namespace std::chrono_literals;

namespace courant::test {
namespace {

// A store behind a wire.
struct Wired {
    PostgresHome home;
    PostgresWire wire{PostgresHome::server().sockets()};

    std::unique_ptr<Store> open() {
        auto options = home.options();
        options.url = Secret(wire.url());
        options.reconnect_first = 20ms;
        options.reconnect_max = 100ms;
        auto store = open_postgres_store(options);
        home.lift_guard();
        return store;
    }
};

Work put(const std::string& body) {
    return [body](Mailboxes& m) { m.enqueue(outgoing("bmhs@coop.example", body), at(0)); };
}

std::vector<std::string> bodies(Store& store) {
    return ask(store, [](Mailboxes& m) {
        std::vector<std::string> all;
        for (const auto& lane : m.outgoing_lanes())
            for (const auto& message : m.outbox(lane.lane, 0, everything))
                all.push_back(message.body);
        return all;
    });
}

// Every connection of a store, whoever holds it.
constexpr const char* end_connections =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
    "'courant'";

void commit_when_it_is_back(Store& store, const Work& work) {
    for (;;) {
        try {
            return store.commit(work);
        } catch (const StoreError& error) {
            REQUIRE(error.worth_retrying());
        }
    }
}

template <class F>
std::string complaint(F call) {
    try {
        call();
    } catch (const StoreError& error) {
        return error.what();
    }
    return "none";
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a connection that died between two transactions is replaced unnoticed") {
    const PostgresHome home;
    const auto store = home.open({});
    store->commit(put("a"));
    home.sql(end_connections);
    store->commit(put("b"));
    home.sql(end_connections);
    CHECK(bodies(*store) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a connection that dies inside a transaction takes all of it along, and is made anew") {
    const PostgresHome home;
    const auto store = home.open({});
    const std::vector<Work> works{put("a"), [&](Mailboxes& m) {
                                      home.sql(end_connections);
                                      try {
                                          m.set_cursor("roof", "1");
                                      } catch (const StoreError&) {
                                          // Swallowed, and told all the same.
                                      }
                                  }};
    for (const auto& failure : store->commit_together(works)) {
        REQUIRE(failure);
        try {
            std::rethrow_exception(failure);
        } catch (const StoreError& error) {
            CHECK(error.worth_retrying());
            CHECK(holds(error.what(), "the database is gone"));
        }
    }
    CHECK(bodies(*store).empty());
    store->commit(put("b"));
    CHECK(bodies(*store) == std::vector<std::string>{"b"});
}

TEST_CASE("while the database is away every call fails, and hardly any tries to connect") {
    Wired wired;
    const auto store = wired.open();
    store->commit(put("a"));
    wired.wire.set(PostgresWire::Mode::refuses);
    const int before = wired.wire.connections();
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 2000; ++i) {
        const auto why = complaint([&] { store->commit(put("b")); });
        REQUIRE(why != "none");
        if (i > 0) REQUIRE(holds(why, "no connection to the database"));
    }
    // The pauses are drawn from nothing on, 50 ms on average: some are short.
    const auto pauses = (std::chrono::steady_clock::now() - began) / 10ms;
    CHECK(wired.wire.connections() - before < 40 + pauses);
    wired.wire.set(PostgresWire::Mode::passes);
    commit_when_it_is_back(*store, put("c"));
    CHECK(bodies(*store) == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a commit whose answer was lost is found out to have happened") {
    Wired wired;
    const auto store = wired.open();
    wired.wire.set(PostgresWire::Mode::loses_answer);
    CHECK_NOTHROW(store->commit(put("a")));
    CHECK(wired.wire.mode() == PostgresWire::Mode::passes);
    CHECK(bodies(*store) == std::vector<std::string>{"a"});
}

TEST_CASE("a commit that never arrived is found out to have failed") {
    Wired wired;
    const auto store = wired.open();
    wired.wire.set(PostgresWire::Mode::loses_commit);
    CHECK(holds(complaint([&] { store->commit(put("a")); }), "Nothing of this was stored"));
    CHECK(wired.wire.mode() == PostgresWire::Mode::passes);
    CHECK(bodies(*store).empty());
    store->commit(put("b"));
    CHECK(bodies(*store) == std::vector<std::string>{"b"});
}

TEST_CASE("a commit of which nothing can be found out in time says so") {
    Wired wired;
    auto options = wired.home.options();
    options.url = Secret(wired.wire.url());
    options.doubt_patience = 1ms;
    const auto store = open_postgres_store(options);
    wired.home.lift_guard();
    wired.wire.set(PostgresWire::Mode::loses_and_ends);
    CHECK(holds(complaint([&] { store->commit(put("a")); }), "is not known"));
    wired.wire.set(PostgresWire::Mode::passes);
    commit_when_it_is_back(*store, put("b"));
    CHECK(bodies(*store) == std::vector<std::string>{"a", "b"});
}

TEST_CASE(
    "over kill -9 of the database nothing that was committed is lost, and nothing is there twice") {
    PostgresServer server(Durability::careful);
    PostgresOptions options;
    options.url = Secret(server.url());
    options.reconnect_first = 20ms;
    options.reconnect_max = 100ms;
    const auto store = open_postgres_store(options);
    store->commit([](Mailboxes& m) {
        m.put_peer({.jid = jid("bmhs@coop.example")});
        m.access().add_grant(open_grant(jid("bmhs@coop.example"), envelope().grant));
    });
    std::vector<std::string> committed;
    std::atomic<bool> back = false;
    const std::jthread trouble([&] {
        server.kill();
        server.start();
        back = true;
    });
    for (int i = 0; !back || committed.empty(); ++i) {
        const auto body = std::to_string(i);
        try {
            store->commit(put(body));
            committed.push_back(body);
        } catch (const StoreError& error) {
            CHECK(error.worth_retrying());
        }
    }
    commit_when_it_is_back(*store, put("last"));
    committed.emplace_back("last");
    CHECK(bodies(*store) == committed);
}

TEST_CASE("a worker keeps a lease that runs out while it commits under it") {
    const PostgresHome home;
    const auto one = home.open({});
    const auto two = home.open_shared();
    const std::vector<std::string> roof{"source roof"};
    const auto others_hold = [&] {
        return commit(*two, [&](Mailboxes& m) { return m.hold(roof, "two", 1h, at(0)); });
    };
    for (bool done = false; !done;) {
        one->commit([&](Mailboxes& m) { m.hold(roof, "one", 100ms, at(0)); });
        try {
            one->commit([&](Mailboxes& m) {
                m.insist_held("source roof", "one", at(0));
                while (!ask(*two, [](Mailboxes& n) { return n.leases(at(0)); }).empty()) {
                }
                CHECK(others_hold().empty());
                m.set_cursor("roof", "one");
            });
            done = true;
        } catch (const LeaseLost&) {
            // It ran out before we had it; once more.
        }
    }
    CHECK(others_hold() == roof);
    CHECK(ask(*one, [](Mailboxes& m) { return m.cursor("roof"); }) == "one");
}

TEST_CASE("a commit is durable although the database would have it otherwise") {
    const PostgresHome home;
    home.open({});
    home.sql("CREATE TABLE seen (setting text)");
    home.sql(
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen "
        "VALUES (current_setting('synchronous_commit')); RETURN new; END $$; "
        "CREATE TRIGGER look AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION look(); "
        "ALTER ROLE courant SET synchronous_commit = off");
    const auto store = home.open({});
    store->commit([](Mailboxes& m) { m.set_note("session", "x"); });
    home.sql("ALTER ROLE courant RESET synchronous_commit");
    CHECK(home.sql("SELECT setting FROM seen") == "on");
}

namespace {

// Passes messages through both mailboxes, each step a transaction, and tells how many entries of
// indexes the database read for each message, those of dead rows included.
std::int64_t entries_for_each(const PostgresHome& home, Seq first, Seq messages) {
    const auto entries = [&] {
        return std::stoll(
            home.sql("SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes "
                     "WHERE schemaname = current_schema()"));
    };
    const auto before = entries();
    {
        const auto store = home.open({});
        const std::vector<std::string> sinks{"app"};
        for (Seq seq = first; seq < first + messages; ++seq) {
            store->commit(put("x"));
            store->commit([&](Mailboxes& m) {
                const auto lane = m.outgoing_lanes().at(0);
                CHECK(m.outbox(lane.lane, lane.acknowledged, {}).size() == 1);
                CHECK(m.acknowledge(lane.lane, seq) == 1);
            });
            store->commit([&](Mailboxes& m) { m.take_in(incoming(seq), at(0)); });
            store->commit([&](Mailboxes& m) {
                const auto arrived = m.inbox(m.delivered("app"), {});
                CHECK(arrived.size() == 1);
                m.set_delivered("app", arrived.at(0).position);
            });
            store->commit([&](Mailboxes& m) { CHECK(m.purge_delivered(sinks) == 1); });
        }
    }
    // A connection hands its figures in as it ends, a moment later.
    while (home.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'courant'") !=
           "0") {
    }
    return (entries() - before) / messages;
}

}  // namespace

TEST_CASE("a snapshot that somebody holds for long does not make a message dearer") {
    constexpr Seq messages = 500;
    const PostgresHome home;
    home.open({});
    const auto without = entries_for_each(home, 1, messages);
    // What the database believes from now on: that all queues are empty.
    home.sql("ANALYZE");
    pqxx::connection reader(PostgresHome::server().url());
    pqxx::nontransaction backup(reader);
    backup.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    const auto with = entries_for_each(home, messages + 1, messages);
    MESSAGE("index entries read for each message: ", without, " without, ", with,
            " with a snapshot held");
    CHECK(with < without * 3 / 2);
}

TEST_CASE("a text that is no UTF-8 is kept as far as it is") {
    const PostgresHome home;
    const auto store = home.open({});
    DeadLetter letter;
    letter.reason = std::string("row 3: \xE9t\xC3\xA9\0 is no number", 25);
    letter.payload = letter.reason;
    const auto id = commit(*store, [&](Mailboxes& m) { return m.bury(letter); });
    const auto found = ask(*store, [&](Mailboxes& m) { return m.find_dead(id); });
    REQUIRE(found);
    CHECK(found->reason == "row 3: \xEF\xBF\xBDt\xC3\xA9\xEF\xBF\xBD is no number");
    CHECK(found->payload == letter.payload);
}

TEST_CASE("a store of a newer program, and what is none, are left alone") {
    const PostgresHome home;
    SUBCASE("newer") {
        home.open({});
        home.sql("INSERT INTO migrations VALUES (99, 'later', 0)");
        CHECK(holds(complaint([&] { home.open({}); }), "version 99 and this program knows"));
    }
    SUBCASE("another program's") {
        home.sql("CREATE SCHEMA " + home.options().schema);
        home.sql("CREATE TABLE history (x int)");
        CHECK(holds(complaint([&] { home.open({}); }), "tables of another program (history)"));
        CHECK(home.sql("SELECT to_regclass('migrations')").empty());
    }
    SUBCASE("not in UTF-8") {
        home.sql("SELECT 1");
        auto options = home.options();
        // CREATE DATABASE goes alone.
        auto alone = PostgresHome::server().url();
        CHECK(std::system(("psql -q -X '" + alone +
                           "' -c \"CREATE DATABASE plain ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE "
                           "template0\"")
                              .c_str()) == 0);
        options.url = Secret(alone.replace(alone.find("/postgres"), 9, "/plain"));
        CHECK(holds(complaint([&] { open_postgres_store(options); }), "SQL_ASCII"));
    }
}

TEST_CASE("no complaint shows the password") {
    PostgresOptions options;
    for (const char* url :
         {"postgresql://courant:sesame@127.0.0.1:1/mail", "postgresql://courant:ses@sesame@/x",
          "sesame", "postgresql://u:sesame@host:port/x", "host=127.0.0.1 port=1 password=sesame",
          "postgresql://u:sesame@127.0.0.1:1/%zz"}) {
        options.url = Secret(url);
        const auto why = complaint([&] { open_postgres_store(options); });
        CHECK(why != "none");
        CHECK_MESSAGE(!holds(why, "sesame"), why);
        CHECK(!holds(postgres_place(options.url), "sesame"));
        CHECK(!holds(postgres_url_fault(options.url).value_or(""), "sesame"));
    }
    CHECK(postgres_place(Secret("postgresql://courant:sesame@db.example:5433/mail")) ==
          "postgresql://courant@db.example:5433/mail");
}

}  // namespace courant::test
