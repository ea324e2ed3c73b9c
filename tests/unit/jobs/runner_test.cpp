#include "jobs/runner.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// What the adapters of a test do; they are made from plain functions, which find it here.
struct Stage {
    ScriptedSource::Pull pull = [](std::string_view cursor, const Call&) {
        return numbered(cursor, 3, 2);
    };
    ScriptedSource::Pull other_pull = pull;
    ScriptedSink::Deliver deliver = [](const senml::Pack& pack, const Call&) {
        return std::vector<Verdict>(pack.size());
    };
};
Stage* stage = nullptr;

const Adapter app{.name = "app",
                  .version = "1",
                  .summary = "an app of the tests",
                  .properties = {},
                  .source = [](const Settings&) -> std::unique_ptr<Source> {
                      return std::make_unique<ScriptedSource>(stage->pull);
                  },
                  .feed = nullptr,
                  .sink = [](const Settings&) -> std::unique_ptr<Sink> {
                      return std::make_unique<ScriptedSink>(stage->deliver);
                  }};
const Adapter other{.name = "other",
                    .version = "1",
                    .summary = "another one",
                    .properties = {},
                    .source = [](const Settings&) -> std::unique_ptr<Source> {
                        return std::make_unique<ScriptedSource>(stage->other_pull);
                    },
                    .feed = nullptr,
                    .sink = nullptr};

ExtractConfig extract_from(const std::string& adapter) {
    ExtractConfig extract;
    extract.adapter = adapter;
    extract.triggers.every = 1ms;
    return extract;
}

ReceiveConfig receive_into(const std::string& adapter) {
    ReceiveConfig receive;
    receive.adapter = adapter;
    return receive;
}

/// A configuration with the adapters `db` and `roof`.
Config config() {
    Config config;
    config.identity.jid = self;
    config.adapters.push_back({.name = "db", .adapter = &app, .settings = {}});
    config.adapters.push_back({.name = "roof", .adapter = &other, .settings = {}});
    config.limits.retry_first = config.limits.retry_max = 1ms;
    return config;
}

struct House {
    Stage scripts;
    Desk desk;
    std::unique_ptr<Worker> worker = Worker::alone();
    SpaceWatch space{{}, desk.logger(), desk.counters()};
    std::unique_ptr<Runner> runner;

    House() { stage = &scripts; }
    void runs(const Config& how) {
        runner = std::make_unique<Runner>(
            how, desk.store(), space, *worker, [](const std::vector<Enqueued>&) {}, desk.logger(),
            desk.counters());
    }
    std::uint64_t hanging() {
        return desk.counters().get("courant_hanging_calls_total", {{"job", "extract db"}}).value();
    }
};

}  // namespace

TEST_CASE("each job once: what the source has goes out, what the inbox holds goes in") {
    House house;
    std::vector<double> delivered;
    house.scripts.deliver = [&](const senml::Pack& pack, const Call&) {
        for (const auto& record : pack.records()) delivered.push_back(record.number);
        return std::vector<Verdict>(pack.size());
    };
    house.desk.subscribe(subscription(coop));
    house.desk.arrives(readings(2, 50));
    Config how = config();
    how.extracts = {extract_from("db")};
    how.receives = {receive_into("db")};
    house.runs(how);
    CHECK(house.runner->extract_once());
    CHECK(house.desk.outbox(coop) == run(1, 3));
    CHECK(delivered.empty());
    CHECK(house.runner->receive_once());
    CHECK(delivered == run(50, 51));
}

TEST_CASE("a failure of one is told, and does not keep the others from their turn") {
    House house;
    house.scripts.pull = [](std::string_view, const Call&) -> Extraction {
        throw Error("away", Retry::worthwhile);
    };
    house.desk.subscribe(subscription(coop));
    Config how = config();
    how.extracts = {extract_from("db"), extract_from("roof")};
    house.runs(how);
    CHECK_FALSE(house.runner->extract_once());
    CHECK(house.desk.outbox(coop) == run(1, 3));
}

