// The past of a series, asked across two real servers: by our own command, and by what the deployed
// Quoalise client sends.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;

namespace {

constexpr int rows = 4000;

/// A home with a file and a running proxy, and a cooperative beside which an analyst sits; each has
/// a Prosody.
struct Town {
    Town()
        : home_server(servers.add(ServerKind::prosody, "home.test", {{"home", "secret"}})),
          coop_server(servers.add(ServerKind::prosody, "coop.test",
                                  {{"coop", "secret"}, {"alice", "secret"}})),
          home("home@home.test", "secret", home_server, servers.ca_file()),
          coop("coop@coop.test", "secret", coop_server, servers.ca_file()),
          household(made_up(home / "meter.csv", rows, home.jid())) {
        home.configure(household.adapter +
                       "[quoalise]\nresource = \"proxy\"\n"
                       "[[quoalise.map]]\nidentifier = \"urn:dev:prm:1_consumption\"\nseries = \"" +
                       consumption + "\"\n[[quoalise.map]]\nidentifier = \"urn:dev:prm:1_pv\"\n" +
                       "series = \"" + pv + "\"\n");
        coop.configure("");
        coop.expect({"peer", "add", "home@home.test"});
    }

    /// Lets somebody read the consumption.
    void admit(const std::string& whom) {
        home.expect({"peer", "add", whom});
        home.lets_have(whom, "*/consumption/*");
    }
    void start_home() {
        home.start();
        REQUIRE(wait_until([&] { return home.log().find("session began") != std::string::npos; }));
    }
    Answer history(std::vector<std::string> words) const {
        words.insert(words.begin(), {"history", "home@home.test"});
        return coop.command(words);
    }
    /// What a file of the consumption holds in CSV between two times, as text.
    std::string csv_between(const std::string& from, const std::string& to) const {
        std::string csv = "time,value,unit\n";
        for (const std::string& line : household.expected.at(consumption))
            if (line >= from && line < to) csv += line + '\n';
        return csv;
    }

    const std::string consumption = "home@home.test/house@home.test/consumption/power";
    const std::string pv = "home@home.test/house@home.test/pv/power";
    XmppServers servers;
    XmppServer& home_server;
    XmppServer& coop_server;
    Proxy home, coop;
    Household household;
};

int lines_in(const std::string& text) {
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("R5.3: a range comes across both servers as CSV, whole, in order, with every bit") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    const auto all = town.history({town.consumption, "--from", "2011-01-01", "--to", "2012-01-01"});
    INFO(all.err);
    CHECK(all.code == 0);
    CHECK(all.out == town.csv_between("2011", "2012"));
    CHECK(lines_in(all.out) == rows + 1);

    // More than one answer holds, in one portion.
    const auto at_once = town.history(
        {town.consumption, "--from", "2011-01-01", "--to", "2012-01-01", "--days", "400"});
    CHECK(at_once.out == all.out);

    // From a time to another one, which is not in it; beside a running proxy of the asker's.
    town.coop.start();
    REQUIRE(wait_until([&] { return town.coop.log().find("session began") != std::string::npos; }));
    const auto part = town.history(
        {town.consumption, "--from", "2011-07-03T00:00:00Z", "--to", "2011-07-04T02:00:00+02:00"});
    CHECK(part.out == town.csv_between("2011-07-03", "2011-07-04T00:00:00Z"));
    CHECK(lines_in(part.out) == 49);
}

TEST_CASE("a file is gone on with behind its last reading, in every format") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    for (const std::string format : {"csv", "ndjson", "senml"}) {
        CAPTURE(format);
        const auto whole = town.coop / ("whole." + format);
        const auto parts = town.coop / ("parts." + format);
        const auto get = [&](const std::filesystem::path& file, const std::string& to) {
            const auto answer = town.history({town.consumption, "--from", "2011-07-01", "--to", to,
                                              "--format", format, "-o", file.string()});
            INFO(answer.err);
            CHECK(answer.code == 0);
        };
        get(whole, "2011-08-15");
        get(parts, "2011-07-10");
        // As a run that was killed while it wrote would leave it.
        std::string cut = read_file(parts);
        cut.resize(cut.size() - 20);
        write_file(parts, cut);
        get(parts, "2011-08-15");
        CHECK(read_file(parts) == read_file(whole));
        CHECK(lines_in(read_file(whole)) > 1000);
        get(parts, "2011-08-15");
        CHECK(read_file(parts) == read_file(whole));
    }
    CHECK(run_to_end({COURANT_BINARY, "senml", "validate", (town.coop / "whole.senml").string()},
                     town.coop / "validated") == 0);
    const auto foreign = town.history({town.consumption, "--from", "2011-07-01", "--format", "csv",
                                       "-o", (town.coop / "whole.senml").string()});
    CHECK(foreign.code == 1);
    CHECK(foreign.err.find("whole.senml") != std::string::npos);
}

