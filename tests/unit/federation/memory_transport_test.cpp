#include "proxy-core/federation/memory_transport.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace courant;
using namespace std::chrono_literals;

namespace {

Jid jid(const std::string& text) {
    return Jid::parse(text).value();
}

const Jid coop = jid("zabbix@coop.example");
const Jid lorient = jid("meter@lorient.example");

/// Writes down what a transport tells.
struct Diary : TransportListener {
    std::vector<std::string> online, offline, stanzas;
    void on_online(const Jid& full_jid) override { online.push_back(full_jid.to_string()); }
    void on_offline(const SessionLoss& loss) override { offline.push_back(loss.reason); }
    void on_stanza(std::string_view stanza) override { stanzas.emplace_back(stanza); }
};

/// Two organisations, online.
struct Pair {
    MemoryNetwork network;
    MemoryTransport a{network, coop};
    MemoryTransport b{network, lorient};
    Diary at_a, at_b;

    Pair() {
        a.open();
        b.open();
        settle();
    }
    void settle() {
        for (int i = 0; i < 4; ++i) {
            a.poll(0ms, at_a);
            b.poll(0ms, at_b);
        }
    }
};

std::string note(int number) {
    return "<message to='meter@lorient.example' id='" + std::to_string(number) + "'><n/></message>";
}

std::string noted(int number) {
    return "<message to='meter@lorient.example' id='" + std::to_string(number) +
           "' from='zabbix@coop.example/courant'><n/></message>";
}

}  // namespace

TEST_CASE("a stanza arrives once, in order, stamped with the sender's full JID") {
    Pair pair;
    CHECK(pair.at_a.online == std::vector<std::string>{"zabbix@coop.example/courant"});
    pair.a.send(note(1));
    pair.a.send("<message from='liar@coop.example' to=\"meter@lorient.example\" id='2'/>");
    pair.settle();
    REQUIRE(pair.at_b.stanzas.size() == 2);
    CHECK(pair.at_b.stanzas[0] == noted(1));
    CHECK(pair.at_b.stanzas[1] ==
          "<message to='meter@lorient.example' id='2' from='zabbix@coop.example/courant'/>");
}

