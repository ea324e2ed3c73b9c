// A peer comes back after a long time, and a year's backlog goes to it while live readings go to
// another and to itself.
//
//     COURANT_FAULT_SERIES=40
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/faults/feeder.hpp"
#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int quarter_hours_of_a_year = 35'040;

std::string in_ms(const std::vector<double>& seconds) {
    return fmt::format("p50 {:.0f} ms, p99 {:.0f} ms ({})", 1000 * quantile(seconds, 0.5),
                       1000 * quantile(seconds, 0.99), seconds.size());
}

}  // namespace

TEST_CASE(
    "a year's backlog drains: live readings of another lane do not wait behind it, and those of "
    "its "
    "own come after it, in order") {
    if (!servers_installed()) return;
    Stage stage({.limits = ""});
    XmppServer& third =
        stage.servers.add(ServerKind::prosody, "analyst.test", {{"analyst", "secret"}});
    Proxy analyst("analyst@analyst.test", "secret", third, stage.servers.ca_file());
    analyst.configure(stage.limits());
    analyst.expect({"peer", "add", stage.home.jid()});
    const auto series = static_cast<int>(asked("COURANT_FAULT_SERIES", std::int64_t{4}));
    Ledger year(stage.home / "year.csv", "year", stage.home.jid(), series);
    Ledger live(stage.home / "live.csv", "live", stage.home.jid(), 1);
    year.grow(quarter_hours_of_a_year);
    stage.extract({&year, &live}, "20ms");
    stage.home.expect({"peer", "add", analyst.jid()});
    stage.home.lets_have(analyst.jid(), year.pattern());
    stage.home.lets_have(analyst.jid(), live.pattern());
    stage.home.lets_have(stage.coop.jid(), live.pattern());

    // The analyst is away while the year comes together.
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return stage.home.status()["outbox"]["readings"] == year.readings(); },
                       std::chrono::seconds(300)));
    Feeder feeder(live, milliseconds(25), [](Ledger& source) { source.grow_now(); });
    REQUIRE(stage.wait_for(50));
    const auto quiet = std::chrono::system_clock::now();
    REQUIRE(stage.wait_for(feeder.readings() + 100));
    const auto drain_begins = std::chrono::system_clock::now();
    const auto begin = Clock::now();
    analyst.start();
    const auto drained = [&] { return stage.received(analyst); };
    REQUIRE(
        wait_until([&] { return drained() >= year.readings() / 2; }, std::chrono::seconds(300)));
    const std::int64_t live_by_half = feeder.readings();
    REQUIRE(wait_until([&] { return drained() >= year.readings(); }, std::chrono::seconds(300)));
    const double seconds = seconds_since(begin);
    const auto drain_ends = std::chrono::system_clock::now();
    // The other lane has kept up: what was made by half time is there at the end, but for a few
    // that may be between file and outbox.
    constexpr std::int64_t on_their_way = 4;
    CHECK(stage.received() >= live_by_half - on_their_way);
    REQUIRE(stage.wait_for(feeder.readings() + 40));
    feeder.stop();
    REQUIRE(stage.wait_for(live.readings()));
    CHECK(wait_until([&] { return drained() >= year.readings() + live.readings(); }));

    std::vector<double> before, during, own;
    stage.in_store(stage.coop, [&](Mailboxes& m) {
        before = live.delays(m, quiet, drain_begins);
        during = live.delays(m, drain_begins, drain_ends);
    });
    stage.in_store(analyst, [&](Mailboxes& m) { own = live.delays(m, drain_begins, drain_ends); });
    CHECK(stage.audit(live) == live.all_once());
    CHECK(stage.audit(live, analyst) == live.all_once());
    CHECK(stage.audit(year, analyst) == year.all_once());
    tell("backlog",
         fmt::format("{} readings in {:.1f} s ({:.0f}/s); live on another lane: before "
                     "{}, during {}; on its own lane, behind it: {}",
                     year.readings(), seconds, static_cast<double>(year.readings()) / seconds,
                     in_ms(before), in_ms(during), in_ms(own)));
}