TEST_CASE("from what is there to a CSV in two commands, and who is who") {
    Town town;
    town.home.configure(town.household.adapter +
                        "[[series]]\nseries = '*/consumption/*'\nmeaning = 'mean'\nperiod = "
                        "'PT30M'\nlicence = 'CC0'\nsample = true\n"
                        "[organisation]\nname = 'The household'\nposition = '47.75, -3.37'\n"
                        "code_of_conduct = '2026-1'\nlisted = true\n");
    town.admit("coop@coop.test");
    town.home.expect({"subscription", "add", "coop@coop.test", "*/consumption/*"});
    town.start_home();
    const auto catalog = [&] {
        const auto answer = town.coop.command({"catalog", "home@home.test", "--json"});
        INFO(answer.err);
        REQUIRE(answer.code == 0);
        return nlohmann::json::parse(answer.out);
    };
    // What is counted becomes part of the catalog with the housekeeping.
    REQUIRE(wait_until([&] {
        const auto rows = catalog();
        return rows.size() == 1 && !rows[0]["from"].is_null() && rows[0]["sample"].size() == 4;
    }));
    const auto row = catalog()[0];
    CHECK(row["series"] == town.consumption);
    CHECK(row["meaning"] == "mean");
    CHECK(row["unit"] == "W");
    CHECK(row["licence"] == "CC0");
    CHECK(row["grant"]["purpose"].is_string());
    CHECK(row["sample"][0]["time"] == "2000-01-01T00:00:00Z");
    const auto csv = town.history({row["series"], "--from", row["from"], "--format", "csv", "-o",
                                   (town.coop / "house.csv").string()});
    INFO(csv.err);
    CHECK(csv.code == 0);
    CHECK(read_file(town.coop / "house.csv") == town.csv_between("2011", "2012"));

    const auto directory = town.coop.command({"directory", "--geojson"});
    INFO(directory.err);
    CHECK(directory.code == 0);
    const auto map = nlohmann::json::parse(directory.out);
    REQUIRE(map["features"].size() == 1);
    CHECK(map["features"][0]["geometry"]["coordinates"] == nlohmann::json{-3.37, 47.75});
    CHECK(map["features"][0]["properties"]["name"] == "The household");
    CHECK(map["features"][0]["properties"]["through"] == nlohmann::json{"home@home.test"});

    // A running proxy remembers who its peers are.
    town.coop.start();
    CHECK(wait_until([&] {
        const auto peers = nlohmann::json::parse(town.coop.expect({"peer", "list", "--json"}));
        return peers[0]["organisation"] == "The household";
    }));

    // Who is suspended sees nothing of it all.
    town.home.expect({"peer", "suspend", "coop@coop.test", "--reason", "audit"});
    const auto refused = town.coop.command({"catalog", "home@home.test"});
    CHECK(refused.code == 1);
    CHECK(refused.out.empty());
}

TEST_CASE("who may not, and who is not there, is told in words that help") {
    Town town;
    const auto ask = [&](const std::string& series) {
        return town.history({series, "--from", "2011-07-01", "--to", "2011-07-02"});
    };
    town.start_home();
    const auto stranger = ask(town.consumption);
    CHECK(stranger.code == 1);
    CHECK(stranger.err.find("courant peer add coop@coop.test") != std::string::npos);
    town.admit("coop@coop.test");
    const auto not_granted = ask(town.pv);
    CHECK(not_granted.code == 1);
    CHECK(not_granted.err.find("granted nothing of " + town.pv) != std::string::npos);
    CHECK(ask("house/power").code == 2);
    CHECK(ask(town.consumption).code == 0);
    CHECK(town.home.stop() == 0);
    const auto nobody = ask(town.consumption);
    CHECK(nobody.code == 1);
    CHECK(nobody.err.find("home@home.test") != std::string::npos);
}

TEST_CASE("an answer beyond what the asker takes is told, and not waited for") {
    Town town;
    town.admit("coop@coop.test");
    town.coop.configure("[limits]\nreceive_stanza_bytes = 10000\n");
    town.start_home();
    const auto answer = town.history({town.consumption, "--from", "2011-07-01"});
    CHECK(answer.code == 1);
    CHECK(answer.err.find("limits.receive") != std::string::npos);
}

