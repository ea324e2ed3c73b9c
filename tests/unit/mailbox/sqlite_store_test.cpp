// What only the store in a SQLite file promises: who may open it, versions, damage, full disks.
#include "proxy-core/mailbox/sqlite_store.hpp"

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/mailbox/detail/migrations.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"
#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {
namespace {

// The StoreError that an opening ends with.
struct Complaint {
    std::string text;
    bool worth_retrying = false;
    bool mentions(const std::string& part) const { return text.find(part) != std::string::npos; }
};

template <class F>
Complaint complaint_of(F attempt) {
    try {
        attempt();
    } catch (const StoreError& error) {
        return {error.what(), error.worth_retrying()};
    }
    return {"no StoreError", false};
}

void execute(const std::filesystem::path& path, const std::string& sql) {
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 1000);
    database.exec(sql);
}

// No file of this process may become longer than so many bytes, while this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    void (*signal_)(int);
    rlimit before_{};
};

// Enqueues until the store complains; how many were committed.
std::int64_t fill_up(Store& store, Complaint& complaint) {
    const std::string body(10'000, 'x');
    for (std::int64_t committed = 0; committed < 10'000; ++committed) {
        complaint = complaint_of([&] {
            store.commit([&](Mailboxes& m) {
                m.enqueue(outgoing("bmhs@coop.example", body), at(committed));
                m.set_cursor("roof", std::to_string(committed + 1));
            });
        });
        if (complaint.text != "no StoreError") return committed;
    }
    return -1;
}

// Everything that was committed is there, and nothing else.
void check_holds(Store& store, std::int64_t committed) {
    store.read([&](Mailboxes& m) {
        const auto lane = m.outgoing_lanes().at(0);
        CHECK(lane.waiting_messages == committed);
        CHECK(numbers(m.outbox(lane.lane, 0, everything)) == run(1, committed));
        CHECK(m.cursor("roof") == std::to_string(committed));
    });
}

}  // namespace

TEST_CASE("a second program on one store is refused and told who holds it") {
    const SqliteHome home;
    auto first = home.open({});
    const auto complaint = complaint_of([&] { home.open({}); });
    CHECK(complaint.mentions(home.path().string()));
    CHECK(complaint.mentions("process " + std::to_string(getpid()) + " runs on this store"));
    first.reset();
    CHECK_NOTHROW(home.open({}));
}

TEST_CASE("a subscription that a command makes beside the running program is another revision") {
    const SqliteHome home;
    const auto store = home.open({});
    const auto revision = [&] {
        return ask(*store, [](Mailboxes& m) { return m.subscriptions_revision(); });
    };
    const auto before = revision();
    CHECK(revision() == before);
    const auto command = home.open_shared();
    command->commit([](Mailboxes& m) {
        m.put_subscription({.id = 0,
                            .peer = jid("bmhs@coop.example"),
                            .series = "*",
                            .retain = "P3Y",
                            .grant = {},
                            .added_at = at(0)});
    });
    CHECK(revision() != before);
    CHECK(revision() == revision());
}

TEST_CASE("anybody can ask who runs on a store, and disturbs nobody by it") {
    const SqliteHome home;
    CHECK_FALSE(running_on(home.path()));
    auto program = home.open({});
    const auto command = home.open_shared();
    CHECK(running_on(home.path()) == getpid());
    program.reset();
    CHECK_FALSE(running_on(home.path()));
    std::atomic<bool> over{false};
    std::thread asks([&] {
        while (!over) running_on(home.path());
    });
    for (int i = 0; i < 50; ++i) CHECK_NOTHROW(home.open({}));
    over = true;
    asks.join();
}

TEST_CASE("another spelling of the path is the same store") {
    const SqliteHome home;
    const auto first = home.open({});
    const auto link = home.path().parent_path() / "link.db";
    std::filesystem::create_symlink(home.path(), link);
    CHECK(complaint_of([&] { open_sqlite_store(link); }).mentions("runs on this store"));
    const auto detour = home.path().parent_path() / "." / "store.db";
    CHECK(complaint_of([&] { open_sqlite_store(detour); }).mentions("runs on this store"));
}

