// Servers that lose, double, delay and reorder stanzas, between two real proxies on two real
// servers: the receiver's inbox is in the end that of a clean run.
//
//     COURANT_STANZAS=20000 COURANT_SEED=7 build/release/tests/faults/stanza_faults_test
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/codec.hpp"
#include "tests/faults/stanza_proxy.hpp"
#include "tests/support/proxy.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

constexpr int readings_in_a_message = 10;
// The last rows come one by one, in small messages that may be put together.
constexpr int live_rows = 250;
constexpr auto pace = 10ms;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// Two organisations, new for each run: a server may have kept something of the one before.
struct Stage {
    XmppServers servers;
    XmppServer& home = servers.add(ServerKind::prosody, "home.test", {{"home", "secret"}});
    XmppServer& coop = servers.add(ServerKind::ejabberd, "coop.test", {{"coop", "secret"}});
};

/// What an inbox holds, reading by reading: "lane 12 name time value".
using Inbox = std::vector<std::string>;

Inbox inbox_of(const Proxy& proxy) {
    SqliteOptions beside;
    beside.ownership = Ownership::shared;
    const auto store = open_sqlite_store(proxy / "store.sqlite", beside);
    Inbox readings;
    store->read([&](Mailboxes& m) {
        for (const Arrival& arrival :
             m.inbox(0, {.messages = 10'000'000, .bytes = std::int64_t{1} << 40})) {
            if (arrival.message.records == 0) continue;  // a notice
            senml::Pack pack;
            REQUIRE(BodyReader().read(arrival.message.body, Time{}, pack));
            for (const auto& record : pack.records())
                readings.push_back(fmt::format("{} {} {}", pack.name(record.name),
                                               record.time.time_since_epoch().count(),
                                               record.number));
        }
    });
    return readings;
}

/// What one run came to.
struct Outcome {
    Inbox inbox;
    StanzaFigures figures;
    std::int64_t repeated = 0;
};

void add_rows(const std::filesystem::path& csv, int from, int to) {
    std::ofstream out(csv, std::ios::app);
    if (from == 0) out << "t,a,b\n";
    for (int i = from; i < to; ++i)
        out << fmt::format("{},{},{}.125\n", 1'309'442'400 + 1800 * i, i, i * 7919 % 4000);
}

Outcome run(const StanzaFaults& faults, std::uint64_t seed, int rows) {
    Stage stage;
    const auto authority = stage.servers.root() / "ca";
    StanzaProxy near(stage.home, authority, faults, seed);
    StanzaProxy far(stage.coop, authority, faults, seed + 1000);
    Proxy home("home@home.test", "secret", stage.home, stage.servers.ca_file());
    Proxy coop("coop@coop.test", "secret", stage.coop, stage.servers.ca_file());
    home.set_server(near.address());
    coop.set_server(far.address());
    coop.configure("");
    const auto csv = home / "meter.csv";
    home.configure(fmt::format(
        "[limits]\nrecords_per_message = {}\nanswer_timeout = \"1s\"\nretry_first = \"50ms\"\n"
        "retry_max = \"1s\"\n\n[adapters.meter]\ntype = \"csv\"\npath = \"{}\"\n"
        "time_format = \"unix\"\nseries = [\n"
        "  {{ column = \"a\", name = \"{}/house@home.test/consumption/power\", unit = \"W\" }},\n"
        "  {{ column = \"b\", name = \"{}/house@home.test/pv/power\", unit = \"W\" }} ]\n\n"
        "[[extract]]\nadapter = \"meter\"\nevery = \"10ms\"\n",
        readings_in_a_message, csv.string(), home.jid(), home.jid()));
    home.expect({"peer", "add", coop.jid()});
    home.lets_have(coop.jid(), "*");
    coop.expect({"peer", "add", home.jid()});
    add_rows(csv, 0, rows - live_rows);
    coop.start();
    home.start();
    REQUIRE(wait_until([&] { return !inbox_of(coop).empty(); }));
    for (int row = rows - live_rows; row < rows; ++row) {
        add_rows(csv, row, row + 1);
        std::this_thread::sleep_for(pace);
    }
    const auto total = 2 * static_cast<std::size_t>(rows);
    const bool complete = wait_until(
        [&] { return inbox_of(coop).size() >= total && home.status()["outbox"]["messages"] == 0; },
        std::chrono::seconds(120 + rows / 50));
    if (!complete)
        MESSAGE(home.status().dump(1) << coop.status().dump(1) << tail(home / "log", 20));
    CHECK(home.status()["dead"] == 0);
    CHECK(coop.status()["dead"] == 0);
    near.heal();
    far.heal();
    CHECK(home.stop() == 0);
    CHECK(coop.stop() == 0);
    const StanzaFigures a = near.figures();
    const StanzaFigures b = far.figures();
    Outcome outcome{.inbox = inbox_of(coop),
                    .figures = {a.messages + b.messages, a.lost + b.lost, a.doubled + b.doubled,
                                a.delayed + b.delayed}};
    const auto counters = coop.status()["counters"];
    for (const auto& [name, value] : counters.items())
        if (name.starts_with("courant_messages_repeated_total"))
            outcome.repeated += value.get<std::int64_t>();
    return outcome;
}

}  // namespace

TEST_CASE("stanzas are lost, doubled, delayed and reordered: the inbox is that of a clean run") {
    const auto seed = from_environment("COURANT_SEED", std::random_device{}());
    const auto stanzas = static_cast<int>(from_environment("COURANT_STANZAS", 200));
    MESSAGE("COURANT_SEED=" << seed << " COURANT_STANZAS=" << stanzas);
    const int rows = live_rows + stanzas * readings_in_a_message / 2;
    const Outcome clean = run({}, seed, rows);
    CHECK(clean.inbox.size() == 2 * static_cast<std::size_t>(rows));
    CHECK(clean.figures.lost + clean.figures.doubled + clean.figures.delayed == 0);
    const Outcome bad = run({.lost = 0.05, .doubled = 0.05, .delayed = 0.1}, seed, rows);
    MESSAGE(bad.figures.messages << " messages, " << bad.figures.lost << " lost, "
                                 << bad.figures.doubled << " doubled, " << bad.figures.delayed
                                 << " delayed; " << bad.repeated
                                 << " came again and were recorded once");
    CHECK(bad.figures.lost > 0);
    CHECK(bad.figures.doubled > 0);
    CHECK(bad.figures.delayed > 0);
    CHECK(bad.repeated > 0);
    REQUIRE(bad.inbox.size() == clean.inbox.size());
    for (std::size_t i = 0; i < clean.inbox.size(); ++i) REQUIRE(bad.inbox[i] == clean.inbox[i]);
}
