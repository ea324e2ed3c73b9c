#include "jobs/extract.hpp"

#include <doctest/doctest.h>

#include "proxy-core/catalog/series_book.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

std::unique_ptr<ExtractJob> extract(Desk& desk, ScriptedSource::Pull pull) {
    return std::make_unique<ExtractJob>("roof", std::make_unique<ScriptedSource>(std::move(pull)),
                                        desk.outbound(), desk.logger());
}

}  // namespace

TEST_CASE("a first extraction of thousands goes portion by portion, each durable before the next") {
    Desk desk;
    desk.subscribe(subscription(coop));
    std::vector<std::string> cursors;
    const auto job = extract(desk, [&](std::string_view cursor, const Call&) {
        cursors.emplace_back(cursor);
        CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == cursor);
        return numbered(cursor, 1'700, 500);
    });
    int runs = 1;
    while (job->run(call()) == Progress::more) ++runs;
    CHECK(runs == 4);
    CHECK(cursors == std::vector<std::string>{"", "500", "1000", "1500"});
    CHECK(desk.outbox(coop) == run(1, 1'700));
}

TEST_CASE("while the store fails readings and cursor stay where they are, and nothing is lost") {
    Desk desk;
    desk.subscribe(subscription(coop));
    const auto job = extract(desk, [&](std::string_view cursor, const Call&) {
        if (cursor == "10") desk.faults().fail();  // between the pull and its commit
        return numbered(cursor, 30, 10);
    });
    CHECK(job->run(call()) == Progress::more);
    CHECK_THROWS_AS(job->run(call()), StoreError);
    desk.faults().mend();
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "10");
    CHECK(desk.outbox(coop) == run(1, 10));
    desk.faults().mend();
    const auto again = extract(
        desk, [](std::string_view cursor, const Call&) { return numbered(cursor, 30, 10); });
    while (again->run(call()) == Progress::more) {
    }
    CHECK(desk.outbox(coop) == run(1, 30));
}

TEST_CASE("while the store is full the source is left alone, and is asked again once it is not") {
    Desk desk;
    desk.subscribe(subscription(coop));
    int pulls = 0;
    const auto job = extract(desk, [&](std::string_view cursor, const Call&) {
        ++pulls;
        return numbered(cursor, 10, 10);
    });
    desk.shut("no room left");
    CHECK_THROWS_AS(job->run(call()), StoreError);
    CHECK(pulls == 0);
    desk.shut("");
    CHECK(job->run(call()) == Progress::done);
    CHECK(desk.outbox(coop) == run(1, 10));
}

TEST_CASE("a portion that has no place is asked for again in halves") {
    Desk desk;
    desk.subscribe(subscription(coop));
    std::vector<std::size_t> asked;
    const auto job = extract(desk, [&](std::string_view cursor, const Call& call) {
        asked.push_back(call.max_readings);
        return numbered(cursor, 2000,
                        static_cast<int>(std::min<std::size_t>(call.max_readings, 1600)));
    });
    desk.shut("no room left");
    desk.makes_room_for(3000);  // between 400 and 800 readings
    CHECK_THROWS_AS(job->run(call()), NoRoom);
    CHECK_THROWS_AS(job->run(call()), NoRoom);
    CHECK(job->run(call()) == Progress::more);
    desk.shut("");
    while (job->run(call()) == Progress::more) continue;
    CHECK(asked == std::vector<std::size_t>{10'000, 800, 400, 800, 1600});
    CHECK(desk.outbox(coop) == run(1, 2000));
}

TEST_CASE("a source that fails leaves the cursor where it is") {
    Desk desk;
    desk.subscribe(subscription(coop));
    bool away = false;
    const auto job = extract(desk, [&](std::string_view cursor, const Call&) -> Extraction {
        if (away) throw Error("the app is away", Retry::worthwhile);
        away = true;
        return numbered(cursor, 20, 10);
    });
    job->run(call());
    CHECK_THROWS_AS(job->run(call()), Error);
    away = false;
    job->run(call());
    CHECK(desk.outbox(coop) == run(1, 20));
}

TEST_CASE("as long as nobody has subscribed nothing is taken, and that is told once") {
    Desk desk;
    int pulls = 0;
    const auto job = extract(desk, [&](std::string_view cursor, const Call&) {
        ++pulls;
        return numbered(cursor, 5, 5);
    });
    CHECK(job->run(call()) == Progress::done);
    CHECK(job->run(call()) == Progress::done);
    // One look, for the catalog: it knows the series, and counts nothing twice.
    CHECK(pulls == 1);
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }).empty());
    const auto seen = desk.tally()->take(9);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].unit == "W");
    CHECK(seen[0].readings == 0);
    const auto stored = desk.ask([&](Mailboxes& m) {
        m.series().note(seen[0]);
        return m.series().page("", 9);
    });
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].name == seen[0].name);
    const std::string line = "nothing is extracted: nobody has subscribed";
    CHECK(desk.log().find(line) != std::string::npos);
    CHECK(desk.log().find(line) == desk.log().rfind(line));
    desk.subscribe(subscription(coop));
    job->run(call());
    CHECK(desk.outbox(coop) == run(1, 5));
}

TEST_CASE("the cursor moves over what was refused or wanted by nobody") {
    Desk desk;
    desk.subscribe(subscription(coop, "*/index"));
    const auto job = extract(desk, [](std::string_view cursor, const Call&) {
        Extraction extraction;
        extraction.cursor = "2";
        if (cursor.empty()) extraction.refused = {{"line 1", "no number", "x"}};
        if (cursor.empty()) extraction.readings = readings(1);
        return extraction;
    });
    CHECK(job->run(call()) == Progress::done);
    CHECK(desk.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "2");
    CHECK(desk.dead().size() == 1);
    CHECK(desk.outbox(coop).empty());
}

TEST_CASE("a crash after the commit repeats nothing: the next process goes on behind it") {
    Desk desk;
    desk.subscribe(subscription(coop));
    const auto pull = [](std::string_view cursor, const Call&) { return numbered(cursor, 20, 10); };
    extract(desk, pull)->run(call());
    desk.reopen();
    extract(desk, pull)->run(call());
    CHECK(desk.outbox(coop) == run(1, 20));
}

TEST_CASE("the job's name is the adapter's") {
    Desk desk;
    CHECK(extract(desk, {})->name() == "extract roof");
}
