// Networks at their worst: whatever is dropped, doubled, held back, bounced and cut, the inbox is
// in the end what it would be on a clean run.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

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

Verdict fate(Dice& dice) {
    if (dice.roll(10)) return Fate::drop;
    if (dice.roll(10)) return Fate::duplicate;
    if (dice.roll(15)) return Fate::hold;
    if (dice.roll(3)) return {"wait", "remote-server-timeout"};
    return Fate::deliver;
}

void survives(unsigned seed) {
    CAPTURE(seed);
    Dice dice(seed);
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    network.judge([&](const MemoryStanza&) { return fate(dice); });
    lorient.sends(coop.jid(), messages / 2);
    int turns = 0;
    const auto trouble = [&] {
        ++turns;
        if (dice.roll(20)) network.release();
        if (dice.roll(2)) network.cut(dice.roll(50) ? lorient.jid() : coop.jid());
        if (dice.roll(20)) {
            network.mend(lorient.jid());
            network.mend(coop.jid());
        }
        if (turns == 40) lorient.sends(coop.jid(), messages / 2);
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
    for (const unsigned seed : {1U, 2U, 3U, 4U}) survives(seed);
}

TEST_CASE("and with a chance that nobody has seen before") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    survives(seed);
}