TEST_CASE("commands work beside the running program") {
    const SqliteHome home;
    const auto program = home.open({});
    const auto command = home.open_shared();
    const auto other = home.open_shared();
    command->commit([](Mailboxes& m) { m.put_peer({jid("bmhs@coop.example"), false, at(0)}); });
    program->commit([](Mailboxes& m) { m.set_note("session", "online"); });
    other->commit([](Mailboxes& m) { m.put_peer({jid("a@coop.example"), false, at(0)}); });
    CHECK(ask(*program, [](Mailboxes& m) { return m.peers(); }).size() == 2);
    CHECK(ask(*command, [](Mailboxes& m) { return m.note("session"); }) == "online");
}

TEST_CASE("a reader sees one state, whatever is committed meanwhile") {
    const SqliteHome home;
    const auto program = home.open({});
    const auto command = home.open_shared();
    command->read([&](Mailboxes& m) {
        CHECK(m.counters().empty());
        program->commit([](Mailboxes& p) { p.add_to_counter("n", 1); });
        CHECK(m.counters().empty());
    });
    CHECK(ask(*command, [](Mailboxes& m) { return m.counters(); }).at("n") == 1);
}

TEST_CASE("a store locked for too long is a fault that passes") {
    const SqliteHome home;
    const auto program = home.open({});
    SqliteOptions options;
    options.ownership = Ownership::shared;
    options.patience = std::chrono::milliseconds(20);
    const auto command = open_sqlite_store(home.path(), options);
    const auto write = [&] { command->commit([](Mailboxes& m) { m.add_to_counter("n", 1); }); };
    program->commit([&](Mailboxes&) {
        const auto complaint = complaint_of(write);
        CHECK(complaint.worth_retrying);
        CHECK(complaint.mentions("another process"));
    });
    CHECK_NOTHROW(write());
}

TEST_CASE("the store is readable by its owner alone") {
    const SqliteHome home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) { m.set_cursor("roof", "1"); });
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) {
        struct stat status {};
        REQUIRE(stat((home.path().string() + suffix).c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a store of a newer version is refused") {
    const SqliteHome home;
    home.open({});
    execute(home.path(), "INSERT INTO migrations VALUES (99, 'from the future', 0)");
    const auto complaint = complaint_of([&] { home.open({}); });
    CHECK(complaint.mentions("version 99"));
    CHECK_FALSE(complaint.worth_retrying);
    CHECK(complaint_of([&] { home.open_shared(); }).mentions("version 99"));
}

TEST_CASE("an older store gets what it lacks, and keeps what it has") {
    const SqliteHome home;
    home.open({})->commit([](Mailboxes& m) { m.set_cursor("roof", "here"); });
    const auto present = detail::sqlite_migrations();
    const int newest = present.back().version;
    std::vector<detail::Migration> known(present.begin(), present.end());
    known.push_back({newest + 1, "colours",
                     "CREATE TABLE colours (name TEXT); INSERT INTO colours "
                     "SELECT source FROM cursors"});
    {
        detail::SqliteConnection connection(home.path(), {});
        detail::migrate(connection, known, at(1));
        detail::migrate(connection, known, at(2));
        const detail::Transaction transaction(connection, detail::Access::reading);
        CHECK(detail::schema_version(connection) == newest + 1);
        detail::Query colour(connection, "SELECT name FROM colours");
        REQUIRE(colour.step());
        CHECK(colour.text(0) == "roof");
        detail::Query row(connection,
                          "SELECT name, applied_at FROM migrations ORDER BY version DESC");
        REQUIRE(row.step());
        CHECK(row.text(0) == "colours");
        CHECK(row.time(1) == at(1));
    }
    CHECK(complaint_of([&] { home.open({}); }).mentions("Use the program that wrote it"));
}

TEST_CASE("a store from before packed packs keeps its peers and messages") {
    const SqliteHome home;
    {
        detail::SqliteConnection connection(home.path(), {});
        detail::migrate(connection, detail::sqlite_migrations().first(1), at(0));
    }
    execute(home.path(),
            "INSERT INTO peers (jid, relay, added_at) VALUES ('bmhs@coop.example', 1, 7);"
            "INSERT INTO lanes_out VALUES (1, 'L', 'bmhs@coop.example', 2, 0, 3);"
            "INSERT INTO outbox VALUES (1, 1, 1, 'P3Y', '', 'raw', '', 3, 5, CAST('<sensml/>' AS "
            "BLOB))");
    const auto store = home.open({});
    const auto peer =
        ask(*store, [](Mailboxes& m) { return m.find_peer(jid("bmhs@coop.example")); });
    REQUIRE(peer);
    CHECK(peer->relay);
    CHECK_FALSE(peer->xml_only);
    CHECK_FALSE(peer->packed);
    const auto messages = ask(*store, [](Mailboxes& m) { return m.outbox(LaneId{"L"}, 0, {}); });
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].body == "<sensml/>");
}