TEST_CASE("both ends count and digest what goes over, and the calls are written down") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    const auto whole =
        town.history({town.consumption, "--from", "2011-01-01", "--to", "2012-01-01"});
    CHECK(whole.err.find(fmt::format("{} readings, as the peer counted and digested them", rows)) !=
          std::string::npos);
    const auto in_portions = town.history(
        {town.consumption, "--from", "2011-01-01", "--to", "2012-01-01", "--days", "400"});
    CHECK(in_portions.err == whole.err);
    CHECK(town.history({town.pv, "--from", "2011-07-01"}).code == 1);

    const auto calls = nlohmann::json::parse(town.home.expect({"grant", "calls", "--json"}));
    REQUIRE(calls.size() == 2);
    CHECK(calls[0]["asker"] == "coop@coop.test");
    CHECK(calls[0]["series"] == town.consumption);
    CHECK(calls[0]["from"] == "2011-01-01T00:00:00Z");
    CHECK(calls[0]["to"] == "2012-01-01T00:00:00Z");
    CHECK(calls[0]["state"] == "ok");
    CHECK(calls[0]["readings"] == rows);
    CHECK(whole.err.find(calls[0]["digest"].get<std::string>()) != std::string::npos);
    const std::string grant = calls[0]["grant"];
    CHECK(town.home.expect({"grant", "calls", grant}).find(town.consumption) != std::string::npos);
    CHECK(nlohmann::json::parse(town.home.expect({"grant", "calls", "none", "--json"})).empty());
}

TEST_CASE("Ctrl-C tells the peer, and what has arrived stays") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    // Of these years there is nothing but the last one, day by day.
    const auto file = town.coop / "year.csv";
    Process asking(
        {COURANT_BINARY, "history", "home@home.test", town.consumption, "--from", "1981-01-01",
         "--days", "1", "-o", file.string(), "-c", (town.coop / "proxy.toml").string()},
        town.coop / "asking.log");
    const auto calls = [&] {
        return nlohmann::json::parse(town.home.expect({"grant", "calls", "--json"}));
    };
    REQUIRE(wait_until([&] { return !calls().empty(); }));
    asking.signal(SIGINT);
    CHECK(asking.wait(std::chrono::seconds(60)) == 1);
    CHECK(read_file(town.coop / "asking.log").find("cancelled at") != std::string::npos);
    CHECK(calls().at(0)["state"] == "cancelled");
    CHECK(read_file(file).starts_with("time,value,unit\n"));
}

TEST_CASE("a gap is told where somebody wants to know, and no row is invented") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    const auto whole = town.history(
        {town.consumption, "--from", "2011-07-03", "--to", "2011-07-05", "--gaps", "PT30M"});
    CHECK(lines_in(whole.out) == 97);
    CHECK(whole.err.find("gap,") == std::string::npos);
    // The file begins at 14:00 UTC of the day before July, and has no 31st of July.
    const auto torn = town.history(
        {town.consumption, "--from", "2011-06-30", "--to", "2011-08-02", "--gaps", "PT30M"});
    CHECK(torn.out == town.csv_between("2011-06-30", "2011-08-02"));
    CHECK(
        torn.err.starts_with("gap,2011-06-30T00:00:00Z,2011-06-30T14:00:00Z\n"
                             "gap,2011-07-30T14:00:00Z,2011-07-31T14:00:00Z\n"
                             "courant history: "));
    CHECK(town.history({town.consumption, "--from", "2011-06-30", "--gaps", "often"}).code == 2);
}

TEST_CASE("what no app remembers is answered from the archive of what was sent") {
    Town town;
    // Written into a place that is read once and then empty: as a meter, it remembers nothing.
    town.home.configure("[archive]\nkeep = \"P1Y\"\n" + town.household.adapter);
    town.admit("coop@coop.test");
    town.start_home();
    REQUIRE(wait_until([&] { return town.home.status()["outbox"]["readings"] == rows; }));
    CHECK(town.home.stop() == 0);
    town.home.configure("[archive]\nkeep = \"P1Y\"\n");
    town.start_home();
    REQUIRE(wait_until([&] { return town.home.status()["running"] == true; }));
    const auto all = town.history({town.consumption, "--from", "2011-01-01", "--to", "2012-01-01"});
    INFO(all.err);
    CHECK(all.code == 0);
    CHECK(all.out == town.csv_between("2011", "2012"));
    CHECK(town.history({town.pv, "--from", "2011-01-01"}).code == 1);
}

