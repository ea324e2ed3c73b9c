// Several workers on one PostgreSQL mailbox, on real XMPP servers: what the loss of any of them, or
// of the database, costs. Nothing may be lost, nothing doubled, and the order is kept.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/integration/federation_of_two.hpp"
#include "tests/support/postgres_server.hpp"

using namespace courant::test;

namespace {

// Small messages and a narrow window make a transfer last, so that what happens hits every step.
constexpr const char* slow =
    "records_per_message = 25\npacked_records_per_message = 25\nwindow_messages = 2\n";

std::string store_in(const PostgresServer& database, const std::string& lease = "2s") {
    return fmt::format("url = \"{}\"\nlease = \"{}\"", database.url(), lease);
}

// One more worker of an organisation: another folder, the same configuration.
Proxy worker_of(FederationOfTwo& stage, bool of_home, const std::string& store) {
    return {of_home ? "home@home.test" : "coop@coop.test", "secret",
            of_home ? stage.home_server : stage.coop_server, stage.servers.ca_file(), store};
}

// Everybody, the second sender configured as the first one is.
void start_with(FederationOfTwo& stage, Proxy& second, const Household& household) {
    second.configure(stage.sending(household));
    stage.coop.start();
    stage.home.start();
    second.start();
}

unsigned seed_of_this_run() {
    const char* given = std::getenv("COURANT_SEED");
    const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    MESSAGE("COURANT_SEED=" << seed);
    return seed;
}

std::size_t workers(const Proxy& proxy) {
    return proxy.status()["workers"].size();
}

// How much of a household has arrived.
double share_of(const FederationOfTwo& stage, const Household& household) {
    const auto& [series, lines] = *household.expected.begin();
    return static_cast<double>(stage.received(series).size()) / static_cast<double>(lines.size());
}

}  // namespace

TEST_CASE("kill -9 of workers that send, one after the other: the others go on where they were") {
    std::mt19937 random(seed_of_this_run());
    PostgresServer database(Durability::careful);
    FederationOfTwo stage(slow, store_in(database));
    Proxy second = worker_of(stage, true, store_in(database));
    const Household household = made_up(stage.home / "meter.csv", 6000, stage.home.jid());
    stage.publish(household);
    start_with(stage, second, household);
    REQUIRE(wait_until([&] { return workers(stage.home) == 2; }));
    int kills = 0;
    for (; kills < 8 && share_of(stage, household) < 1; ++kills) {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::uniform_int_distribution(50, 700)(random)));
        Proxy& victim = random() % 2 == 0 ? stage.home : second;
        victim.kill();
        // Sometimes the one that is left has to do it all.
        if (random() % 2 == 0) {
            const double before = share_of(stage, household);
            CHECK(wait_until([&] { return before >= 1 || share_of(stage, household) > before; }));
        }
        victim.start();
    }
    stage.wait_for(household);
    MESSAGE(kills << " kills");
    CHECK(wait_until([&] { return stage.home.status()["outbox"]["messages"] == 0; }));
    CHECK(stage.home.status()["dead"] == 0);
    CHECK(stage.coop.status()["dead"] == 0);
}

TEST_CASE("a worker that is added takes its share, and one that stops leaves it at once") {
    PostgresServer database;
    // Who took over within a test did not wait for a lease to run out.
    FederationOfTwo stage("", store_in(database, "1h"));
    Proxy second = worker_of(stage, true, store_in(database, "1h"));
    const Household one = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    std::string two = one.adapter;
    for (auto at = two.find("meter"); at != std::string::npos; at = two.find("meter", at + 6))
        if (two.compare(at, 9, "meter.csv") != 0) two.replace(at, 5, "other");
    const std::string both = "[limits]\nretry_first = \"50ms\"\n" + one.adapter + "\n" + two;
    stage.home.configure(both);
    second.configure(both);
    stage.coop.start();
    stage.home.start();
    const auto sources = [&] {
        std::vector<std::string> held;
        const auto status = stage.home.status();
        for (const auto& worker : status["workers"])
            held.push_back(worker["sources"].get<std::string>());
        std::sort(held.begin(), held.end());
        return held;
    };
    REQUIRE(wait_until([&] { return sources() == std::vector<std::string>{"meter, other"}; }));
    second.start();
    REQUIRE(wait_until([&] { return sources() == std::vector<std::string>{"meter", "other"}; }));
    CHECK(stage.home.stop() == 0);
    REQUIRE(wait_until([&] { return sources() == std::vector<std::string>{"meter, other"}; }));
    REQUIRE(wait_until([&] { return second.status()["workers"][0]["lanes"] == 1; }));
    stage.wait_for(one);
    CHECK(second.stop() == 0);
    CHECK(second.status()["running"] == false);
}

TEST_CASE("who is killed and started again on its machine goes on at once, whatever the lease") {
    PostgresServer database(Durability::careful);
    FederationOfTwo stage(slow, store_in(database, "1h"));
    const Household household = made_up(stage.home / "meter.csv", 2000, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    for (Proxy* killed : {&stage.home, &stage.coop}) {
        const double before = share_of(stage, household);
        REQUIRE(wait_until([&] { return share_of(stage, household) > before || before >= 1; }));
        killed->kill();
        killed->start();
    }
    stage.wait_for(household);
    CHECK(wait_until([&] { return stage.home.status()["outbox"]["messages"] == 0; }));
    CHECK(workers(stage.home) == 1);
}

TEST_CASE("run --once is for a store on which nobody runs") {
    PostgresServer database;
    FederationOfTwo stage("", store_in(database, "1h"));
    const Household household = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return workers(stage.home) == 1; }));
    const Answer refused = stage.home.command({"run", "--once"});
    CHECK(refused.code != 0);
    CHECK(refused.err.find("a worker runs on this store already") != std::string::npos);
    CHECK(workers(stage.home) == 1);
    CHECK(stage.home.stop() == 0);
    CHECK(stage.home.command({"run", "--once"}).code == 0);
    stage.wait_for(household);
    CHECK(workers(stage.home) == 0);
}

