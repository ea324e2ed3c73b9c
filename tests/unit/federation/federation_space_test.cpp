// A receiver without room takes nothing in before its commits would fail; what it did not take its
// sender keeps, and it all comes once there is room.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// Whether a proxy of these settings has room; tests turn it.
struct Room {
    std::atomic<bool> there{true};

    FederationSettings for_one(FederationSettings settings) {
        settings.admits = [this](Mailboxes&, std::int64_t bytes, Time) {
            CHECK(bytes >= 0);
            return there.load();
        };
        settings.lane_refresh = std::chrono::milliseconds(5);
        return settings;
    }
};

std::string content(std::string_view element, int seq, std::string_view rest) {
    return fmt::format("<{0} xmlns='urn:courant:0' lane='L' seq='{1}' {2}</{0}>", element, seq,
                       rest);
}

}  // namespace

TEST_CASE("without room a message is neither stored nor answered; repetitions and voids are") {
    MemoryNetwork network;
    Room room;
    Proxy coop(network, "bmhs@coop.example", room.for_one(patient()));
    Client town(network, "meter@town.example");
    coop.knows(town.jid());
    const auto says = [&](std::string_view element, int seq, const std::string& rest) {
        town.says(coop.jid(), content(element, seq, rest));
        let_settle(coop, town);
    };
    const auto reading = [&](int seq) {
        says("readings", seq, "retain='P3Y'>" + pack_of(town.jid(), seq));
    };
    reading(1);
    REQUIRE(town.receipts().size() == 1);

    room.there = false;
    reading(2);
    CHECK(town.receipts().size() == 1);
    CHECK(coop.values() == one_to(1));
    CHECK(coop.dead().empty());
    CHECK(coop.count("courant_messages_deferred_total") == 1);
    reading(1);
    REQUIRE(town.receipts().size() == 2);
    CHECK(town.receipts().back().through == 1);
    says("void", 2, "reason='withdrawn'>");
    REQUIRE(town.receipts().size() == 3);
    CHECK(town.receipts().back().through == 2);
    // What would be refused needs room, too, for its dead letter.
    says("readings", 3, "retain='P3Y'>" + pack_of(address("eve@evil.example"), 1));
    CHECK(coop.dead().empty());
    CHECK(town.receipts().size() == 3);
}

TEST_CASE("once there is room again the sender is told where to go on") {
    MemoryNetwork network;
    Room room;
    Proxy coop(network, "bmhs@coop.example", room.for_one(patient()));
    Client town(network, "meter@town.example");
    coop.knows(town.jid());
    let_settle(coop, town);
    room.there = false;
    for (const int seq : {1, 2})
        town.says(coop.jid(), content("readings", seq, "retain='P3Y'>" + pack_of(town.jid(), seq)));
    let_settle(coop, town);
    const auto resumes = [&] {
        return std::count_if(town.heard().begin(), town.heard().end(), [](const Element& stanza) {
            const Element* resume = stanza.child("resume", courant_namespace);
            return resume != nullptr && resume->attribute("next") == "1";
        });
    };
    CHECK(resumes() == 0);
    room.there = true;
    run_until([&] { return resumes() > 0; }, coop, town);
    let_settle(coop, town);
    CHECK(resumes() == 1);
}

TEST_CASE("all that waited for room arrives, once and in order") {
    MemoryNetwork network;
    Room room;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Proxy coop(network, "bmhs@coop.example", room.for_one(patient()));
    coop.knows(lorient.jid());
    let_settle(lorient, coop);
    room.there = false;
    lorient.sends(coop.jid(), 500);
    run_until([&] { return coop.count("courant_messages_deferred_total") >= 64; }, lorient, coop);
    CHECK(coop.values().empty());
    CHECK(lorient.waiting() == 500);
    room.there = true;
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    CHECK(coop.values() == one_to(500));
    CHECK(lorient.dead().empty());
}

TEST_CASE(
    "what was dropped reaches the peer as voids, also where it was under way; the rest arrives") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    let_settle(lorient, coop);
    network.judge([](const MemoryStanza&) { return Fate::drop; });
    lorient.sends(coop.jid(), 10);
    let_settle(lorient, coop);
    lorient.ask([&](Mailboxes& m) {
        const OutgoingLane lane = m.outgoing_lanes().at(0);
        const auto dropped =
            m.drop_oldest(lane.lane, {.bytes = lane.waiting_bytes * 3 / 5 + 5}, "too much waited");
        REQUIRE(dropped);
        CHECK(dropped->messages() == 4);
    });
    network.judge([](const MemoryStanza&) { return Fate::deliver; });
    run_until([&] { return lorient.lane_to(coop.jid()).acknowledged == 10; }, lorient, coop);
    CHECK(coop.values() == std::vector<double>{5, 6, 7, 8, 9, 10});
    CHECK(coop.log().find("too much waited") != std::string::npos);
    lorient.sends(coop.jid(), 1);
    run_until([&] { return coop.values().size() == 7; }, lorient, coop);
}
