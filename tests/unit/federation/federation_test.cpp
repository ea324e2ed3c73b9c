// The promise of the wire: what one proxy's outbox holds is recorded in the other's inbox exactly
// once and in order, whatever happens to the network and to either of them.
#include "proxy-core/federation/federation.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// Two organisations that know each other; lorient sends.
struct Two {
    MemoryNetwork network;
    Proxy lorient;
    Proxy coop;

    explicit Two(const FederationSettings& settings = quick())
        : lorient(network, "zabbix@lorient.example", settings),
          coop(network, "bmhs@coop.example", settings) {
        coop.knows(lorient.jid());
        lorient.knows(coop.jid());
    }
    /// Until that many values arrived and the outbox is empty.
    void finish(int messages) {
        run_until(
            [&] {
                return coop.values().size() >= static_cast<std::size_t>(messages) &&
                       lorient.waiting() == 0;
            },
            lorient, coop);
    }
    /// How many stanzas with that text somebody sent.
    std::ptrdiff_t sent(const Proxy& by, std::string_view text) const {
        const auto all = network.sent();
        return std::count_if(all.begin(), all.end(), [&](const MemoryStanza& stanza) {
            return stanza.from.bare() == by.jid() && stanza.text.find(text) != std::string::npos;
        });
    }
};