TEST_CASE("an adapter that cannot do what it is configured for is a fault of the configuration") {
    House house;
    Config how = config();
    how.receives = {receive_into("roof")};
    CHECK_THROWS_AS(house.runs(how), ConfigError);
    how.receives = {receive_into("nobody")};
    CHECK_THROWS_AS(house.runs(how), ConfigError);
}

TEST_CASE("sinks are woken when the inbox grows") {
    House house;
    std::atomic<int> delivered{0};
    house.scripts.deliver = [&](const senml::Pack& pack, const Call&) {
        delivered += static_cast<int>(pack.size());
        return std::vector<Verdict>(pack.size());
    };
    Config how = config();
    how.receives = {receive_into("db")};
    house.runs(how);
    house.runner->start();
    for (int i = 1; i <= 5; ++i) {
        house.desk.arrives(readings(1, i));
        house.runner->inbox_grew();
        wait_until([&] { return delivered == i; });
    }
    CHECK(house.runner->stop(10s));
}

TEST_CASE("a source that never returns delays itself alone, and is reported once") {
    House house;
    std::atomic<bool> let_go{false}, stuck{false};
    std::atomic<int> others{0};
    house.scripts.pull = [&](std::string_view cursor, const Call&) {
        stuck = true;
        let_go.wait(false);
        return numbered(cursor, 0, 1);
    };
    house.scripts.other_pull = [&](std::string_view cursor, const Call&) {
        ++others;
        return numbered(cursor, others, 1);
    };
    house.desk.subscribe(subscription(coop));
    Config how = config();
    how.extracts = {extract_from("db"), extract_from("roof")};
    how.limits.adapter_timeout = 1ms;
    how.limits.hang_notice = 1ms;
    house.runs(how);
    house.runner->start();
    wait_until([&] { return stuck && house.desk.outbox(coop).size() >= 5; });
    wait_until([&] {
        house.runner->watch();
        return house.hanging() > 0;
    });
    for (int i = 0; i < 5; ++i) house.runner->watch();
    CHECK(house.hanging() == 1);

    CHECK_FALSE(house.runner->stop(1ms));
    let_go = true;
    let_go.notify_all();
    CHECK(house.runner->stop(10s));  // the thread that was left behind has ended
    house.runner.reset();
    const std::string log = house.desk.log();
    CHECK(log.find("a call hangs; only this adapter waits for it") != std::string::npos);
    CHECK(log.find("an adapter did not stop in time and is left behind") != std::string::npos);
}

TEST_CASE("housekeeping purges what every sink has and keeps the counters") {
    House house;
    house.desk.arrives(readings(1));
    house.desk.counters().get("courant_bounces_total", {{"peer", "a@b.example"}}).add(7);
    Config how = config();
    how.receives = {receive_into("db")};
    house.runs(how);
    CHECK(house.runner->receive_once());
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox_size(0).messages; }) == 1);
    CHECK(house.runner->extract_once());
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox_size(0).messages; }) == 0);
    CHECK(house.runner->extract_once());
    const auto counters = house.desk.ask([](Mailboxes& m) { return m.counters(); });
    CHECK(counters.at("courant_bounces_total peer=a@b.example") == 7);
}

TEST_CASE("what was counted and delivered at the very end reaches the store") {
    House house;
    house.desk.arrives(readings(1));
    Config how = config();
    how.receives = {receive_into("db")};
    house.runs(how);
    house.runner->start();
    wait_until([&] { return house.desk.ask([](Mailboxes& m) { return m.delivered("db"); }) == 1; });
    CHECK(house.runner->stop(10s));
    house.desk.counters().get("courant_bounces_total").add(7);
    house.runner->tidy_up();
    house.runner->tidy_up();
    CHECK(house.desk.ask([](Mailboxes& m) { return m.inbox_size(0).messages; }) == 0);
    CHECK(house.desk.ask([](Mailboxes& m) { return m.counters(); }).at("courant_bounces_total") ==
          7);
}
