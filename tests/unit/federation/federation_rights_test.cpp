// One federation room among several on a store: which lanes it sends, and what it does with answers
// for the others.
#include <doctest/doctest.h>

#include <atomic>

#include "tests/unit/federation/proxies.hpp"

namespace courant::test {
namespace {

const Jid coop_jid = address("bmhs@coop.example");

// Settings of a worker; the test says whose the lanes are.
struct Shared {
    std::atomic<bool> ours{false};
    std::atomic<std::uint64_t> tenure{1};
    std::atomic<bool> truly{true};
    bool first = true;
    std::string sender = "other-1";

    FederationSettings settings() {
        FederationSettings settings = quick();
        settings.session_note = "session we";
        const auto insist = [this](Mailboxes&, const LaneId&) {
            if (!truly) throw LeaseLost("gone", Retry::worthwhile);
        };
        settings.rights =
            LaneRights{.tenure = [this](const LaneId&) -> std::optional<std::uint64_t> {
                           if (!ours) return std::nullopt;
                           return tenure;
                       },
                       .insist = insist,
                       .confirm = insist,
                       .sender = [this](const LaneId&) -> std::optional<std::string> {
                           if (sender.empty()) return std::nullopt;
                           return sender;
                       },
                       .first = [this](Mailboxes&) { return first; },
                       .lane_made = [] {}};
        return settings;
    }
};

/// Who has the lanes.
enum class Holder { we, another };

/// A worker of Lorient, and the network around it.
struct Worker {
    MemoryNetwork network;
    Shared shared;
    Proxy lorient;

    explicit Worker(Holder holder)
        : lorient(network, "zabbix@lorient.example", settings_for(holder)) {}
    void lanes_go_to(Holder holder) {
        shared.ours = holder == Holder::we;
        lorient.federation().rights_changed();
    }

  private:
    FederationSettings settings_for(Holder holder) {
        shared.ours = holder == Holder::we;
        return shared.settings();
    }
};

// Addresses of stanzas with that element in them.
std::vector<std::string> addressees(const MemoryNetwork& network, std::string_view element) {
    std::vector<std::string> all;
    for (const auto& stanza : network.sent())
        if (stanza.text.find("<" + std::string(element)) != std::string::npos)
            all.push_back(stanza.to.to_string());
    return all;
}

std::string receipt(const LaneId& lane, Seq through) {
    return "<receipt xmlns='urn:courant:0' lane='" + lane.value + "' through='" +
           std::to_string(through) + "'/>";
}

}  // namespace

TEST_CASE("a lane is sent by the worker that has the right to it, from the moment that it has") {
    Worker worker(Holder::another);
    auto& [network, shared, lorient] = worker;
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 5);
    let_settle(lorient, coop);
    CHECK(coop.values().empty());
    worker.lanes_go_to(Holder::we);
    run_until([&] { return coop.values() == one_to(5); }, lorient, coop);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);

    worker.lanes_go_to(Holder::another);
    lorient.turn();
    lorient.sends(coop.jid(), 2);
    let_settle(lorient, coop);
    CHECK(coop.values() == one_to(5));
    CHECK(lorient.waiting() == 2);
}

TEST_CASE("who takes a lane over goes on where the one before it got to") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Client coop(network, "bmhs@coop.example");
    lorient.sends(coop.jid(), 6);
    run_until([&] { return coop.heard().size() >= 6; }, lorient, coop);
    worker.lanes_go_to(Holder::another);
    lorient.turn();
    // Meanwhile another worker got the receipt for four of them.
    const auto lane = lorient.lane_to(coop.jid()).lane;
    lorient.ask([&](Mailboxes& m) { return m.acknowledge(lane, 4); });
    const auto before = coop.heard().size();
    worker.lanes_go_to(Holder::we);
    run_until([&] { return coop.heard().size() >= before + 2; }, lorient, coop);
    std::vector<std::string> numbers;
    for (std::size_t i = before; i < before + 2; ++i)
        numbers.emplace_back(coop.heard()[i].children.at(0).attribute("seq"));
    CHECK(numbers == std::vector<std::string>{"5", "6"});
}

