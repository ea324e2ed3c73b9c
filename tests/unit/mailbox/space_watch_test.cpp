#include "proxy-core/mailbox/space_watch.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {
namespace {

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;

/// A store that may take 8 MiB and keeps 1 MiB of them in reserve.
struct Shelf {
    SqliteHome home;
    std::unique_ptr<Store> store = home.open({});
    std::ostringstream log;
    Counters counters;
    SpaceWatch watch{{.reserve_bytes = mebibyte, .max_bytes = 8 * mebibyte},
                     Logger(LogLevel::info, LogFormat::text, log),
                     counters};
    std::int64_t seconds = 0;

    /// Puts a message of 20,000 bytes into the outbox, if it is admitted.
    bool puts() {
        return commit(*store, [&](Mailboxes& m) {
            if (!watch.obstacle(m, 20'500, at(seconds)).empty()) return false;
            m.enqueue(outgoing("bmhs@coop.example", std::string(20'000, 'x')), at(seconds));
            return true;
        });
    }
    std::int64_t fills() {
        std::int64_t messages = 0;
        while (puts()) ++messages;
        return messages;
    }
    void acknowledges(Seq through) {
        store->commit([&](Mailboxes& m) {
            m.acknowledge(m.outgoing_lanes().at(0).lane, through);
            // As housekeeping does it, now and then.
            watch.look(m, at(++seconds));
        });
    }
    std::string note() {
        return ask(*store, [](Mailboxes& m) { return m.note(space_note); });
    }
    StoreRoom room() {
        return ask(*store, [](Mailboxes& m) { return m.room(); });
    }
};

std::size_t lines_with(const std::string& log, std::string_view text) {
    std::size_t lines = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++lines;
    return lines;
}

}  // namespace

TEST_CASE("what comes in stops before the reserve is touched, and says so once") {
    Shelf shelf;
    CHECK(shelf.note().empty());
    const auto messages = shelf.fills();
    CHECK(messages > 250);
    const auto room = shelf.room();
    CHECK(room.bytes - room.empty <= 7 * mebibyte + 40'000);
    CHECK(room.bytes - room.empty > 6 * mebibyte);
    for (int i = 0; i < 10; ++i) CHECK_FALSE(shelf.puts());
    CHECK(shelf.note().find("reserve of 1024 KiB") != std::string::npos);
    CHECK(shelf.counters.get("courant_space_stops_total").value() == 1);
    CHECK(lines_with(shelf.log.str(), "fault begins") == 1);
}

TEST_CASE("what has no place at once is refused alone: smaller things still come in") {
    Shelf shelf;
    const auto why = [&](std::int64_t bytes) {
        return commit(*shelf.store,
                      [&](Mailboxes& m) { return shelf.watch.obstacle(m, bytes, at(0)); });
    };
    CHECK(why(5 * mebibyte).empty());
    CHECK(why(20 * mebibyte).find("20480 KiB at once have no place") != std::string::npos);
    CHECK(shelf.note().empty());
    CHECK(shelf.puts());
    CHECK(shelf.log.str().empty());
}

TEST_CASE("it begins again by itself, once there is a quarter more than the reserve") {
    Shelf shelf;
    const auto messages = shelf.fills();
    // 40,000 bytes are free again, and then 300,000.
    shelf.acknowledges(2);
    CHECK_FALSE(shelf.puts());
    CHECK_FALSE(shelf.note().empty());
    shelf.acknowledges(15);
    CHECK(shelf.note().empty());
    CHECK(shelf.puts());
    CHECK(lines_with(shelf.log.str(), "fault is over") == 1);
    CHECK(shelf.fills() > 10);
    CHECK(lines_with(shelf.log.str(), "fault begins") == 2);
    CHECK(messages > 250);
}

TEST_CASE("the note tells the truth after a commit that failed, and after a new start") {
    Shelf shelf;
    shelf.fills();
    const auto note = shelf.note();
    shelf.store->commit([](Mailboxes& m) { m.set_note(space_note, ""); });
    shelf.store->commit([&](Mailboxes& m) { shelf.watch.look(m, at(1)); });
    CHECK(shelf.note() == note);
    SpaceWatch roomy({.reserve_bytes = 0}, Logger(LogLevel::info, LogFormat::text, shelf.log),
                     shelf.counters);
    shelf.store->commit([&](Mailboxes& m) { roomy.look(m, at(1)); });
    CHECK(shelf.note().empty());
}

TEST_CASE("a clock that is set back does not keep the watch from looking") {
    Shelf shelf;
    shelf.seconds = 1'000'000;
    CHECK(shelf.puts());
    shelf.seconds = 0;
    std::int64_t messages = 0;
    while (messages < 1'000 && shelf.puts()) ++messages;
    CHECK(messages < 400);
}

TEST_CASE("what is free is what the disk, the own limit and the empty pages leave") {
    StoreRoom room{.bytes = 100, .empty = 30, .growth = 1000, .capacity = 5000};
    CHECK(free_bytes(room, {}) == 1030);
    CHECK(free_bytes(room, {.max_bytes = 150}) == 80);
    CHECK(free_bytes(room, {.max_bytes = 50}) == 30);
    room.growth.reset();
    CHECK_FALSE(free_bytes(room, {}));
    CHECK(free_bytes(room, {.max_bytes = 150}) == 80);
}

TEST_CASE("the reserve is the larger of bytes and percent, and never more than a quarter") {
    StoreRoom room{.bytes = 0, .empty = 0, .growth = 0, .capacity = 100'000};
    CHECK(reserve_of(room, {.reserve_bytes = 10}) == 10);
    CHECK(reserve_of(room, {.reserve_bytes = 10, .reserve_percent = 20}) == 20'000);
    CHECK(reserve_of(room, {.reserve_bytes = 90'000}) == 25'000);
    CHECK(reserve_of(room, {.reserve_bytes = 90'000, .max_bytes = 1'000}) == 250);
    room.capacity.reset();
    CHECK(reserve_of(room, {.reserve_bytes = 90'000}) == 90'000);
}

}  // namespace courant::test