TEST_CASE("what ran before grants were kept goes on, under grants that say what they are") {
    const SqliteHome home;
    {
        detail::SqliteConnection connection(home.path(), {});
        detail::migrate(connection, detail::sqlite_migrations().first(4), at(0));
    }
    execute(home.path(),
            "INSERT INTO peers (jid, relay, added_at) VALUES ('bmhs@coop.example', 0, 0);"
            "INSERT INTO subscriptions (id, peer, series, retain, grant_ref, added_at) VALUES "
            "(7, 'bmhs@coop.example', '*/power', 'P2Y', '', 0);"
            "INSERT INTO lanes_out (id, lane, peer, next, acknowledged, waiting_records, "
            "waiting_bytes) VALUES (1, 'L', 'bmhs@coop.example', 3, 1, 1, 4);"
            "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
            "body) VALUES (1, 2, 'P2Y', '', 'raw', '', 1, 0, x'61626364')");
    const auto store = home.open_guarded({});
    store->commit([](Mailboxes& m) {
        const auto subscription = m.subscriptions().at(0);
        CHECK(subscription.grant == "before-7");
        const auto grant = m.access().find_grant("before-7");
        REQUIRE(grant);
        CHECK(grant->basis == LegalBasis::unrecorded);
        CHECK(grant->series == "*/power");
        CHECK(obstacle(*grant, at(0)).empty());
        const auto waiting = m.outbox(LaneId{"L"}, 0, {});
        REQUIRE(waiting.size() == 1);
        CHECK(waiting[0].body == "abcd");
        CHECK(m.access().void_lapsed(LaneId{"L"}, 0, 9, at(0)) == 0);
        // What waits can be put together with what follows.
        CHECK(m.replace_tail(LaneId{"L"}, 2, 2, waiting));
        m.enqueue({jid("bmhs@coop.example"), {.retain = "P2Y", .grant = "before-7"}, "x", 1},
                  at(1));
    });
}

TEST_CASE("a migration that fails leaves the old version, whole") {
    const SqliteHome home;
    home.open({});
    const auto present = detail::sqlite_migrations();
    std::vector<detail::Migration> known(present.begin(), present.end());
    const int newest = present.back().version;
    known.push_back({newest + 1, "good", "CREATE TABLE colours (name TEXT)"});
    known.push_back({newest + 2, "bad", "CREATE TABLE sounds (name TEXT); CREATE nonsense"});
    {
        detail::SqliteConnection connection(home.path(), {});
        CHECK_THROWS_AS(detail::migrate(connection, known, at(0)), StoreError);
        const detail::Transaction transaction(connection, detail::Access::reading);
        CHECK(detail::schema_version(connection) == newest);
        CHECK_FALSE(detail::Query(connection,
                                  "SELECT 1 FROM sqlite_master WHERE name IN ('colours', 'sounds')")
                        .step());
    }
    CHECK_NOTHROW(home.open({}));
}

TEST_CASE("a command does not migrate a store under a running program") {
    const SqliteHome home;
    const auto program = home.open({});
    execute(home.path(), "DELETE FROM migrations");
    CHECK(complaint_of([&] { home.open_shared(); }).mentions("runs on this store"));
}

TEST_CASE("what is no store of ours is refused and left as it was") {
    const SqliteHome home;
    SUBCASE("text") {
        std::ofstream(home.path()) << std::string(5000, 'x');
    }
    SUBCASE("the database of another program") {
        execute(home.path(), "CREATE TABLE theirs (x); PRAGMA application_id = 7");
    }
    SUBCASE("a database without an application id") {
        execute(home.path(), "CREATE TABLE theirs (x)");
    }
    const auto size = std::filesystem::file_size(home.path());
    const auto complaint = complaint_of([&] { home.open({}); });
    CHECK(complaint.mentions(home.path().string()));
    CHECK(complaint.mentions("Courant store"));
    CHECK_FALSE(complaint.worth_retrying);
    CHECK(std::filesystem::file_size(home.path()) == size);
    CHECK_FALSE(std::filesystem::exists(home.path().string() + "-wal"));
}

