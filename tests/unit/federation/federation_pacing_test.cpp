// What goes when: lanes share one session, and none of them pays for another.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

bool holds(const MemoryStanza& stanza, std::string_view text) {
    return stanza.text.find(text) != std::string::npos;
}

/// A session that lets so many stanzas through in a turn.
constexpr std::size_t stanzas_in_a_turn = 8;

/// A sender on such a session, with healthy peers.
struct Crowd {
    MemoryNetwork network;
    Proxy lorient;
    std::vector<std::unique_ptr<Proxy>> peers;
    int turns = 0;

    explicit Crowd(int healthy) : lorient(network, "zabbix@lorient.example", settings()) {
        for (int i = 0; i < healthy; ++i) add(fmt::format("peer{}@coop.example", i));
        network.clog(lorient.jid());
    }
    static FederationSettings settings() {
        FederationSettings settings = patient();
        settings.transport_bytes = 4'000;
        settings.lane_refresh = 1h;
        return settings;
    }
    Proxy& add(const std::string& jid) {
        peers.push_back(std::make_unique<Proxy>(network, jid, patient()));
        peers.back()->knows(lorient.jid());
        return *peers.back();
    }
    /// Puts messages for a peer into the outbox, each with the value of its place.
    void sends(const Jid& peer, int messages) {
        std::vector<std::string> packs;
        for (const double value : one_to(messages)) packs.push_back(pack_of(lorient.jid(), value));
        lorient.sends(peer, packs);
    }
    /// One turn of everybody, with nothing left to the chance of threads.
    void turn() {
        ++turns;
        lorient.turn();
        lorient.ask([](Mailboxes&) {});
        lorient.turn();
        network.let_through(lorient.jid(), stanzas_in_a_turn);
        for (auto& peer : peers) {
            peer->turn();
            peer->ask([](Mailboxes&) {});
            peer->turn();
        }
    }
    template <std::predicate Condition>
    void turn_until(Condition met) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!met()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            turn();
        }
    }
    /// The receivers of all messages with readings so far, in order.
    std::vector<Jid> receivers() const {
        std::vector<Jid> receivers;
        for (const MemoryStanza& stanza : network.sent())
            if (stanza.from.bare() == lorient.jid() && holds(stanza, "<readings"))
                receivers.push_back(stanza.to);
        return receivers;
    }
    std::ptrdiff_t messages_to(const Jid& peer) const {
        const auto all = receivers();
        return std::count(all.begin(), all.end(), peer);
    }
};

/// How the healthy peers of a crowd fared.
struct Fare {
    int turns = 0;
    std::ptrdiff_t messages = 0;   ///< to them
    std::ptrdiff_t to_others = 0;  ///< until they had everything
};

constexpr int healthy = 5;
constexpr int messages_each = 200;

template <class Trouble>
Fare fare(Trouble trouble) {
    Crowd crowd(healthy);
    crowd.turn();
    trouble(crowd);
    for (int i = 0; i < healthy; ++i)
        crowd.sends(crowd.peers[static_cast<std::size_t>(i)]->jid(), messages_each);
    crowd.turns = 0;
    crowd.turn_until([&] {
        return std::all_of(crowd.peers.begin(), crowd.peers.begin() + healthy,
                           [](const auto& peer) { return peer->inbox_grew() >= messages_each; });
    });
    Fare fare{.turns = crowd.turns};
    for (int i = 0; i < healthy; ++i) {
        CHECK(crowd.peers[static_cast<std::size_t>(i)]->values() == one_to(messages_each));
        fare.messages += crowd.messages_to(crowd.peers[static_cast<std::size_t>(i)]->jid());
    }
    fare.to_others = std::ssize(crowd.receivers()) - fare.messages;
    return fare;
}

}  // namespace

