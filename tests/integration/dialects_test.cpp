// Peers that do not speak our protocol, at real servers: a Quoalise client, and whoever subscribes
// to a XEP-0060 node. Both are scripts on slixmpp that hold no line of ours.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;

namespace {

constexpr int rows = 96;

bool has_slixmpp() {
    if (run_to_end({"/usr/bin/python3", "-c", "import slixmpp"}, "/dev/null") == 0) return true;
    MESSAGE("python3-slixmpp is not installed: clients of other makes are not tested");
    return false;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool is_reading(const std::string& line) {
    return line.starts_with("20");
}

/// A home with a meter and a publish-subscribe service, and alice at another organisation, whose
/// server keeps messages for her.
struct Town {
    Town()
        : home_server(servers.add_stopped(ServerKind::prosody, "home.test",
                                          {{"home", "secret"}, {"visitor", "secret"}})),
          alice_server(
              servers.add_stopped(ServerKind::prosody, "alice.test", {{"alice", "secret"}})),
          home("home@home.test", "secret", home_server, servers.ca_file()),
          household(made_up(home / "meter.csv", rows / 2, home.jid())) {
        servers.configure("home.test",
                          "Component \"pubsub.home.test\" \"pubsub\"\n"
                          "admins = { \"home@home.test\" }\n");
        servers.configure("alice.test", "modules_enabled = { \"offline\" }\n");
        home_server.start();
        alice_server.start();
        home.configure(household.adapter +
                       "[limits]\nretry_first = \"50ms\"\nretry_max = \"500ms\"\n"
                       "[quoalise]\nresource = \"proxy\"\n"
                       "[[quoalise.map]]\nidentifier = \"urn:dev:prm:1_consumption\"\nseries = \"" +
                       consumption + "\"\n[[quoalise.map]]\nidentifier = \"urn:dev:prm:1_pv\"\n" +
                       "series = \"" + pv + "\"\n");
    }

    void admit_alice() {
        home.expect({"peer", "add", alice, "--dialect", "quoalise"});
        home.expect({"grant", "add", alice, "*/consumption/*", "--purpose", "test", "--basis",
                     "not-personal"});
    }
    void start_home() {
        const auto begun = sessions();
        home.start();
        REQUIRE(wait_until([&] { return sessions() > begun; }));
    }
    std::ptrdiff_t sessions() const {
        const auto lines = lines_of(home.log());
        return std::ranges::count_if(lines, [](const std::string& line) {
            return line.find("session began") != std::string::npos;
        });
    }
    std::vector<std::string> client(const std::string& word) const {
        return {"/usr/bin/python3",
                COURANT_QUOALISE_CLIENT,
                word,
                alice_server.address(),
                servers.ca_file().string(),
                alice,
                "secret"};
    }
    /// What alice is told when she runs a command of the client.
    std::string does(const std::string& word, const std::vector<std::string>& more) const {
        auto arguments = client(word);
        arguments.push_back("home@home.test/proxy");
        arguments.insert(arguments.end(), more.begin(), more.end());
        // What the library remarks is none of the answer.
        std::vector<std::string> quiet{"sh", "-c", "err=$1; shift; exec \"$@\" 2>\"$err\"", "quiet",
                                       (home / "client.err").string()};
        quiet.insert(quiet.end(), arguments.begin(), arguments.end());
        const int code = run_to_end(quiet, home / "client.out");
        CHECK_MESSAGE(code == 0, read_file(home / "client.err"));
        return read_file(home / "client.out");
    }
    /// Alice listens for so many records; what she reads goes to the file.
    Process listen(int records, const std::filesystem::path& file) const {
        auto arguments = client("listen");
        arguments.push_back(std::to_string(records));
        Process process(arguments, file);
        REQUIRE(wait_until([&] { return read_file(file).find("listening") != std::string::npos; }));
        return process;
    }
    /// What the client should print of rows `from` to `to` of the consumption.
    std::vector<std::string> records(std::size_t from, std::size_t to) const {
        std::vector<std::string> out;
        const auto& all = household.expected.at(consumption);
        for (std::size_t i = from; i < to; ++i) {
            const std::string& line = all.at(i);
            const auto comma = line.find(',');
            out.push_back(fmt::format("{}+00:00 {:.1f} W urn:dev:prm:1_consumption",
                                      line.substr(0, comma - 1),
                                      std::stod(line.substr(comma + 1))));
        }
        return out;
    }
    /// The meter goes on: half a day more in its file.
    void meter_goes_on(int to) {
        const int from = static_cast<int>(household.expected.at(consumption).size());
        std::filesystem::create_directories(home / "next");
        household = made_up(home / "next/meter.csv", to, home.jid());
        const auto lines = lines_of(read_file(home / "next/meter.csv"));
        std::string more;
        for (int row = from; row < to; ++row)
            more += lines.at(static_cast<std::size_t>(row) + 1) + '\n';
        std::ofstream(home / "meter.csv", std::ios::app) << more;
    }
    /// Whether her server keeps something for her.
    bool kept_for_alice() const {
        return std::filesystem::exists(servers.root() /
                                       "alice.test/data/alice%2etest/offline/alice.list");
    }
    bool outbox_is_empty() const { return home.status()["outbox"]["messages"] == 0; }

    const std::string alice = "alice@alice.test";
    const std::string consumption = "home@home.test/house@home.test/consumption/power";
    const std::string pv = "home@home.test/house@home.test/pv/power";
    XmppServers servers;
    XmppServer& home_server;
    XmppServer& alice_server;
    Proxy home;
    Household household;
};

std::vector<std::string> readings_in(const std::filesystem::path& file) {
    auto lines = lines_of(read_file(file));
    std::erase_if(lines, [](const std::string& line) { return !is_reading(line); });
    return lines;
}

}  // namespace

TEST_CASE("a Quoalise client subscribes, gets what comes while it listens and while it is away") {
    if (!has_slixmpp()) return;
    Town town;
    town.admit_alice();
    town.start_home();
    const auto live = town.home / "live";
    auto listening = town.listen(rows / 2, live);
    CHECK(town.does("subscribe", {"urn:dev:prm:1_consumption"}) == "Success\n");
    CHECK(listening.wait(std::chrono::seconds(60)) == 0);
    CHECK(readings_in(live) == town.records(0, rows / 2));
    CHECK(read_file(live).find("late") == std::string::npos);

    // Nobody is there: her server keeps what comes.
    town.meter_goes_on(rows);
    REQUIRE(wait_until([&] { return town.kept_for_alice() && town.outbox_is_empty(); }));
    auto again = town.listen(rows / 2, town.home / "stored");
    CHECK(again.wait(std::chrono::seconds(60)) == 0);
    CHECK(readings_in(town.home / "stored") == town.records(rows / 2, rows));
    CHECK(read_file(town.home / "stored").find("late") != std::string::npos);

    // Ended, by its device; and again, which changes nothing.
    CHECK(town.does("form", {"unsubscribe", "urn:dev:prm:1"}) == "Success\n");
    CHECK(town.does("unsubscribe", {"urn:dev:prm:1_consumption"}) == "Success\n");
    CHECK(nlohmann::json::parse(town.home.expect({"subscription", "list", "--json"})).empty());
}

TEST_CASE("a Quoalise client is told in its own shapes what it may not, and why") {
    if (!has_slixmpp()) return;
    Town town;
    town.start_home();
    const auto subscribe = [&](const std::string& identifier) {
        return town.does("subscribe", {identifier});
    };
    CHECK(subscribe("urn:dev:prm:1_consumption").starts_with("ERROR not-authorized: "));
    town.admit_alice();
    CHECK(subscribe("urn:dev:prm:1_pv").starts_with("ERROR not-authorized: No consent registered"));
    CHECK(subscribe("random_stuff") ==
          "ERROR bad-request: Subscription to random_stuff is not supported\n");
    CHECK(town.does("unsubscribe", {"nope"}) ==
          "ERROR bad-request: nope measurement is not known\n");
    CHECK(town.does("form", {"subscribe", "urn:dev:prm:1_consumption"}) == "Success\n");
    CHECK(subscribe("urn:dev:prm:1_consumption") == "Success\n");
}

TEST_CASE("a push that the client could not read is set aside, and those after it go") {
    if (!has_slixmpp()) return;
    Town town;
    town.admit_alice();
    town.start_home();
    const auto file = town.home / "refusing";
    Process refusing(town.client("refuse"), file);
    REQUIRE(wait_until([&] { return read_file(file).find("listening") != std::string::npos; }));
    CHECK(town.does("subscribe", {"urn:dev:prm:1_consumption"}) == "Success\n");
    CHECK(refusing.wait(std::chrono::seconds(60)) == 0);
    REQUIRE(wait_until([&] {
        return town.home.expect({"dead", "list"}).find("Slixmpp got into trouble") !=
               std::string::npos;
    }));
    auto listening = town.listen(rows / 2, town.home / "after");
    town.meter_goes_on(rows);
    CHECK(listening.wait(std::chrono::seconds(60)) == 0);
    CHECK(readings_in(town.home / "after") == town.records(rows / 2, rows));
}

TEST_CASE("whoever subscribes to a node gets open data, and knows nothing of us") {
    if (!has_slixmpp()) return;
    Town town;
    town.start_home();
    const auto file = town.home / "followed";
    Process follower({"/usr/bin/python3", COURANT_PUBSUB_SUBSCRIBER, town.home_server.address(),
                      town.servers.ca_file().string(), "visitor@home.test", "secret",
                      "pubsub.home.test", "roof", std::to_string(rows)},
                     file);
    town.home.expect({"publish", "add", town.pv, "--node", "roof", "--licence", "CC-BY-4.0"});
    REQUIRE(wait_until([&] { return read_file(file).find("CC-BY-4.0") != std::string::npos; }));
    town.meter_goes_on(rows);
    CHECK(follower.wait(std::chrono::seconds(60)) == 0);
    std::string values;
    for (const std::string& line : lines_of(read_file(file))) {
        const std::string head = "CC-BY-4.0 " + town.pv + " W";
        if (!line.starts_with("CC-BY")) continue;
        CHECK(line.starts_with(head));
        values += line.substr(head.size());
    }
    std::string expected;
    for (const std::string& line : town.household.expected.at(town.pv)) {
        const auto comma = line.find(',');
        expected += ' ' + line.substr(comma + 1, line.rfind(',') - comma - 1);
    }
    CHECK(values == expected);
    REQUIRE(wait_until([&] { return town.outbox_is_empty(); }));

    // Where we may not publish, everything stays.
    town.home.expect({"publish", "add", town.consumption, "--node", "forbidden", "--service",
                      "pubsub.alice.test"});
    REQUIRE(wait_until([&] { return town.home.status()["outbox"]["messages"] != 0; }));
    CHECK(town.home.expect({"dead", "list", "--json"}) == "[]\n");
}
