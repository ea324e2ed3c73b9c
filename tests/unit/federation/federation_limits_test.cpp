// What a peer can do to a proxy at worst, and what a proxy does about its own old copies.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// A proxy, and a peer that speaks the protocol by hand.
struct Pair {
    MemoryNetwork network;
    Proxy coop;
    Client town{network, "meter@town.example"};

    explicit Pair(FederationSettings settings = patient(), bool relay = false)
        : coop(network, "bmhs@coop.example", std::move(settings)) {
        coop.knows(town.jid(), relay);
        let_settle(coop, town);
    }
    void town_sends(const std::string& lane, Seq seq, const std::string& pack) {
        town.says(coop.jid(),
                  fmt::format("<readings xmlns='urn:courant:0' lane='{}' seq='{}' retain='P1Y' "
                              "hops='meter@town.example'>{}</readings>",
                              lane, seq, pack));
        let_settle(coop, town);
    }
    std::ptrdiff_t coop_said(std::string_view text) const {
        const auto all = network.sent();
        return std::count_if(all.begin(), all.end(), [&](const MemoryStanza& stanza) {
            return stanza.from.bare() == coop.jid() && stanza.text.find(text) != std::string::npos;
        });
    }
};

}  // namespace

TEST_CASE("a store restored from an old copy gives what waits a new lane instead of losing it") {
    Pair pair;
    pair.coop.sends(pair.town.jid(), 2);
    let_settle(pair.coop, pair.town);
    const LaneId old = pair.coop.lane_to(pair.town.jid()).lane;
    // The peer has had five hundred messages of this lane; the store knows of two.
    pair.town.says(
        pair.coop.jid(),
        fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='500'/>", old.value));
    let_settle(pair.coop, pair.town);
    const OutgoingLane fresh = pair.coop.lane_to(pair.town.jid());
    CHECK(fresh.lane != old);
    CHECK(pair.coop.waiting() == 2);
    CHECK(pair.coop_said(fmt::format("lane='{}' seq='1'", fresh.lane.value)) == 1);
    CHECK(pair.coop_said(fmt::format("lane='{}' seq='2'", fresh.lane.value)) == 1);
}

TEST_CASE("an old copy loses nothing either if it gives out more numbers than the peer knows") {
    Pair pair;
    pair.coop.sends(pair.town.jid(), 2);
    let_settle(pair.coop, pair.town);
    const LaneId old = pair.coop.lane_to(pair.town.jid()).lane;
    const auto town_has = [&](Seq through) {
        pair.town.says(pair.coop.jid(),
                       fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='{}'/>",
                                   old.value, through));
        let_settle(pair.coop, pair.town);
    };
    town_has(2);
    pair.coop.restart();
    pair.coop.sends(pair.town.jid(), 30);
    let_settle(pair.coop, pair.town);
    // Nothing new has gone, and the peer was asked where it stands.
    CHECK(pair.coop_said(fmt::format("<void xmlns='urn:courant:0' lane='{}' seq='2'", old.value)) ==
          1);
    CHECK(pair.coop_said(fmt::format("lane='{}' seq='3'", old.value)) == 0);
    town_has(20);
    const OutgoingLane fresh = pair.coop.lane_to(pair.town.jid());
    CHECK(fresh.lane != old);
    CHECK(pair.coop.waiting() == 30);
    CHECK(pair.coop_said(fmt::format("lane='{}' seq='30'", fresh.lane.value)) == 1);
}

TEST_CASE("a peer that lies about numbers makes us begin a new lane once, and no more") {
    Pair pair;
    pair.coop.sends(pair.town.jid(), 1);
    let_settle(pair.coop, pair.town);
    for (int i = 0; i < 3; ++i) {
        const LaneId lane = pair.coop.lane_to(pair.town.jid()).lane;
        pair.town.says(
            pair.coop.jid(),
            fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='99'/>", lane.value));
        let_settle(pair.coop, pair.town);
        if (i == 0) continue;
        CHECK(pair.coop.lane_to(pair.town.jid()).lane == lane);
    }
}

TEST_CASE("a name with a character that XML lacks is refused in a stanza that servers can read") {
    Pair pair;
    pair.town_sends(
        "L", 1,
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml "
        "bn='other:town.example/x:town.example/:EF:BF:BF' bt='1780000000' v='1'/></sensml>");
    const auto receipts = pair.town.receipts();
    REQUIRE_FALSE(receipts.empty());
    REQUIRE(receipts.back().rejects.size() == 1);
    CHECK(pair.coop_said("\xEF\xBF\xBF") == 0);
}

TEST_CASE("a peer may begin so many lanes and no more; what is beyond leaves no trace") {
    FederationSettings settings = patient();
    settings.lanes_per_peer = 2;
    Pair pair(settings);
    for (const auto* lane : {"A", "B", "C"}) pair.town_sends(lane, 1, pack_of(pair.town.jid(), 1));
    CHECK(pair.coop.ask([](Mailboxes& m) { return m.incoming_lanes().size(); }) == 2);
    CHECK(pair.coop_said("resource-constraint") == 1);
    pair.town_sends("A", 2, pack_of(pair.town.jid(), 2));  // those it has go on
    CHECK(pair.coop.values().size() == 3);
}

TEST_CASE("a repetition is judged as it was the first time, whatever the peer may since") {
    Pair pair(patient(), true);
    const std::string foreign = pack_of(address("meter@elsewhere.example"), 1);
    pair.town_sends("L", 1, foreign);
    CHECK(pair.coop.values().size() == 1);
    pair.coop.knows(pair.town.jid(), false);
    pair.town_sends("L", 1, foreign);
    CHECK(pair.town.receipts().back().rejects.empty());
    CHECK(pair.coop.dead().empty());
}

TEST_CASE("rejects of records that a message does not have are no dead letters") {
    Pair pair;
    pair.coop.sends(pair.town.jid(), 1);
    let_settle(pair.coop, pair.town);
    std::string rejects;
    for (int record = 2; record < 100; ++record)
        rejects += fmt::format("<reject seq='1' record='{}' reason='no'/>", record);
    pair.town.says(pair.coop.jid(),
                   fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='1'>{}</receipt>",
                               pair.coop.lane_to(pair.town.jid()).lane.value, rejects));
    let_settle(pair.coop, pair.town);
    CHECK(pair.coop.dead().empty());
    CHECK(pair.coop.waiting() == 0);
}