TEST_CASE("a lane that was ours for a moment is not sent by us after that") {
    Worker worker(Holder::another);
    auto& [network, shared, lorient] = worker;
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 2);
    let_settle(lorient, coop);
    lorient.faults().hold();
    worker.lanes_go_to(Holder::we);
    lorient.turn();
    worker.lanes_go_to(Holder::another);
    lorient.turn();
    lorient.faults().mend();
    let_settle(lorient, coop);
    CHECK(coop.values().empty());
}

TEST_CASE("what is not read under the lane's lease is not sent, whatever the worker believes") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    // Another worker has the lane now, and nobody has told us. It may put together what comes.
    shared.truly = false;
    lorient.sends(coop.jid(), 2);
    let_settle(lorient, coop);
    CHECK(coop.values() == one_to(1));
    CHECK(addressees(network, "readings").size() == 1);
    shared.truly = true;
    run_until([&] { return coop.values() == one_to(3); }, lorient, coop);
}

TEST_CASE("a live reading goes by way of the outbox where other workers are") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    shared.truly = false;
    const auto lane = lorient.lane_to(coop.jid()).lane;
    lorient.federation().outbox_grew(lorient.ask([&](Mailboxes& m) {
        m.enqueue({coop.jid(),
                   {.retain = "P3Y", .grant = {}, .hops = {lorient.jid()}},
                   pack_of(lorient.jid(), 2),
                   1},
                  Time{});
        return std::vector<Enqueued>{
            {.lane = lane, .peer = coop.jid(), .seq = 2, .fresh = m.find_outgoing(lane, 2)}};
    }));
    let_settle(lorient, coop);
    CHECK(coop.values() == one_to(1));
}

TEST_CASE("a lane that may have been another worker's meanwhile is as new to us") {
    MemoryNetwork network;
    Shared shared;
    shared.ours = true;
    auto settings = shared.settings();
    settings.lanes.answer_timeout = settings.lanes.coalesce = std::chrono::hours(1);
    Proxy lorient(network, "zabbix@lorient.example", settings);
    Client coop(network, "bmhs@coop.example");
    lorient.sends(coop.jid(), 1);
    run_until([&] { return coop.heard().size() == 1; }, lorient, coop);
    lorient.sends(coop.jid(), 5);  // small: they wait for others, and would be put together
    let_settle(lorient, coop);
    REQUIRE(coop.heard().size() == 1);
    // We stood still; another one took the lane, sent them, and gave it back.
    shared.tenure = 2;
    lorient.federation().rights_changed();
    let_settle(lorient, coop);
    const auto lane = lorient.lane_to(coop.jid());
    coop.says(lorient.jid(), receipt(lane.lane, 1));
    run_until([&] { return lorient.waiting() < 6; }, lorient, coop);
    let_settle(lorient, coop);
    CHECK(lorient.waiting() == 5);
    CHECK(lorient.lane_to(coop.jid()).next == lane.next);
}

TEST_CASE("workers on an older copy of their store wait for the peer's word, whoever sends") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Client coop(network, "bmhs@coop.example");
    const auto heard = [&](std::string_view element) {
        const auto all = addressees(network, element);
        return std::count(all.begin(), all.end(), coop.jid().to_string());
    };
    lorient.sends(coop.jid(), 2);
    run_until([&] { return coop.heard().size() >= 2; }, lorient, coop);
    const auto lane = lorient.lane_to(coop.jid()).lane;
    coop.says(lorient.jid(), receipt(lane, 2));
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);

    SUBCASE("a worker that sends after others have numbered more goes by the first one's note") {
        shared.ours = false;
        lorient.restart();  // the first worker on the copy
        lorient.sends(coop.jid(), 30);
        let_settle(lorient, coop);
        shared.first = false;
        lorient.restart();
        worker.lanes_go_to(Holder::we);
        run_until([&] { return heard("void") == 1; }, lorient, coop);
        let_settle(lorient, coop);
        CHECK(heard("readings") == 2);
        // Who has lost the lane renews nothing under who has it.
        shared.truly = false;
        coop.says(lorient.jid(), receipt(lane, 20));
        let_settle(lorient);
        CHECK(lorient.lane_to(coop.jid()).lane == lane);
        shared.truly = true;
        coop.says(lorient.jid(), receipt(lane, 20));
        run_until([&] { return heard("readings") == 2 + 30; }, lorient, coop);
        CHECK(lorient.lane_to(coop.jid()).lane != lane);
        CHECK(lorient.waiting() == 30);
    }
    SUBCASE("once the peer has answered, whoever takes the lane over doubts nothing") {
        lorient.restart();
        lorient.federation().rights_changed();
        lorient.sends(coop.jid(), 3);
        run_until([&] { return heard("void") == 1; }, lorient, coop);
        coop.says(lorient.jid(), receipt(lane, 2));
        run_until([&] { return heard("readings") == 2 + 3; }, lorient, coop);
        shared.first = false;
        lorient.restart();
        lorient.federation().rights_changed();
        run_until([&] { return heard("readings") == 2 + 3 + 3; }, lorient, coop);
        coop.says(lorient.jid(), receipt(lane, 5));
        run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
        CHECK(lorient.lane_to(coop.jid()).lane == lane);
        CHECK(heard("void") == 1);
    }
}

