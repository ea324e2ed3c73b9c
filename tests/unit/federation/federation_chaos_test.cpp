// Networks at their worst: whatever is dropped, doubled, held back, bounced and cut, the inbox is
// in the end what it would be on a clean run.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

constexpr int messages = 200;

/// Chance, repeatable.
class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}
    bool roll(int percent) { return std::uniform_int_distribution<>(0, 99)(random_) < percent; }

  private:
    std::mt19937 random_;
};

Judgement fate(Dice& dice) {
    if (dice.roll(10)) return Fate::drop;
    if (dice.roll(10)) return Fate::duplicate;
    if (dice.roll(15)) return Fate::hold;
    if (dice.roll(3)) return {"wait", "remote-server-timeout"};
    return Fate::deliver;
}

/// With messages that are put together where they wait, or each by itself.
FederationSettings settings(unsigned seed, std::chrono::milliseconds coalesce) {
    FederationSettings settings = quick();
    settings.seed = seed;
    settings.lanes.coalesce = coalesce;
    return settings;
}

void survives(unsigned seed, std::chrono::milliseconds coalesce) {
    CAPTURE(seed);
    CAPTURE(coalesce.count());
    Dice dice(seed);
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", settings(seed, coalesce));
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    network.judge([&](const MemoryStanza&) { return fate(dice); });
    int sent = 0;
    int turns = 0;
    const auto trouble = [&] {
        ++turns;
        for (; sent < messages && sent < turns * 3; ++sent) lorient.sends(coop.jid(), 1);
        if (dice.roll(20)) network.release();
        if (dice.roll(2)) network.cut(dice.roll(50) ? lorient.jid() : coop.jid());
        if (dice.roll(20)) {
            network.mend(lorient.jid());
            network.mend(coop.jid());
        }
        if (turns == 60) lorient.restart();
        if (turns == 80) coop.restart();
        return turns > 100 && lorient.waiting() == 0 && coop.values().size() >= messages;
    };
    run_until(trouble, lorient, coop);
    network.judge([](const MemoryStanza&) { return Fate::deliver; });
    network.mend(lorient.jid());
    network.mend(coop.jid());
    network.release();
    let_settle(lorient, coop);
    CHECK(coop.values() == one_to(messages));
    CHECK(coop.dead().empty());
    CHECK(lorient.dead().empty());
}

}  // namespace

TEST_CASE("whatever the network does, the inbox is that of a clean run") {
    for (const unsigned seed : {1U, 2U, 3U, 4U})
        for (const auto coalesce : {0ms, 5ms}) survives(seed, coalesce);
}

TEST_CASE("and with a chance that nobody has seen before") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    survives(seed, 0ms);
    survives(seed, 5ms);
}