TEST_CASE("a damaged store says so instead of losing messages quietly") {
    const SqliteHome home;
    LaneId lane;
    lane = fill(*home.open({}), "bmhs@coop.example", 500, std::string(1000, 'x'));
    const auto size = std::filesystem::file_size(home.path());
    {
        std::fstream file(home.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(size / 2));
        for (std::uintmax_t i = size / 2; i < size; ++i) file.put('\xA5');
    }
    const auto complaint = complaint_of([&] {
        const auto store = home.open({});
        store->read([&](Mailboxes& m) { m.outbox(lane, 0, everything); });
    });
    CHECK(complaint.mentions(home.path().string()));
    CHECK(complaint.mentions("damaged"));
    CHECK_FALSE(complaint.worth_retrying);
}

TEST_CASE("a missing folder is named") {
    const TempDir dir;
    const auto complaint = complaint_of([&] { open_sqlite_store(dir / "nowhere" / "store.db"); });
    CHECK(complaint.mentions("nowhere"));
    CHECK(complaint.mentions("folder"));
    CHECK_FALSE(complaint.worth_retrying);
}

TEST_CASE("a store at its size loses nothing, and receipts make room") {
    const SqliteHome home;
    SqliteOptions options;
    options.max_bytes = 3 << 20;
    const auto store = open_sqlite_store(home.path(), options);
    home.lift_guard();
    Complaint complaint;
    const auto committed = fill_up(*store, complaint);
    REQUIRE(committed > 50);
    CHECK(complaint.worth_retrying);
    CHECK(complaint.mentions("no room left"));
    CHECK(complaint.mentions("3 MiB"));
    check_holds(*store, committed);

    // In a group, too, all that did not get room is told so.
    const Work large = [](Mailboxes& m) {
        m.enqueue(outgoing("bmhs@coop.example", std::string(100'000, 'x')), at(0));
    };
    const auto outcome = store->commit_together(std::vector<Work>(3, large));
    for (const auto& failure : outcome) CHECK(failure);
    check_holds(*store, committed);

    const auto lane = ask(*store, [](Mailboxes& m) { return m.outgoing_lanes(); }).at(0).lane;
    CHECK(commit(*store, [&](Mailboxes& m) { return m.acknowledge(lane, 50); }) == 50);
    const auto place = commit(*store, [](Mailboxes& m) {
        return m.enqueue(outgoing("bmhs@coop.example", "goes on"), at(0));
    });
    CHECK(place.second == committed + 1);
}

TEST_CASE("a full disk loses nothing, and the store goes on when there is room again") {
    const SqliteHome home;
    auto store = home.open({});
    Complaint complaint;
    std::int64_t committed = 0;
    {
        const FileSizeLimit full(4 << 20);
        committed = fill_up(*store, complaint);
        INFO(complaint.text);
        REQUIRE(committed > 50);
        CHECK(complaint.worth_retrying);
        CHECK(complaint.mentions("no room left"));
        CHECK(complaint.mentions(home.path().string()));
        check_holds(*store, committed);
        CHECK_THROWS_AS(store->commit([](Mailboxes& m) {
            // Who swallows the fault does not get half of a transaction committed.
            m.set_cursor("roof", "wrong");
            for (int i = 0; i < 100; ++i) {
                try {
                    m.enqueue(outgoing("bmhs@coop.example", std::string(100'000, 'x')), at(0));
                } catch (const StoreError&) {
                    continue;
                }
            }
            m.set_cursor("roof", "wrong again");
        }),
                        StoreError);
        check_holds(*store, committed);
    }
    const auto place = commit(*store, [](Mailboxes& m) {
        return m.enqueue(outgoing("bmhs@coop.example", "goes on"), at(0));
    });
    CHECK(place.second == committed + 1);
    store.reset();
    store = home.open({});
    CHECK(ask(*store, [&](Mailboxes& m) { return m.outbox(place.first, 0, everything); }).size() ==
          static_cast<std::size_t>(committed + 1));
}

}  // namespace courant::test