bool holds(const MemoryStanza& stanza, std::string_view text) {
    return stanza.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("what is put into the outbox arrives once, in order, and leaves the outbox") {
    Two two;
    two.lorient.sends(two.coop.jid(), 200);
    two.finish(200);
    CHECK(two.coop.values() == one_to(200));
    CHECK(two.coop.dead().empty());
    CHECK(two.coop.inbox_grew() == 200);
    CHECK(two.lorient.lane_to(two.coop.jid()).acknowledged == 200);
    CHECK(two.sent(two.lorient, "<readings") == 200);
}

TEST_CASE("messages come with what their envelope says of them") {
    Two two;
    two.lorient.ask([&](Mailboxes& m) {
        return m.enqueue({two.coop.jid(),
                          {"P1Y6M",
                           "contract 7 & <more>",
                           Quality::validated,
                           {two.lorient.jid(), address("relay@middle.example")}},
                          pack_of(two.lorient.jid(), 1),
                          1},
                         Time{});
    });
    two.finish(1);
    const auto arrived =
        two.coop.ask([](Mailboxes& m) { return m.inbox(0, PageLimit{}); }).at(0).message;
    CHECK(arrived.peer == two.lorient.jid());
    CHECK(arrived.seq == 1);
    CHECK(arrived.records == 1);
    CHECK(arrived.envelope == Envelope{"P1Y6M",
                                       "contract 7 & <more>",
                                       Quality::validated,
                                       {two.lorient.jid(), address("relay@middle.example")}});
}

TEST_CASE("no receipt goes back before the commit") {
    Two two(patient());
    let_settle(two.lorient, two.coop);
    two.coop.faults().hold();
    two.lorient.sends(two.coop.jid(), 3);
    run_until([&] { return two.sent(two.lorient, "<readings") == 3; }, two.lorient, two.coop);
    for (int i = 0; i < 20; ++i) {
        two.lorient.turn();
        two.coop.turn();
    }
    CHECK(two.sent(two.coop, "<receipt") == 0);
    two.coop.faults().mend();
    two.finish(3);
    CHECK(two.sent(two.coop, "<receipt") > 0);
}

TEST_CASE("while commits fail there is no receipt; the messages are sent again and arrive once") {
    Two two;
    let_settle(two.lorient, two.coop);
    two.coop.faults().fail();
    two.lorient.sends(two.coop.jid(), 5);
    run_until([&] { return two.sent(two.lorient, "seq='1'") >= 3; }, two.lorient, two.coop);
    CHECK(two.sent(two.coop, "<receipt") == 0);
    CHECK(two.lorient.waiting() == 5);
    CHECK(two.coop.log().find("the disk is full") != std::string::npos);
    two.coop.faults().mend();
    two.finish(5);
    CHECK(two.coop.values() == one_to(5));
}

TEST_CASE("a row leaves the outbox only by a receipt") {
    Two two;
    two.network.judge([](const MemoryStanza& stanza) {
        return holds(stanza, "<receipt") || holds(stanza, "<resume") ? Fate::drop : Fate::deliver;
    });
    two.lorient.sends(two.coop.jid(), 5);
    run_until([&] { return two.sent(two.lorient, "seq='1'") >= 3; }, two.lorient, two.coop);
    CHECK(two.coop.values() == one_to(5));
    CHECK(two.lorient.waiting() == 5);
    two.network.judge([](const MemoryStanza&) { return Fate::deliver; });
    two.finish(5);
    CHECK(two.coop.values() == one_to(5));
    CHECK(two.coop.count("courant_messages_repeated_total") >= 2);
}

TEST_CASE("a receipt whose commit fails at the sender is stored later") {
    Two two(patient());
    two.network.judge([&](const MemoryStanza& stanza) {
        if (holds(stanza, "<receipt")) two.lorient.faults().fail();
        return Fate::deliver;
    });
    two.lorient.sends(two.coop.jid(), 1);
    run_until([&] { return two.lorient.count("courant_store_failures_total") > 0; }, two.lorient,
              two.coop);
    two.lorient.faults().mend();
    CHECK(two.lorient.waiting() == 1);
    run_until([&] { return two.lorient.waiting() == 0; }, two.lorient, two.coop);
    CHECK(two.sent(two.lorient, "<readings") == 1);
}

TEST_CASE("with XMPP down at the start messages wait in the outbox and go when it is up") {
    Two two;
    two.network.cut(two.lorient.jid());
    two.lorient.restart();
    two.lorient.sends(two.coop.jid(), 10);
    let_settle(two.lorient, two.coop);
    CHECK(two.lorient.waiting() == 10);
    CHECK_FALSE(two.lorient.federation().online());
    two.network.mend(two.lorient.jid());
    two.finish(10);
    CHECK(two.coop.values() == one_to(10));
}

TEST_CASE("a connection that is cut in the middle costs nothing and repeats nothing in the inbox") {
    for (const bool cut_the_sender : {true, false}) {
        CAPTURE(cut_the_sender);
        Two two;
        const Jid victim = cut_the_sender ? two.lorient.jid() : two.coop.jid();
        bool cut = false;
        two.network.judge([&](const MemoryStanza& stanza) {
            if (holds(stanza, "seq='40'") && !std::exchange(cut, true)) two.network.cut(victim);
            return Fate::deliver;
        });
        two.lorient.sends(two.coop.jid(), 100);
        run_until([&] { return cut; }, two.lorient, two.coop);
        let_settle(two.lorient, two.coop);
        CHECK(two.coop.values().size() < 100);
        two.network.mend(victim);
        two.finish(100);
        CHECK(two.coop.values() == one_to(100));
    }
}

TEST_CASE("a peer that comes back says where it stands, and its lane goes on at once") {
    Two two(patient());
    two.lorient.sends(two.coop.jid(), 1);
    two.finish(1);
    two.network.cut(two.coop.jid());
    let_settle(two.coop);
    two.lorient.sends(two.coop.jid(), 4);
    run_until([&] { return two.lorient.count("courant_bounces_total") > 0; }, two.lorient);
    CHECK(two.lorient.waiting() == 4);
    two.network.mend(two.coop.jid());
    two.finish(5);  // an hour before the lane would have tried again
    CHECK(two.coop.values() == one_to(5));
}

TEST_CASE("a bounce pauses the lane, and is never data") {
    Two two(patient());
    two.network.judge([](const MemoryStanza& stanza) {
        return holds(stanza, "<readings") ? Judgement("wait", "remote-server-timeout")
                                          : Judgement(Fate::deliver);
    });
    two.lorient.sends(two.coop.jid(), 20);
    run_until([&] { return two.lorient.count("courant_bounces_total") == 20; }, two.lorient,
              two.coop);
    let_settle(two.lorient, two.coop);
    CHECK(two.sent(two.lorient, "<readings") == 20);  // once each, then silence
    CHECK(two.lorient.waiting() == 20);
    CHECK(two.lorient.values().empty());
    CHECK(two.lorient.dead().empty());
    CHECK(two.lorient.log().find("remote-server-timeout") != std::string::npos);
}

TEST_CASE("after a bounce the lane tries its first message alone, then goes on with all") {
    Two two;
    int bounces = 0;
    two.network.judge([&](const MemoryStanza& stanza) {
        return holds(stanza, "<readings") && ++bounces <= 10 ? Fate::bounce : Fate::deliver;
    });
    two.lorient.sends(two.coop.jid(), 8);
    two.finish(8);
    CHECK(two.coop.values() == one_to(8));
    CHECK(two.sent(two.lorient, "seq='8'") <= 3);
}

TEST_CASE("a sender that restarts in the middle goes on where the receipts had come to") {
    Two two;
    two.lorient.sends(two.coop.jid(), 50);
    run_until([&] { return two.coop.values().size() >= 10; }, two.lorient, two.coop);
    two.lorient.restart();
    two.lorient.sends(two.coop.jid(), 50);
    two.finish(100);
    CHECK(two.coop.values() == one_to(100));
}

TEST_CASE("a receiver that restarts in the middle takes nothing in twice") {
    Two two;
    two.lorient.sends(two.coop.jid(), 100);
    run_until([&] { return two.coop.values().size() >= 10; }, two.lorient, two.coop);
    two.coop.restart();
    two.finish(100);
    CHECK(two.coop.values() == one_to(100));
}

TEST_CASE("messages that somebody else put into the outbox are found") {
    Two two;
    two.lorient.ask([&](Mailboxes& m) {
        return m.enqueue({two.coop.jid(),
                          {.retain = "P3Y", .grant = {}, .hops = {}},
                          pack_of(two.lorient.jid(), 1),
                          1},
                         Time{});
    });
    two.finish(1);
    CHECK(two.coop.values() == one_to(1));
}

TEST_CASE("a destination that is down costs the other one nothing") {
    Two two(patient());
    Proxy analyst(two.network, "dash@analyst.example", patient());
    analyst.knows(two.lorient.jid());
    two.network.cut(two.coop.jid());
    std::vector<std::string> packs;
    for (const double value : one_to(100)) packs.push_back(pack_of(two.lorient.jid(), value));
    two.lorient.sends(two.coop.jid(), packs);
    two.lorient.sends(analyst.jid(), packs);
    run_until([&] { return analyst.values().size() == 100; }, two.lorient, two.coop, analyst);
    CHECK(analyst.values() == one_to(100));
    CHECK(two.lorient.lane_to(two.coop.jid()).waiting_messages == 100);
    two.network.mend(two.coop.jid());
}

TEST_CASE("nothing new goes out while the connection cannot take it") {
    FederationSettings settings = patient();
    settings.transport_bytes = 2'000;
    Two two(settings);
    Proxy analyst(two.network, "dash@analyst.example", patient());
    analyst.knows(two.lorient.jid());
    let_settle(two.lorient, two.coop, analyst);
    two.network.clog(two.lorient.jid());
    two.lorient.sends(two.coop.jid(), 100);
    let_settle(two.lorient, two.coop);
    const std::size_t queued = two.lorient.transport().queued_bytes();
    CHECK(queued > 2'000);
    two.lorient.sends(analyst.jid(), {pack_of(two.lorient.jid(), 1)});
    let_settle(two.lorient, analyst);
    CHECK(two.lorient.transport().queued_bytes() == queued);
    two.network.unclog(two.lorient.jid());
    run_until([&] { return two.lorient.waiting() == 0; }, two.lorient, two.coop, analyst);
    CHECK(two.coop.values() == one_to(100));
    CHECK(analyst.values() == one_to(1));
}

TEST_CASE("reading from the network pauses while the store is behind") {
    FederationSettings settings = patient();
    settings.intake_bytes = 1'000;
    Two two(settings);
    Client other(two.network, "admin@lorient.example");
    const auto turn_all = [&] {
        for (int i = 0; i < 50; ++i) {
            two.lorient.turn();
            two.coop.turn();
            other.turn();
        }
    };
    turn_all();
    two.coop.faults().hold();
    two.lorient.sends(two.coop.jid(), 300);
    turn_all();
    other.says(
        "<iq type='get' id='q' to='bmhs@coop.example/courant'>"
        "<ping xmlns='urn:xmpp:ping'/></iq>");
    turn_all();
    CHECK(other.heard().empty());
    two.coop.faults().mend();
    two.finish(300);
    CHECK(two.coop.values() == one_to(300));
    run_until([&] { return other.heard().size() == 1; }, two.coop, other);
}

TEST_CASE("an XEP-0184 request is answered after the commit") {
    Two two(patient());
    Client phone(two.network, "phone@lorient.example");
    two.coop.knows(phone.jid());
    let_settle(two.coop);
    two.coop.faults().hold();
    phone.says(two.coop.jid(),
               "<readings xmlns='urn:courant:0' lane='L' seq='1' retain='P1D'>" +
                   pack_of(phone.jid(), 1) + "</readings><request xmlns='urn:xmpp:receipts'/>",
               "n 1");
    for (int i = 0; i < 20; ++i) two.coop.turn();
    phone.turn();
    CHECK(phone.heard().empty());
    two.coop.faults().mend();
    run_until([&] { return phone.heard().size() == 2; }, two.coop, phone);
    const auto received = std::find_if(
        phone.heard().begin(), phone.heard().end(),
        [](const Element& stanza) { return stanza.child("received", receipts_namespace); });
    REQUIRE(received != phone.heard().end());
    CHECK(received->child("received", receipts_namespace)->attribute("id") == "n 1");
}

TEST_CASE("service discovery and ping are answered, what nobody knows is refused") {
    Two two;
    Client other(two.network, "admin@lorient.example");
    const std::string coop = two.coop.jid().to_string() + "/courant";
    const auto ask = [&](std::string_view type, std::string_view content) {
        other.says("<iq type='" + std::string(type) + "' id='q' to='" + coop + "'>" +
                   std::string(content) + "</iq>");
        const auto before = other.heard().size();
        run_until([&] { return other.heard().size() > before; }, two.coop, other);
        return other.heard().back();
    };
    CHECK(ask("get", "<ping xmlns='urn:xmpp:ping'/>").attribute("type") == "result");
    CHECK(ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>").attribute("type") ==
          "result");
    CHECK(ask("set", "<x xmlns='urn:example:unknown'/>").attribute("type") == "error");
}