TEST_CASE("an analyst listens, in the proxy's place and beside it") {
    Town town;
    town.admit("coop@coop.test");
    town.start_home();
    // No proxy runs at the cooperative: this is it.
    const auto alone =
        town.coop.command({"listen", "--series", "*/consumption/*", "--count", "100"});
    INFO(alone.err);
    CHECK(alone.code == 0);
    CHECK(lines_in(alone.out) == 101);
    CHECK(alone.out.starts_with("series,time,value,unit\n" + town.consumption + ",2011-"));
    // It takes nothing out of the inbox, and the rest goes on coming.
    town.coop.start();
    REQUIRE(wait_until([&] { return town.coop.status()["inbox"]["readings"] == rows; }));
    const auto beside = town.coop.command(
        {"listen", "--from", "all", "--format", "ndjson", "--count", std::to_string(rows)});
    CHECK(beside.code == 0);
    CHECK(lines_in(beside.out) == rows);
    const auto packs =
        town.coop.command({"listen", "--from", "all", "--format", "senml", "--for", "1s"});
    CHECK(packs.code == 0);
    const std::string first = packs.out.substr(0, packs.out.find('\n'));
    CHECK(nlohmann::json::parse(first).is_array());
    const auto nothing = town.coop.command({"listen", "--for", "1s"});
    CHECK(nothing.out == "series,time,value,unit\n");
    CHECK(town.coop.command({"listen", "--format", "xml"}).code == 2);
}

TEST_CASE("what the Quoalise client sends gets what it can read, and every error in its shape") {
    if (run_to_end({"/usr/bin/python3", "-c", "import slixmpp"}, "/dev/null") != 0) {
        MESSAGE("python3-slixmpp is not installed: the Quoalise client's commands are not tested");
        return;
    }
    Town town;
    town.admit("alice@coop.test");
    town.start_home();
    const auto asks = [&](const std::string& user, const std::string& identifier,
                          const std::string& start, const std::string& end) {
        const auto out = town.coop / "client.out";
        const auto err = town.coop / "client.err";
        // Debian's Python has Debian's packages; what the library remarks is none of the answer.
        const int code =
            run_to_end({"sh", "-c", "err=$1; shift; exec /usr/bin/python3 \"$@\" 2>\"$err\"",
                        "client", err.string(), COURANT_QUOALISE_CLIENT, "get-history",
                        town.coop_server.address(), town.servers.ca_file().string(), user, "secret",
                        "home@home.test/proxy", identifier, start, end},
                       out);
        CHECK_MESSAGE(code == 0, read_file(err));
        return read_file(out);
    };
    const std::string day = asks("alice@coop.test", "urn:dev:prm:1_consumption",
                                 "2011-07-03T02:00:00+02:00", "2011-07-03T23:00:00+00:00");
    std::string expected;
    for (const std::string& line : town.household.expected.at(town.consumption)) {
        if (line < "2011-07-03T00:00:00Z" || line >= "2011-07-03T23:00:00Z") continue;
        const auto comma = line.find(',');
        const double value = std::stod(line.substr(comma + 1));
        expected += fmt::format("{}+00:00 {:.1f} W urn:dev:prm:1_consumption\n",
                                line.substr(0, comma - 1), value);
    }
    CHECK(day == expected);
    CHECK(lines_in(day) == 46);
    // Yesterday, of which the file has nothing: data without records.
    CHECK(asks("alice@coop.test", "urn:dev:prm:1_consumption", "-", "-").empty());

    CHECK(asks("alice@coop.test", "urn:dev:prm:1_pv", "-", "-")
              .starts_with("ERROR not-authorized: "));
    CHECK(asks("coop@coop.test", "urn:dev:prm:1_pv", "-", "-")
              .find("courant peer add coop@coop.test") != std::string::npos);
    CHECK(asks("alice@coop.test", "nope", "-", "-") ==
          "ERROR bad-request: nope measurement is not known\n");
    CHECK(asks("alice@coop.test", "urn:dev:prm:1_consumption", "2011-01-01T00:00:00Z",
               "2012-01-01T00:00:00Z")
              .starts_with("ERROR bad-request: the range holds more than fits"));
    std::filesystem::rename(town.home / "meter.csv", town.home / "away.csv");
    CHECK(asks("alice@coop.test", "urn:dev:prm:1_consumption", "-", "-")
              .starts_with("ERROR courant app-away: "));
}
