// The machine's clock may be set: nothing that must not be lost, doubled or late may hang on it.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// Another hour each time that somebody looks.
std::function<Time()> leaping(unsigned seed) {
    return [random = std::mt19937(seed)]() mutable {
        const std::chrono::hours off(std::uniform_int_distribution(-1, 1)(random));
        return std::chrono::system_clock::now() + off;
    };
}

}  // namespace

TEST_CASE("clocks that leap by an hour at every look delay nothing, lose nothing, double nothing") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    MemoryNetwork network;
    auto settings = quick();
    settings.clock = leaping(seed);
    Proxy lorient(network, "zabbix@lorient.example", settings);
    settings.clock = leaping(seed + 1);
    Proxy coop(network, "bmhs@coop.example", settings);
    coop.knows(lorient.jid());
    network.judge([&](const MemoryStanza&) {
        const int drawn = std::uniform_int_distribution(0, 9)(random);
        return drawn == 0 ? Fate::drop : drawn == 1 ? Fate::duplicate : Fate::deliver;
    });
    lorient.sends(coop.jid(), 200);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    let_settle(lorient, coop);
    CHECK(coop.values() == one_to(200));
    CHECK(coop.dead().empty());
    CHECK(lorient.dead().empty());
}
