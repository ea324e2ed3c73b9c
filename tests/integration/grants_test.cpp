// A grant's life between two organisations, as their administrators see it: two programs, two real
// servers, files.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;
using nlohmann::json;

namespace {

constexpr int rows = 500;

/// A home with a file of readings, and a cooperative that writes what it gets into files.
struct Neighbours {
    Neighbours()
        : home_server(servers.add(ServerKind::prosody, "home.test", {{"home", "secret"}})),
          coop_server(servers.add(ServerKind::ejabberd, "coop.test", {{"coop", "secret"}})),
          home("home@home.test", "secret", home_server, servers.ca_file()),
          coop("coop@coop.test", "secret", coop_server, servers.ca_file()),
          household(made_up(home / "meter.csv", rows, home.jid())) {
        home.configure(household.adapter);
        coop.configure(
            "[adapters.files]\ntype = \"csv\"\nfolder = \"out\"\n"
            "[[receive]]\nadapter = \"files\"\n");
        coop.expect({"peer", "add", home.jid()});
    }
    /// The grant's id; of what a household consumes, with a consent.
    std::string gives(const std::string& link) {
        home.expect({"peer", "add", coop.jid(), "--link", link, "--agreement", "A-7"});
        const auto id = home.expect({"grant", "add", coop.jid(), "*/consumption/*", "--purpose",
                                     "billing", "--basis", "consent", "--consent-method",
                                     "signed form", "--consent-text", "3"});
        home.expect({"subscription", "add", coop.jid(), "*/consumption/*"});
        return id.substr(0, id.size() - 1);
    }
    void start() {
        home.start();
        coop.start();
    }
    json held() const { return json::parse(coop.expect({"grant", "held", "--json"})); }
    /// What was said about a grant, as its giver has it: "us offer", "coop@coop.test accept" …
    std::vector<std::string> said(const std::string& grant) const {
        std::vector<std::string> all;
        const json shown = json::parse(home.expect({"grant", "show", grant}));
        for (const auto& one : shown["said"])
            all.push_back(one["by"].get<std::string>() + ' ' + one["what"].get<std::string>());
        return all;
    }
    bool coop_has_files() const {
        const auto folder = coop / "out";
        if (!std::filesystem::exists(folder)) return false;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.path().extension() == ".csv") return true;
        return false;
    }
    bool coop_has_everything() const {
        const auto status = coop.status();
        return coop_has_files() && home.status()["outbox"]["messages"] == 0;
    }

    XmppServers servers;
    XmppServer& home_server;
    XmppServer& coop_server;
    Proxy home, coop;
    Household household;
};

}  // namespace

TEST_CASE("R4.2: a citizen takes the consent back, and the processor's files are gone") {
    Neighbours town;
    const auto grant = town.gives("processor");
    town.start();
    REQUIRE(wait_until([&] { return town.coop_has_everything(); }));
    REQUIRE(wait_until([&] { return town.said(grant).size() == 2; }));
    CHECK(town.said(grant) == std::vector<std::string>{"us offer", "coop@coop.test accept"});
    REQUIRE(town.held().size() == 1);
    CHECK(town.held()[0]["we_are"] == "processor");
    CHECK(town.held()[0]["offer"] == "accepted");

    town.home.expect({"grant", "withdraw", grant, "--reason", "moved out"});
    REQUIRE(wait_until([&] { return town.said(grant).size() == 4; }));
    const json last = json::parse(town.home.expect({"grant", "show", grant}))["said"][3];
    CHECK(last["by"] == "coop@coop.test");
    CHECK(last["outcome"] == "erased");
    CHECK_FALSE(town.coop_has_files());
    CHECK(town.held()[0]["state"] == "withdrawn");
    CHECK(town.coop.log().find("erased what a peer had given") != std::string::npos);
}

TEST_CASE("R4.2: a controller is told, also one that was away, and its answer comes back") {
    Neighbours town;
    const auto grant = town.gives("separate-controller");
    town.start();
    REQUIRE(wait_until([&] { return town.coop_has_everything(); }));
    CHECK(town.coop.stop() == 0);
    town.home.expect({"grant", "withdraw", grant, "--reason", "moved out"});
    town.coop.start();
    REQUIRE(wait_until([&] { return town.held()[0]["state"] == "withdrawn"; }));
    CHECK(town.coop_has_files());
    CHECK(town.held()[0]["to_do"] != "");
    town.coop.expect(
        {"grant", "answer", town.home.jid(), grant, "kept", "--reason", "invoices: ten years"});
    REQUIRE(wait_until([&] { return town.said(grant).size() == 4; }));
    const json last = json::parse(town.home.expect({"grant", "show", grant}))["said"][3];
    CHECK(last["outcome"] == "kept");
    CHECK(last["reason"] == "invoices: ten years");
    CHECK(town.held()[0]["to_do"] == "");
}
