// The main job on real servers: a home's readings cross a Prosody and an ejabberd, and arrive in
// the cooperative's files.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/integration/federation_of_two.hpp"
#include "tests/support/shared_data.hpp"

using namespace courant::test;

namespace {

Household a_year(const FederationOfTwo& stage) {
    if (const auto file = shared_file("data/ausgrid-customer12-2011-2012.csv"))
        return real_year(*file, stage.home.jid());
    MESSAGE("the real year is not there; a made-up half year takes its place");
    return made_up(stage.home / "meter.csv", 8640, stage.home.jid());
}

unsigned seed_of_this_run() {
    const char* given = std::getenv("COURANT_SEED");
    const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    MESSAGE("COURANT_SEED=" << seed);
    return seed;
}

}  // namespace

TEST_CASE(
    "a real year of two series arrives once, in order, with every bit, read at UTC+10 on both days "
    "of change") {
    FederationOfTwo stage;
    const Household year = a_year(stage);
    stage.publish(year);
    stage.coop.start();
    stage.home.start();
    stage.wait_for(year);
    CHECK(wait_until([&] { return stage.home.status()["outbox"]["messages"] == 0; }));
    CHECK(stage.home.status()["dead"] == 0);
    CHECK(stage.coop.status()["dead"] == 0);
    CHECK(stage.home.stop() == 0);
    CHECK(stage.coop.stop() == 0);
    stage.check_complete(year);
}

TEST_CASE(
    "kill -9 of either proxy at thirty random moments of the year loses nothing and doubles "
    "nothing") {
    std::mt19937 random(seed_of_this_run());
    int kills = 0;
    for (int round = 1; kills < 30; ++round) {
        REQUIRE(round <= 20);
        // Small messages and a narrow window make the transfer last, so that kills hit every step
        // of it.
        FederationOfTwo stage("records_per_message = 25\nwindow_messages = 2\n");
        const Household year = a_year(stage);
        stage.publish(year);
        stage.coop.start();
        stage.home.start();
        const auto complete = [&] {
            return stage.received(year.expected.begin()->first).size() >=
                   year.expected.begin()->second.size();
        };
        while (kills < 30 && !complete()) {
            std::this_thread::sleep_for(
                std::chrono::milliseconds(std::uniform_int_distribution(5, 400)(random)));
            Proxy& victim =
                std::uniform_int_distribution(0, 1)(random) == 0 ? stage.home : stage.coop;
            victim.kill();
            victim.start();
            ++kills;
        }
        stage.wait_for(year);
        CHECK(stage.home.status()["dead"] == 0);
        CHECK(stage.coop.status()["dead"] == 0);
    }
    MESSAGE(kills << " kills");
}

TEST_CASE("servers that are down when the proxies start, come, go and come again lose nothing") {
    FederationOfTwo stage("records_per_message = 25\nwindow_messages = 2\n");
    const Household household = made_up(stage.home / "meter.csv", 2000, stage.home.jid());
    stage.publish(household);
    stage.home_server.stop();
    stage.coop_server.stop();
    stage.home.start();
    stage.coop.start();
    REQUIRE(wait_until(
        [&] { return stage.home.status()["outbox"]["readings"] == household.readings; }));
    stage.home_server.start();
    stage.coop_server.start();
    const std::string series = household.expected.begin()->first;
    REQUIRE(wait_until([&] { return !stage.received(series).empty(); }));
    stage.coop_server.kill();
    stage.coop_server.start();
    stage.home_server.kill();
    stage.home_server.start();
    stage.wait_for(household);
}

TEST_CASE(
    "a peer that is away gets everything when it comes, although its server bounced meanwhile") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 500, stage.home.jid());
    stage.publish(household);
    stage.coop_server
        .stop();  // the home's server answers every message with an error that carries it
    stage.home.start();
    REQUIRE(wait_until([&] {
        const auto lanes = stage.home.status()["lanes"];
        return !lanes.empty() && lanes[0]["last_trouble"] != "";
    }));
    CHECK(stage.home.status()["lanes"][0]["circuit"] != "closed");
    CHECK(stage.home.status()["inbox"]["messages"] == 0);  // a bounce is never data
    CHECK(stage.home.status()["outbox"]["readings"] == household.readings);
    stage.coop_server.start();
    stage.coop.start();
    stage.wait_for(household);
    CHECK(wait_until([&] { return stage.home.status()["lanes"][0]["circuit"] == "closed"; }));
}

TEST_CASE(
    "more than the first five hundred readings are extracted, and ten thousand in one go stay "
    "under the stanza limit") {
    FederationOfTwo stage("records_per_message = 10000\nstanza_bytes = 30000\n");
    const Household household = made_up(stage.home / "meter.csv", 5000, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    const auto lanes = stage.coop.status()["lanes"];
    CHECK(std::any_of(lanes.begin(), lanes.end(), [](const auto& lane) {
        return lane["direction"] == "in" && lane["through"] > 10;
    }));
}

TEST_CASE("what a stranger sends is refused, and its operator can read why") {
    FederationOfTwo stage;
    XmppServer& third =
        stage.servers.add(ServerKind::prosody, "stranger.test", {{"stranger", "secret"}});
    Proxy stranger("stranger@stranger.test", "secret", third, stage.servers.ca_file());
    const Household household = made_up(stranger / "meter.csv", 10, stranger.jid());
    stranger.configure(household.adapter);
    stranger.expect({"peer", "add", "coop@coop.test"});
    stranger.lets_have("coop@coop.test", "*");
    stage.coop.start();
    stranger.start();
    REQUIRE(wait_until([&] {
        const auto lanes = stranger.status()["lanes"];
        return !lanes.empty() &&
               lanes[0]["last_trouble"].get<std::string>().find("forbidden") != std::string::npos;
    }));
    CHECK(stage.coop.status()["inbox"]["messages"] == 0);
    CHECK(stage.coop.log().find("stranger@stranger.test") != std::string::npos);
    stage.coop.expect(
        {"peer", "add",
         "stranger@stranger.test"});  // no restart needed, and nothing was lost meanwhile
    CHECK(wait_until([&] { return stranger.status()["outbox"]["messages"] == 0; }));
}

TEST_CASE("of two destinations the one that is up gets everything while the other is down") {
    FederationOfTwo stage;
    XmppServer& third =
        stage.servers.add_stopped(ServerKind::prosody, "analyst.test", {{"analyst", "secret"}});
    const Household household = made_up(stage.home / "meter.csv", 1000, stage.home.jid());
    stage.publish(household);
    stage.home.expect({"peer", "add", "analyst@analyst.test"});
    stage.home.lets_have("analyst@analyst.test", "*/pv/power");
    stage.home.start();
    stage.coop.start();
    stage.wait_for(household);
    CHECK(wait_until(
        [&] { return stage.home.status()["outbox"]["readings"] == household.readings / 2; }));
    third.start();
    Proxy analyst("analyst@analyst.test", "secret", third, stage.servers.ca_file());
    analyst.configure("");
    analyst.expect({"peer", "add", "home@home.test"});
    analyst.start();
    CHECK(wait_until([&] { return stage.home.status()["outbox"]["messages"] == 0; }));
    CHECK(analyst.status()["inbox"]["readings"] == household.readings / 2);
}
