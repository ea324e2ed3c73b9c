// The link cut for a while at 500 readings/s, between the two servers and between a proxy and its
// server, in every way in which links are cut.
//
//     COURANT_FAULT_CUT_SECONDS=600  COURANT_FAULT_CUTS=servers:closed,client:vanished
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sstream>
#include <thread>

#include "tests/faults/feeder.hpp"
#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where and how: "servers:closed".
struct Cut {
    std::string place;
    Wire wire;
};

std::vector<Cut> cuts_from(const std::string& text) {
    std::vector<Cut> cuts;
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, ',');) {
        const auto colon = word.find(':');
        const std::string way = word.substr(colon + 1);
        const Wire wire = way == "closed"    ? Wire::closed
                          : way == "stalled" ? Wire::stalled
                                             : Wire::vanished;
        cuts.push_back({word.substr(0, colon), wire});
    }
    return cuts;
}

}  // namespace

TEST_CASE("a link is cut at 500 readings/s: after its return everything is there, once, in order") {
    if (!servers_installed()) return;
    const seconds length(asked("COURANT_FAULT_CUT_SECONDS", std::int64_t{2}));
    const auto cuts =
        cuts_from(asked("COURANT_FAULT_CUTS",
                        std::string("servers:closed,servers:stalled,servers:vanished,client:closed,"
                                    "client:stalled,client:vanished")));
    // The limits are those of an installation that has set none.
    Stage stage({.coop = ServerKind::ejabberd, .limits = ""});
    stage.lay_wires();
    Link client(stage.home_server.address());
    stage.home.set_server(client.address());
    Ledger ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2);
    stage.publish({&ledger}, "100ms");
    stage.coop.start();
    stage.home.start();
    Feeder feeder(ledger, milliseconds(40), [](Ledger& source) { source.grow(10); });
    REQUIRE(stage.wait_for(100));

    for (const Cut& cut : cuts) {
        const auto become = [&](Wire wire) {
            if (cut.place == "client")
                client.become(wire);
            else
                stage.wires_become(wire);
        };
        REQUIRE(stage.wait_for(feeder.readings()));
        const std::int64_t before = feeder.readings();
        become(cut.wire);
        // The cut lasts as long as it is asked to; nothing waits for it to have an effect.
        std::this_thread::sleep_for(length);
        become(Wire::carries);
        const auto back = Clock::now();
        const std::int64_t made = feeder.readings();
        CHECK(stage.wait_for(made, length + seconds(300)));
        tell("cut", fmt::format("{} {} for {} s: {} readings were made meanwhile, all there {:.1f} "
                                "s after its return",
                                cut.place, to_word(cut.wire), length.count(), made - before,
                                seconds_since(back)));
    }
    feeder.stop();
    REQUIRE(stage.wait_for(ledger.readings()));
    const Audit audit = stage.audit(ledger);
    CHECK(audit == ledger.all_once());
    tell("cut", fmt::format("{} readings in all, lost {}, twice {}, out of order {}",
                            ledger.readings(), audit.lost, audit.twice, audit.disorder));
}
