// kill -9 of everything that can be killed, at random points, while readings flow.
//
//     COURANT_FAULT_SEED=…  COURANT_FAULT_KILLS=1000  COURANT_FAULT_SERVERS=prosody,ejabberd
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <random>
#include <thread>

#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Something that can be killed, and how often it is.
struct Victim {
    std::string name;
    int weight;
    std::function<void()> kill;
    int killed = 0;
};

ServerKind kind_from(const std::string& word) {
    return word == "ejabberd" ? ServerKind::ejabberd : ServerKind::prosody;
}

// A server takes a hundred times longer to come back than a proxy, hence the weights.
std::vector<Victim> victims_of(Stage& stage) {
    const auto proxy = [](Proxy& one) {
        return [&one] {
            one.kill();
            one.start();
        };
    };
    const auto server = [](XmppServer& one) {
        return [&one] {
            one.kill();
            one.begin_start();
        };
    };
    std::vector<Victim> victims{{"sender", 10, proxy(stage.home)},
                                {"receiver", 10, proxy(stage.coop)},
                                {"sender's server", 2, server(stage.home_server)},
                                {"receiver's server", 2, server(stage.coop_server)}};
    if (stage.settings.store.kill)
        victims.push_back({stage.settings.store.name, 4, stage.settings.store.kill});
    return victims;
}

Victim& draw(std::vector<Victim>& victims, std::mt19937& random) {
    int sum = 0;
    for (const Victim& victim : victims) sum += victim.weight;
    int drawn = std::uniform_int_distribution(1, sum)(random);
    for (Victim& victim : victims)
        if ((drawn -= victim.weight) <= 0) return victim;
    return victims.back();
}

/// Every second time the next kill comes when something has arrived since the last one and a
/// random while later, so that it hits delivery; every other time after a random while alone, so
/// that it hits whatever is being recovered from.
void wait_for_the_next(const Stage& stage, std::mt19937& random) {
    const auto while_of = [&](int most) {
        return milliseconds(std::uniform_int_distribution(0, most)(random));
    };
    if (std::uniform_int_distribution(0, 1)(random) == 0) {
        const auto before = stage.filed_bytes();
        wait_until([&] { return stage.filed_bytes() != before; }, std::chrono::seconds(4));
    }
    std::this_thread::sleep_for(while_of(250));
}

void campaign(StoreKind store, int kills) {
    const auto seed = seed_of_this_run();
    std::mt19937 random(seed);
    const std::string kinds = asked("COURANT_FAULT_SERVERS", "prosody,ejabberd");
    StageSettings settings;
    settings.home = kind_from(kinds.substr(0, kinds.find(',')));
    settings.coop = kind_from(kinds.substr(kinds.find(',') + 1));
    settings.store = std::move(store);
    settings.limits += "records_per_message = 25\nwindow_messages = 4\n";
    Stage stage(std::move(settings));
    stage.write_files();
    Ledger ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2);
    stage.publish({&ledger}, "100ms");
    stage.coop.start();
    stage.home.start();

    auto victims = victims_of(stage);
    const auto begin = Clock::now();
    for (int kill = 0; kill < kills; ++kill) {
        ledger.grow(std::uniform_int_distribution(20, 300)(random));
        wait_for_the_next(stage, random);
        Victim& victim = draw(victims, random);
        victim.kill();
        ++victim.killed;
    }
    const std::int64_t while_killing = stage.received();
    const double killing = seconds_since(begin);
    const auto last = Clock::now();
    ledger.grow(10);
    CHECK(stage.wait_for(ledger.readings()));
    const double settling = seconds_since(last);
    CHECK(wait_until([&] { return stage.filed_readings() >= ledger.readings(); }));
    CHECK(stage.home.status()["dead"] == 0);
    CHECK(stage.coop.status()["dead"] == 0);
    CHECK(stage.wait_for_receipts());
    const Audit audit = stage.audit(ledger);
    CHECK(audit == ledger.all_once());
    CHECK(stage.filed_readings() == ledger.readings());

    std::string mix;
    for (const Victim& victim : victims)
        mix += fmt::format("{}{} {}", mix.empty() ? "" : ", ", victim.name, victim.killed);
    tell("kill -9", fmt::format("{} kills ({}; {}, {}): {} readings, lost {}, twice {}, out of "
                                "order {}; {:.0f} % arrived while killing, {:.1f} s, the rest "
                                "{:.1f} s later; seed {}",
                                kills, mix, kinds, stage.settings.store.name, ledger.readings(),
                                audit.lost, audit.twice, audit.disorder,
                                100.0 * static_cast<double>(while_killing) /
                                    static_cast<double>(ledger.readings()),
                                killing, settling, seed));
}

}  // namespace

TEST_CASE(
    "kill -9 of sender, receiver and their servers at random points: every reading is in the inbox "
    "once, in order") {
    if (!servers_installed()) return;
    campaign(sqlite_files(), static_cast<int>(asked("COURANT_FAULT_KILLS", std::int64_t{12})));
}

TEST_CASE("the same with mailboxes in PostgreSQL, which is killed, too") {
    if (!servers_installed()) return;
    if (!PostgresServer::installed()) {
        MESSAGE("skipped: PostgreSQL is not installed");
        return;
    }
    PostgresServer database(Durability::careful);
    campaign(schemas_of(database),
             static_cast<int>(asked("COURANT_FAULT_KILLS", std::int64_t{12})));
}