TEST_CASE("a judge drops, doubles, holds and bounces single stanzas") {
    Pair pair;
    pair.network.judge([](const MemoryStanza& stanza) -> Judgement {
        if (stanza.text.find("id='1'") != std::string::npos) return Fate::drop;
        if (stanza.text.find("id='2'") != std::string::npos) return Fate::duplicate;
        if (stanza.text.find("id='3'") != std::string::npos) return Fate::hold;
        if (stanza.text.find("type='error'") == std::string::npos &&
            stanza.text.find("id='4'") != std::string::npos) {
            return {"wait", "resource-constraint"};
        }
        return Fate::deliver;
    });
    for (int i = 1; i <= 5; ++i) pair.a.send(note(i));
    pair.settle();
    CHECK(pair.at_b.stanzas == std::vector<std::string>{noted(2), noted(2), noted(5)});
    CHECK(pair.network.release() == 1);
    CHECK(pair.network.release() == 0);
    pair.settle();
    CHECK(pair.at_b.stanzas.back() == noted(3));
    REQUIRE(pair.at_a.stanzas.size() == 1);
    CHECK(pair.at_a.stanzas[0] ==
          "<message id='4' type='error' from='meter@lorient.example' "
          "to='zabbix@coop.example/courant'><n/><error type='wait'><resource-constraint "
          "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    CHECK(pair.network.sent().size() == 5);
}

TEST_CASE("a cut link ends the session and loses what it had not read; mending begins a new one") {
    Pair pair;
    pair.a.send(note(1));
    pair.network.cut(lorient, {.reason = "the cable", .needs_operator = false});
    pair.settle();
    CHECK(pair.at_b.stanzas.empty());
    CHECK(pair.at_b.offline == std::vector<std::string>{"the cable"});

    pair.b.send("<message to='zabbix@coop.example'/>");
    pair.network.mend(lorient);
    pair.settle();
    CHECK(pair.at_b.online.size() == 2);
    CHECK(pair.at_a.stanzas.empty());
}

TEST_CASE("messages for the absent bounce with their payload, or wait for them") {
    Pair pair;
    pair.network.cut(lorient);
    pair.a.send(note(1));
    pair.settle();
    REQUIRE(pair.at_a.stanzas.size() == 1);
    CHECK(pair.at_a.stanzas[0].find("<n/><error type='cancel'><service-unavailable") !=
          std::string::npos);

    pair.network.when_absent(Absence::store);
    pair.a.send(note(2));
    pair.a.send(note(3));
    pair.network.mend(lorient);
    pair.settle();
    CHECK(pair.at_b.stanzas == std::vector<std::string>{noted(2), noted(3)});
}

TEST_CASE("errors and results are never answered with an error") {
    Pair pair;
    pair.a.send("<message to='nobody@lorient.example' type='error'/>");
    pair.a.send("<iq to='meter@lorient.example' type='result' id='1'/>");
    pair.a.send("<presence to='nobody@lorient.example'/>");
    pair.settle();
    CHECK(pair.at_a.stanzas.empty());
}

TEST_CASE("a server answers iqs to itself and to bare JIDs; full JIDs answer for themselves") {
    Pair pair;
    pair.a.send("<iq to='coop.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    pair.a.send("<iq to='meter@lorient.example' type='get' id='2'><q xmlns='x'/></iq>");
    pair.a.send("<iq to='meter@lorient.example/courant' type='get' id='3'><q xmlns='x'/></iq>");
    pair.settle();
    REQUIRE(pair.at_a.stanzas.size() == 2);
    CHECK(pair.at_a.stanzas[0] ==
          "<iq id='1' from='coop.example' to='zabbix@coop.example/courant' type='result'/>");
    CHECK(pair.at_a.stanzas[1].find("type='error'") != std::string::npos);
    CHECK(pair.at_b.stanzas.size() == 1);
}

TEST_CASE("a clogged link keeps stanzas queued until it is free") {
    Pair pair;
    pair.network.clog(coop);
    pair.a.send(note(1));
    pair.a.send(note(2));
    pair.settle();
    CHECK(pair.a.queued_bytes() == 2 * note(1).size());
    CHECK(pair.at_b.stanzas.empty());
    pair.network.unclog(coop);
    pair.settle();
    CHECK(pair.a.queued_bytes() == 0);
    CHECK(pair.at_b.stanzas == std::vector<std::string>{noted(1), noted(2)});
}

TEST_CASE("nothing is sent or heard after close") {
    Pair pair;
    pair.b.close();
    pair.b.send("<message to='zabbix@coop.example'/>");
    pair.a.send(note(1));
    pair.settle();
    CHECK(pair.at_b.stanzas.empty());
    CHECK(pair.at_b.offline.empty());
    CHECK(pair.at_a.stanzas.size() == 1);
}

TEST_CASE("threads exchange stanzas in order, and wake() ends a wait") {
    MemoryNetwork network;
    MemoryTransport a(network, coop);
    MemoryTransport b(network, lorient);
    Diary at_b;
    std::thread receiver([&] {
        b.open();
        while (at_b.stanzas.size() < 1000) b.poll(1h, at_b);
    });
    Diary at_a;
    network.when_absent(Absence::store);
    a.open();
    a.poll(1h, at_a);
    for (int i = 0; i < 1000; ++i) a.send(note(i));
    receiver.join();
    for (int i = 0; i < 1000; ++i) CHECK(at_b.stanzas[static_cast<std::size_t>(i)] == noted(i));

    std::thread waker([&] { a.wake(); });
    a.poll(1h, at_a);
    waker.join();
    CHECK(at_a.stanzas.empty());
}
