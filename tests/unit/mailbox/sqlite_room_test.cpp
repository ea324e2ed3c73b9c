// What only the store in a SQLite file promises about its room: limits are known before they are
// met, and a file that was large gets small again.
#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "proxy-core/mailbox/detail/migrations.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"
#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {
namespace {

constexpr std::int64_t all_of_it = std::int64_t{1} << 30;

void execute(const std::filesystem::path& path, const std::string& sql) {
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 1000);
    database.exec(sql);
}

// A store as the first version made it, with three messages of 10,000 bytes and three readings in
// the outbox and as many in the inbox.
void make_first_version(const std::filesystem::path& path) {
    execute(path, fmt::format("PRAGMA application_id = {}", detail::store_application_id));
    {
        detail::SqliteConnection connection(path, {});
        detail::migrate(connection, detail::sqlite_migrations().first(1), at(0));
    }
    execute(path,
            "INSERT INTO lanes_out VALUES (1, 'L', 'bmhs@coop.example', 5, 1, 9);"
            "INSERT INTO lanes_out VALUES (2, 'M', 'empty@coop.example', 1, 0, 0);"
            "INSERT INTO lanes_in VALUES (1, 'bmhs@coop.example', 'N', 4, 3, 0);");
    for (int i = 1; i <= 3; ++i)
        execute(path,
                fmt::format("INSERT INTO outbox VALUES ({0}, 1, {0} + 1, 'P1Y', '', 'raw', '', 3, "
                            "{0}, zeroblob(10000));"
                            "INSERT INTO inbox VALUES ({0}, 1, {0}, 'P1Y', '', 'raw', '', 3, "
                            "3 * {0}, {0}, zeroblob(10000));",
                            i));
    execute(path, "UPDATE inbox_end SET position = 3, records = 9");
}

}  // namespace

TEST_CASE("a drained store gives its room back to the disk") {
    const SqliteHome home;
    LaneId lane;
    {
        const auto store = home.open({});
        lane = fill(*store, "bmhs@coop.example", 500, std::string(20'000, 'x'));
        store->commit([&](Mailboxes& m) { m.acknowledge(lane, 500); });
    }
    const auto full = std::filesystem::file_size(home.path());
    REQUIRE(full > 10'000'000);
    {
        const auto store = home.open({});
        const auto room = ask(*store, [](Mailboxes& m) { return m.room(); });
        CHECK(room.empty > 9'000'000);
        const auto back = commit(*store, [](Mailboxes& m) { return m.give_back(1'000'000); });
        CHECK(back >= 1'000'000);
        CHECK(back < 2'000'000);
        while (commit(*store, [](Mailboxes& m) { return m.give_back(4'000'000); }) > 0) continue;
        CHECK(ask(*store, [](Mailboxes& m) { return m.room(); }).empty == 0);
    }
    CHECK(std::filesystem::file_size(home.path()) < 500'000);
}

TEST_CASE("a store knows its own limit before it meets it") {
    const SqliteHome home;
    SqliteOptions options;
    options.max_bytes = 3 << 20;
    const auto store = open_sqlite_store(home.path(), options);
    home.lift_guard();
    const auto before = ask(*store, [](Mailboxes& m) { return m.room(); });
    REQUIRE(before.growth);
    CHECK(before.capacity == options.max_bytes);
    CHECK(*before.growth < options.max_bytes);
    fill(*store, "bmhs@coop.example", 100, std::string(10'000, 'x'));
    const auto after = ask(*store, [](Mailboxes& m) { return m.room(); });
    CHECK(*after.growth <= *before.growth - 1'000'000);
}

TEST_CASE("a store of the first version learns its sizes and how to shrink") {
    const SqliteHome home;
    make_first_version(home.path());
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto lanes = m.outgoing_lanes();
        REQUIRE(lanes.size() == 2);
        CHECK(lanes[0].waiting_messages == 3);
        CHECK(lanes[0].waiting_bytes == 30'000);
        CHECK(lanes[1].waiting_bytes == 0);
        CHECK(m.inbox_size(0) == InboxSize{3, 9, 30'000, Time(std::chrono::nanoseconds(1))});
        CHECK(m.inbox_size(1) == InboxSize{2, 6, 20'000, Time(std::chrono::nanoseconds(2))});
        CHECK(m.acknowledge(LaneId{"L"}, 4) == 3);
    });
    CHECK(commit(*store, [](Mailboxes& m) { return m.give_back(all_of_it); }) > 0);
    CHECK(ask(*store, [](Mailboxes& m) { return m.room(); }).empty == 0);
}

}  // namespace courant::test