TEST_CASE("the database goes away for a while and comes back: everything waits, nothing is lost") {
    PostgresServer database(Durability::careful);
    FederationOfTwo stage(slow, store_in(database));
    Proxy second = worker_of(stage, true, store_in(database));
    const Household household = made_up(stage.home / "meter.csv", 2000, stage.home.jid());
    stage.publish(household);
    start_with(stage, second, household);
    for (int round = 0; round < 2; ++round) {
        const double before = share_of(stage, household);
        REQUIRE(wait_until([&] { return share_of(stage, household) > before || before >= 1; }));
        const auto complaints = [&](const Proxy& proxy) {
            const auto log = proxy.log();
            std::size_t count = 0;
            for (auto at = log.find("leases"); at != std::string::npos;
                 at = log.find("leases", at + 1))
                ++count;
            return count;
        };
        const auto first_before = complaints(stage.home);
        const auto second_before = complaints(second);
        if (round == 0)
            database.stop();
        else
            database.kill();
        REQUIRE(wait_until([&] {
            return complaints(stage.home) > first_before && complaints(second) > second_before;
        }));
        database.start();
    }
    stage.wait_for(household);
    CHECK(stage.home.running());
    CHECK(second.running());
    CHECK(stage.home.log().find("secret") == std::string::npos);
}

TEST_CASE("a reload while the database is away waits for it") {
    PostgresServer database;
    FederationOfTwo stage("", store_in(database));
    const Household household = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    database.stop();
    stage.home.signal(SIGHUP);
    // The one before has stopped, and the one after it has found no database.
    REQUIRE(wait_until([&] {
        const auto log = stage.home.log();
        const auto reload = log.find("reloading");
        return !stage.home.running() ||
               (reload != std::string::npos && log.find("what=store", reload) != std::string::npos);
    }));
    database.start();
    CHECK(wait_until([&] { return workers(stage.home) == 1; }));
    CHECK(stage.home.running());
    CHECK(stage.home.stop() == 0);
}

TEST_CASE("kill -9 of workers that receive: what one had taken in the other writes, once") {
    std::mt19937 random(seed_of_this_run());
    PostgresServer database(Durability::careful);
    FederationOfTwo stage(slow, "", store_in(database));
    Proxy second = worker_of(stage, false, store_in(database));
    second.configure(stage.receiving);
    const Household household = made_up(stage.home / "meter.csv", 2000, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    second.start();
    REQUIRE(wait_until([&] { return workers(stage.coop) == 2; }));
    stage.home.start();
    int kills = 0;
    for (; kills < 6 && share_of(stage, household) < 1; ++kills) {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::uniform_int_distribution(50, 700)(random)));
        Proxy& victim = random() % 2 == 0 ? stage.coop : second;
        victim.kill();
        victim.start();
    }
    stage.wait_for(household);
    MESSAGE(kills << " kills");
    CHECK(stage.coop.status()["dead"] == 0);
}

TEST_CASE("a store moves to PostgreSQL in the middle of a transfer, and goes on there") {
    PostgresServer database;
    FederationOfTwo stage(slow);
    const Household household = made_up(stage.home / "meter.csv", 1500, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return share_of(stage, household) > 0.1; }));
    CHECK(stage.home.command({"store", "migrate", "--to", database.url()}).code == 1);
    CHECK(stage.home.stop() == 0);
    const auto waiting = stage.home.status()["outbox"];
    const auto moved = stage.home.command({"store", "migrate", "--to", database.url()});
    INFO(moved.err);
    REQUIRE(moved.code == 0);
    CHECK(moved.out.empty());
    CHECK(moved.err.find("url_file") != std::string::npos);
    CHECK(moved.err.find('\r') == std::string::npos);

    const auto retired = stage.home.command({"status"});
    CHECK(retired.code == 1);
    CHECK(retired.err.find("was moved to postgresql://") != std::string::npos);

    write_file(stage.home / "url", database.url() + "\n");
    stage.home.set_store("url_file = \"url\"");
    stage.publish(household);
    CHECK(stage.home.status()["outbox"] == waiting);
    stage.home.start();
    // What is asked to stop must have begun: all may have arrived before.
    REQUIRE(wait_until([&] { return stage.home.status()["running"] == true; }));
    stage.wait_for(household);
    CHECK(stage.home.stop() == 0);
    // And back again.
    CHECK(stage.home.command({"store", "migrate", "--to", (stage.home / "new.db").string()}).code ==
          0);
    stage.home.set_store("path = \"new.db\"");
    stage.publish(household);
    stage.home.start();
    REQUIRE(wait_until([&] { return stage.home.status()["running"] == true; }));
    CHECK(wait_until([&] { return stage.home.status()["outbox"]["messages"] == 0; }));
    CHECK(stage.home.stop() == 0);
    stage.check_complete(household);
}