TEST_CASE("an answer for a lane that another worker sends is passed on to it") {
    Worker worker(Holder::another);
    auto& [network, shared, lorient] = worker;
    Client coop(network, "bmhs@coop.example");
    Client eve(network, "eve@evil.example");
    lorient.sends(coop.jid(), 3);
    let_settle(lorient);
    const auto lane = lorient.lane_to(coop.jid()).lane;
    coop.says(lorient.jid(), receipt(lane, 2));
    eve.says(lorient.jid(), receipt(lane, 3));
    coop.says(lorient.jid(), "<resume xmlns='urn:courant:0' lane='" + lane.value + "' next='3'/>");
    let_settle(lorient);
    const std::string other = lorient.jid().to_string() + "/other-1";
    CHECK(addressees(network, "receipt") ==
          std::vector<std::string>{lorient.jid().to_string(), lorient.jid().to_string(), other});
    CHECK(addressees(network, "resume").back() == other);
    CHECK(lorient.count("courant_answers_passed_on_total") == 2);
    // The network of a test has one place for each account, so that it all came back to us: what is
    // not ours is let go.
    CHECK(lorient.waiting() == 3);

    shared.sender.clear();
    coop.says(lorient.jid(), receipt(lane, 2));
    let_settle(lorient);
    CHECK(lorient.count("courant_answers_passed_on_total") == 2);
    CHECK(lorient.waiting() == 3);
}

TEST_CASE("what was passed on to us counts as if the peer had said it to us") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Client coop(network, "bmhs@coop.example");
    lorient.sends(coop.jid(), 3);
    run_until([&] { return coop.heard().size() >= 3; }, lorient, coop);
    const auto lane = lorient.lane_to(coop.jid()).lane;
    lorient.transport().send("<message type='normal' to='" + lorient.jid().to_string() + "'>" +
                             receipt(lane, 2) + "</message>");
    run_until([&] { return lorient.waiting() == 1; }, lorient);
}

TEST_CASE("a peer whose resume was passed on to us is asked anew which packs it understands") {
    Worker worker(Holder::we);
    auto& [network, shared, lorient] = worker;
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.knows(coop.jid());
    const auto packed = [&] { return addressees(network, "pack ").size(); };
    const auto delivered = [&] {
        lorient.sends(coop.jid(), 1, BodyForm::compact);
        run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
        let_settle(lorient, coop);
    };
    delivered();
    delivered();
    REQUIRE(packed() == 1);
    const auto lane = lorient.lane_to(coop.jid());
    lorient.transport().send("<message type='normal' to='" + lorient.jid().to_string() +
                             "'><resume xmlns='urn:courant:0' lane='" + lane.lane.value +
                             "' next='" + std::to_string(lane.next) + "'/></message>");
    let_settle(lorient, coop);
    delivered();
    CHECK(packed() == 1);
    delivered();
    CHECK(packed() == 2);
}

TEST_CASE("a receipt goes to the resource that sent the message") {
    MemoryNetwork network;
    Proxy coop(network, "bmhs@coop.example");
    Client lorient(network, "zabbix@lorient.example");
    coop.knows(lorient.jid());
    lorient.says(coop.jid(), "<readings xmlns='urn:courant:0' lane='L' seq='1' retain='P3Y'>" +
                                 pack_of(lorient.jid(), 1) + "</readings>");
    run_until([&] { return !lorient.receipts().empty(); }, coop, lorient);
    const auto to = addressees(network, "receipt");
    REQUIRE(to.size() == 1);
    CHECK(to[0] == "zabbix@lorient.example/script");
}

}  // namespace courant::test