TEST_CASE("a live message waits for a few stanzas, whoever else has a backlog") {
    for (const int backlogs : {1, 20}) {
        CAPTURE(backlogs);
        Crowd crowd(backlogs);
        Proxy& live = crowd.add("dash@analyst.example");
        crowd.turn();
        for (int i = 0; i < backlogs; ++i)
            crowd.sends(crowd.peers[static_cast<std::size_t>(i)]->jid(), 4'000 / backlogs);
        crowd.turn_until([&] { return crowd.receivers().size() > 200; });
        std::ptrdiff_t longest = 0;
        for (int i = 1; i <= 5; ++i) {
            const auto before = std::ssize(crowd.receivers());
            crowd.sends(live.jid(), 1);
            crowd.turn_until([&] { return live.inbox_grew() == i; });
            const auto all = crowd.receivers();
            const auto place = std::find(all.begin() + before, all.end(), live.jid());
            longest = std::max(longest, place - (all.begin() + before));
        }
        MESSAGE(backlogs << " backlogs: a live message waits for at most " << longest
                         << " stanzas");
        CHECK(crowd.lorient.waiting() > 1'000);
        // What the transport holds, and what goes while the outbox is asked for the message.
        CHECK(longest <= 4'000 / 400 + 3 * std::ptrdiff_t{stanzas_in_a_turn});
    }
}

TEST_CASE("a dead peer and a slow one, both with a backlog, cost the others two windows in all") {
    const Fare alone = fare([](Crowd&) {});
    const Fare in_company = fare([](Crowd& crowd) {
        const Jid dead = address("dead@elsewhere.example");
        const Jid slow = address("slow@elsewhere.example");
        crowd.network.judge([dead, slow](const MemoryStanza& stanza) {
            // Into a hole, and into a pipe that does not get on.
            if (stanza.to == dead) return Fate::drop;
            if (stanza.to == slow) return Fate::hold;
            return Fate::deliver;
        });
        crowd.sends(dead, 3'000);
        crowd.sends(slow, 3'000);
        crowd.turn();
    });
    MESSAGE(alone.turns << " turns alone, " << in_company.turns << " in company; "
                        << in_company.to_others << " stanzas went to the others");
    CHECK(alone.messages == healthy * messages_each);
    CHECK(in_company.messages == healthy * messages_each);
    const int window = static_cast<int>(LaneLimits{}.window_messages);
    CHECK(in_company.to_others <= 2 * window);
    CHECK(in_company.turns <= alone.turns + 2 * window / static_cast<int>(stanzas_in_a_turn) + 2);
}

TEST_CASE("a circuit that opens and closes is told once each, and can be looked up") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    const auto note = [&] {
        return lorient.ask([](Mailboxes& m) { return m.note("circuit bmhs@coop.example"); });
    };
    CHECK(note().empty());
    network.judge([](const MemoryStanza& stanza) {
        return holds(stanza, "<readings") ? Fate::drop : Fate::deliver;
    });
    lorient.sends(coop.jid(), 3);
    const auto sent = [&] { return lorient.count("courant_messages_sent_total"); };
    bool open = false, half_open = false;
    run_until(
        [&] {
            open = open || note() == "open";
            half_open = half_open || note() == "half-open";
            return open && half_open && sent() > 8;  // several tries
        },
        lorient, coop);
    CHECK(lorient.count("courant_circuits_opened_total") == 1);
    CHECK(lorient.count("courant_circuits_closed_total") == 0);
    network.judge([](const MemoryStanza&) { return Fate::deliver; });
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    lorient.ask([](Mailboxes&) {});
    CHECK(note().empty());
    CHECK(lorient.count("courant_circuits_closed_total") == 1);
    const auto lines = [&](std::string_view text) {
        const std::string log = lorient.log();
        int count = 0;
        for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
            ++count;
        return count;
    };
    CHECK(lines("fault begins") == 1);
    CHECK(lines("fault is over") == 1);
    CHECK(lorient.log().find("no answer for 0.1 s") != std::string::npos);
}

TEST_CASE("what a run before knew of its circuits is forgotten at the next") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    lorient.sends(address("bmhs@coop.example"), 1);
    const auto note = [&] {
        return lorient.ask([](Mailboxes& m) { return m.note("circuit bmhs@coop.example"); });
    };
    run_until([&] { return !note().empty(); }, lorient);  // nobody is there: it bounces
    network.cut(lorient.jid());
    lorient.restart();
    run_until([&] { return note().empty(); }, lorient);
}

TEST_CASE("who tells late of a message that was put together with others adds nothing") {
    FederationSettings settings = patient();
    settings.lanes.coalesce = 1h;
    settings.lane_refresh = 1h;
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", settings);
    Proxy coop(network, "bmhs@coop.example", patient());
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);  // makes the lane
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    network.judge([](const MemoryStanza& stanza) {
        return holds(stanza, "<receipt") ? Fate::hold : Fate::deliver;
    });
    lorient.sends(coop.jid(), 1);
    let_settle(lorient);
    // Numbers 3 and 4; who stored 4 is held up before it can tell.
    lorient.sends(coop.jid(), 1);
    const Enqueued late = lorient.ask([&](Mailboxes& m) {
        Message message{.peer = coop.jid(),
                        .lane = {},
                        .seq = 0,
                        .envelope = {.retain = "P3Y", .grant = {}, .hops = {lorient.jid()}},
                        .body = pack_of(lorient.jid(), 4),
                        .records = 1,
                        .stored_at = Time{}};
        std::tie(message.lane, message.seq) =
            m.enqueue({coop.jid(), message.envelope, message.body, 1}, Time{});
        return Enqueued{.lane = message.lane,
                        .peer = coop.jid(),
                        .seq = message.seq,
                        .fresh = std::move(message)};
    });
    CHECK(late.seq == 4);
    lorient.sends(coop.jid(), std::vector<std::string>{pack_of(lorient.jid(), 5)});
    let_settle(lorient);
    network.judge([](const MemoryStanza&) { return Fate::deliver; });
    let_settle(coop);
    network.release();  // 3, 4 and 5 go as one, under the number 3
    run_until([&] { return coop.values().size() == 5; }, lorient, coop);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    lorient.federation().outbox_grew(std::vector<Enqueued>{late});
    lorient.sends(coop.jid(), std::vector<std::string>{pack_of(lorient.jid(), 6)});
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    CHECK(coop.values() == one_to(6));
}

TEST_CASE("many small extractions become few stanzas, and their readings stay in order") {
    FederationSettings settings = patient();
    settings.lanes.coalesce = 1h;  // nothing here happens by time
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", settings);
    Proxy coop(network, "bmhs@coop.example", patient());
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);  // makes the lane
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    const auto stanzas = [&] {
        const auto all = network.sent();
        return std::count_if(all.begin(), all.end(),
                             [](const MemoryStanza& stanza) { return holds(stanza, "<readings"); });
    };
    network.judge([](const MemoryStanza& stanza) {
        return holds(stanza, "<receipt") ? Fate::hold : Fate::deliver;
    });
    for (int i = 0; i < 41; ++i) {
        lorient.sends(coop.jid(), 1);
        let_settle(lorient);
    }
    CHECK(stanzas() == 2);  // the first that found the lane idle
    CHECK(lorient.waiting() == 41);
    let_settle(coop);
    network.judge([](const MemoryStanza&) { return Fate::deliver; });
    network.release();
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    CHECK(stanzas() == 3);
    CHECK(coop.values() == one_to(42));
}

TEST_CASE("a live reading goes as soon as it is committed, without being read back") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Proxy coop(network, "bmhs@coop.example", patient());
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 1);
    run_until([&] { return coop.values().size() == 1 && lorient.waiting() == 0; }, lorient, coop);

    const Outgoing reading{.peer = coop.jid(),
                           .envelope = {.retain = "P3Y", .grant = {}, .hops = {lorient.jid()}},
                           .body = pack_of(lorient.jid(), 2),
                           .records = 1};
    const auto [lane, seq] = lorient.ask([&](Mailboxes& m) { return m.enqueue(reading, Time{}); });
    Message fresh{.peer = coop.jid(),
                  .lane = lane,
                  .seq = seq,
                  .envelope = reading.envelope,
                  .body = reading.body,
                  .records = 1,
                  .stored_at = Time{}};
    lorient.faults().hold();
    lorient.federation().outbox_grew({{lane, coop.jid(), seq, 1, fresh}});
    run_until([&] { return coop.values().size() == 2; }, lorient, coop);
    CHECK(coop.values() == std::vector<double>{1, 2});
    lorient.faults().mend();
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
}
