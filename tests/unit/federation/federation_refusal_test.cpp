// What a proxy does with what it will not take, from whom it does not know, and from peers that
// break the protocol: it says so, keeps it where people see it, and goes on.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// A proxy, and a client that speaks the protocol by hand.
struct ByHand {
    MemoryNetwork network;
    Proxy coop{network, "bmhs@coop.example", patient()};
    Client town{network, "meter@town.example"};

    explicit ByHand(bool relay = false) {
        coop.knows(town.jid(), relay);
        let_settle(coop, town);
    }
    /// Sends readings with these attributes, and waits for what follows.
    void readings(const std::string& attributes, const std::string& content) {
        town.says(coop.jid(), "<readings xmlns='urn:courant:0' lane='L' " + attributes + ">" +
                                  content + "</readings>");
        let_settle(coop, town);
    }
    /// The lane through which the proxy sends to the client.
    LaneId lane() { return coop.lane_to(town.jid()).lane; }
    void answers(const std::string& name, const std::string& rest) {
        town.says(coop.jid(),
                  fmt::format("<{} xmlns='urn:courant:0' lane='{}' {}", name, lane().value, rest));
        let_settle(coop, town);
    }
    std::ptrdiff_t sent_by_coop(std::string_view text) const {
        const auto all = network.sent();
        return std::count_if(all.begin(), all.end(), [&](const MemoryStanza& stanza) {
            return stanza.from.bare() == coop.jid() && stanza.text.find(text) != std::string::npos;
        });
    }
};

constexpr auto retained = "retain='P3Y' hops='meter@town.example'";

std::string numbered(int seq, std::string_view attributes = retained) {
    return fmt::format("seq='{}' {}", seq, attributes);
}

}  // namespace

TEST_CASE("a stranger is told that it is none, and leaves no trace in the store") {
    MemoryNetwork network;
    Proxy coop(network, "bmhs@coop.example", patient());
    Client eve(network, "eve@evil.example");
    for (const std::string& content :
         {"<readings xmlns='urn:courant:0' lane='L' seq='1' retain='P3Y'>" + pack_of(eve.jid(), 1) +
              "</readings>",
          std::string("<void xmlns='urn:courant:0' lane='L' seq='1' reason='none'/>")}) {
        CAPTURE(content);
        eve.says(coop.jid(), content, "e1");
        const auto before = eve.heard().size();
        run_until([&] { return eve.heard().size() > before; }, coop, eve);
        const Element& answer = eve.heard().back();
        CHECK(answer.attribute("type") == "error");
        CHECK(answer.attribute("id") == "e1");
        const Element* error = answer.child("error", client_namespace);
        REQUIRE(error);
        CHECK(error->attribute("type") == "auth");
        CHECK(error->child("forbidden", "urn:ietf:params:xml:ns:xmpp-stanzas"));
    }
    CHECK(coop.count("courant_messages_from_strangers_total") == 2);
    CHECK(coop.log().find("eve@evil.example") != std::string::npos);
    CHECK(coop.ask([](Mailboxes& m) { return m.incoming_lanes().size(); }) == 0);
    CHECK(coop.values().empty());
    CHECK(coop.dead().empty());
}

TEST_CASE("a stranger's receipts and resumes are ignored") {
    ByHand by_hand;
    Client eve(by_hand.network, "eve@evil.example");
    by_hand.coop.sends(by_hand.town.jid(), 3);
    let_settle(by_hand.coop, by_hand.town);
    for (const char* content : {"<receipt xmlns='urn:courant:0' lane='{}' through='3'/>",
                                "<resume xmlns='urn:courant:0' lane='{}' next='4'/>"}) {
        eve.says(by_hand.coop.jid(), fmt::format(fmt::runtime(content), by_hand.lane().value));
        let_settle(by_hand.coop, eve);
    }
    CHECK(by_hand.coop.waiting() == 3);
    CHECK(eve.heard().empty());
}

TEST_CASE("a name that the sender may not speak is refused on both sides, and the lane goes on") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    const std::string foreign = pack_of(address("meter@town.example"), 2);
    lorient.sends(coop.jid(), {pack_of(lorient.jid(), 1), foreign, pack_of(lorient.jid(), 3)});
    run_until([&] { return coop.values().size() == 2 && lorient.waiting() == 0; }, lorient, coop);
    CHECK(coop.values() == std::vector<double>{1, 3});

    const auto arrived = coop.dead();
    REQUIRE(arrived.size() == 1);
    CHECK(arrived[0].origin == DeadOrigin::arrived);
    CHECK(arrived[0].whom == "zabbix@lorient.example");
    CHECK(arrived[0].seq == 2);
    CHECK(arrived[0].payload == foreign);
    CHECK(arrived[0].reason ==
          "zabbix@lorient.example may not speak "
          "meter@town.example/school@town.example/pv/power");

    const auto sent = lorient.dead();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].origin == DeadOrigin::sent);
    CHECK(sent[0].whom == "bmhs@coop.example");
    CHECK(sent[0].reason == arrived[0].reason);
    CHECK(sent[0].payload == foreign);
    CHECK(sent[0].envelope.retain == "P3Y");
}

TEST_CASE(
    "one foreign record costs that record: the others are taken in, both sides keep the one") {
    const auto pack = [](const Jid& whose, int first, const Jid& odd) {
        std::string records;
        for (int i = first; i < first + 3; ++i) {
            const Jid& speaker = i == first + 1 ? odd : whose;
            records += fmt::format("<senml n='{}:{}/school:town.example/pv' u='W' t='{}' v='{}'/>",
                                   speaker.local(), speaker.domain(), 1'780'000'000 + i, i);
        }
        return "<sensml xmlns='urn:ietf:params:xml:ns:senml'>" + records + "</sensml>";
    };
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), {pack(lorient.jid(), 1, address("eve@evil.example")),
                               pack(lorient.jid(), 4, lorient.jid())});
    run_until([&] { return coop.values().size() == 5 && lorient.waiting() == 0; }, lorient, coop);
    CHECK(coop.values() == std::vector<double>{1, 3, 4, 5, 6});
    CHECK(coop.count("courant_records_refused_total") == 1);
    CHECK(coop.count("courant_messages_refused_total") == 0);
    CHECK(coop.count("courant_readings_received_total") == 5);
    for (const auto& dead : {coop.dead(), lorient.dead()}) {
        REQUIRE(dead.size() == 1);
        CHECK(dead[0].seq == 1);
        CHECK(dead[0].record == 2);
        CHECK(dead[0].payload.find("eve:evil.example") != std::string::npos);
        CHECK(dead[0].payload.find("zabbix:lorient.example") == std::string::npos);
        CHECK(dead[0].reason ==
              "zabbix@lorient.example may not speak eve@evil.example/school@town.example/pv");
    }
}

TEST_CASE("a message of which a record was refused is answered alike when it comes again") {
    ByHand by_hand;
    const std::string body =
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'>"
        "<senml n='meter:town.example/school:town.example/pv' v='1' t='1780000000'/>"
        "<senml n='urn:dev:ow:1' v='2' t='1780000000'/></sensml>";
    for (int i = 0; i < 3; ++i) by_hand.readings(numbered(1), body);
    CHECK(by_hand.coop.values() == one_to(1));
    CHECK(by_hand.coop.dead().size() == 1);
    const auto receipts = by_hand.town.receipts();
    REQUIRE(receipts.size() == 3);
    for (const Receipt& receipt : receipts) {
        REQUIRE(receipt.rejects.size() == 1);
        CHECK(receipt.rejects[0].record == 2);
        CHECK(receipt.through == 1);
    }
}

TEST_CASE("a relay may speak the names of others") {
    ByHand by_hand(true);
    by_hand.readings(numbered(1), pack_of(address("zabbix@lorient.example"), 7));
    CHECK(by_hand.coop.values() == std::vector<double>{7});
    CHECK(by_hand.coop.dead().empty());
}

TEST_CASE("deployed peers' spelling of names, with @, is accepted") {
    ByHand by_hand;
    by_hand.readings(
        numbered(1),
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml "
        "n='meter@town.example/school@town.example/pv' v='4' t='1780000000'/></sensml>");
    CHECK(by_hand.coop.values() == std::vector<double>{4});
}

TEST_CASE("a message that cannot be used is answered with a reject, and the next one goes on") {
    const std::string good = pack_of(address("meter@town.example"), 1);
    const auto pack = [](const std::string& records) {
        return "<sensml xmlns='urn:ietf:params:xml:ns:senml'>" + records + "</sensml>";
    };
    struct Case {
        std::string what;
        std::string attributes;
        std::string content;
        std::string reason;
    };
    const std::vector<Case> cases{
        {"no retain", "hops=''", good, "retain= is missing"},
        {"a retain that is none", "retain='3 years'", good, "no ISO 8601 duration"},
        {"a quality that is none", "retain='P3Y' quality='splendid'", good, "quality="},
        {"hops that are none", "retain='P3Y' hops='nobody'", good, "hops="},
        {"it passed here", "retain='P3Y' hops='a@b.example bmhs@coop.example'", good, "hops"},
        {"no pack", retained, "", "<sensml>"},
        {"an empty pack", retained, pack(""), "without records"},
        {"a value that is none", retained,
         pack("<senml n='meter:town.example/school:town.example/pv' v='null'/>"), "record 1"},
        {"no federated name", retained, pack("<senml n='urn:dev:ow:1' v='1'/>"),
         "no federated name"},
        {"a version that nobody knows", retained,
         pack("<senml bver='11' n='meter:town.example/school:town.example/pv' v='1'/>"), "bver"},
        {"a prefix declared outside of the pack",
         "retain='P3Y' xmlns:s='urn:ietf:params:xml:ns:senml'",
         "<s:sensml><s:senml n='meter:town.example/school:town.example/pv' v='1'/></s:sensml>",
         "XML"},
        {"a grant of 300 bytes", "retain='P3Y' grant='" + std::string(300, 'g') + "'", good,
         "grant="},
    };
    for (const Case& bad : cases) {
        CAPTURE(bad.what);
        ByHand by_hand;
        by_hand.readings(numbered(1, bad.attributes), bad.content);
        by_hand.readings(numbered(2), good);
        CHECK(by_hand.coop.values() == std::vector<double>{1});
        const auto receipts = by_hand.town.receipts();
        REQUIRE(receipts.size() == 2);
        CHECK(receipts[0].through == 1);
        REQUIRE(receipts[0].rejects.size() == 1);
        CHECK(receipts[0].rejects[0].seq == 1);
        CHECK(receipts[0].rejects[0].reason.find(bad.reason) != std::string::npos);
        CHECK(receipts[1].through == 2);
        CHECK(receipts[1].rejects.empty());
        REQUIRE(by_hand.coop.dead().size() == 1);
        CHECK(by_hand.coop.dead()[0].reason == receipts[0].rejects[0].reason);
        CHECK(by_hand.coop.dead()[0].origin == DeadOrigin::arrived);
    }
}

TEST_CASE("a refused message that comes again is refused again, and buried once") {
    ByHand by_hand;
    for (int i = 0; i < 3; ++i)
        by_hand.readings(numbered(1), pack_of(address("eve@evil.example"), 1));
    CHECK(by_hand.coop.dead().size() == 1);
    const auto receipts = by_hand.town.receipts();
    REQUIRE(receipts.size() == 3);
    CHECK(receipts.back().rejects.size() == 1);
}

TEST_CASE("stanzas that break the protocol are counted, and cost nothing else") {
    ByHand by_hand;
    for (const char* content :
         {"<readings xmlns='urn:courant:0' seq='1' retain='P3Y'/>",
          "<readings xmlns='urn:courant:0' lane='L' seq='0' retain='P3Y'/>",
          "<readings xmlns='urn:courant:0' lane='L' seq='9999999999999999999' retain='P3Y'/>",
          "<receipt xmlns='urn:courant:0' lane='L'/>", "<greeting xmlns='urn:courant:0' lane='L'/>",
          "<receipt xmlns='urn:courant:0' lane='nobody knows it' through='1'/>"}) {
        CAPTURE(content);
        const auto before = by_hand.coop.count("courant_stanzas_refused_total");
        by_hand.town.says(by_hand.coop.jid(), content);
        let_settle(by_hand.coop, by_hand.town);
        CHECK(by_hand.coop.count("courant_stanzas_refused_total") == before + 1);
    }
    CHECK(by_hand.town.heard().empty());
    by_hand.readings(numbered(1), pack_of(by_hand.town.jid(), 1));
    CHECK(by_hand.coop.values() == one_to(1));
}

TEST_CASE("deep nesting and floods of elements are refused unread") {
    ByHand by_hand;
    std::string deep, flood;
    for (int i = 0; i < 5'000; ++i) deep += "<a>";
    for (int i = 0; i < 5'000; ++i) deep += "</a>";
    for (int i = 0; i < 5'000; ++i) flood += "<a/>";
    by_hand.town.says(by_hand.coop.jid(), deep);
    by_hand.town.says(by_hand.coop.jid(), flood);
    let_settle(by_hand.coop, by_hand.town);
    CHECK(by_hand.coop.count("courant_stanzas_refused_total") == 2);
}

TEST_CASE("an error that carries readings is no readings, even from a peer") {
    ByHand by_hand;
    by_hand.town.says(
        fmt::format("<message type='error' to='{}' id='L.1'><readings xmlns='urn:courant:0' "
                    "lane='L' seq='1' retain='P3Y'>{}</readings><error type='cancel'/></message>",
                    by_hand.coop.jid().to_string(), pack_of(by_hand.town.jid(), 1)));
    let_settle(by_hand.coop, by_hand.town);
    CHECK(by_hand.coop.values().empty());
    CHECK(by_hand.coop.ask([](Mailboxes& m) { return m.incoming_lanes().size(); }) == 0);
    CHECK(by_hand.coop.count("courant_stray_errors_total") == 1);
}

TEST_CASE("a receipt beyond what was given out is ignored and logged") {
    ByHand by_hand;
    by_hand.coop.sends(by_hand.town.jid(), 3);
    let_settle(by_hand.coop, by_hand.town);
    by_hand.answers("receipt", "through='4'/>");
    by_hand.answers("resume", "next='5'/>");
    CHECK(by_hand.coop.waiting() == 3);
    CHECK(by_hand.coop.log().find("acknowledges what was never sent") != std::string::npos);
    by_hand.answers("receipt", "through='3'/>");
    CHECK(by_hand.coop.waiting() == 0);
}

TEST_CASE("a reject becomes one dead letter, however often it is said") {
    ByHand by_hand;
    by_hand.coop.sends(by_hand.town.jid(), 3);
    let_settle(by_hand.coop, by_hand.town);
    const std::string rejecting = "through='1'><reject seq='2' record='1' reason='no'/></receipt>";
    by_hand.answers("receipt", rejecting);
    by_hand.answers("receipt", rejecting);
    by_hand.answers("receipt", "through='3'><reject seq='2' record='1' reason='no'/></receipt>");
    by_hand.answers("receipt", "through='3'><reject seq='2' record='1' reason='no'/></receipt>");
    REQUIRE(by_hand.coop.dead().size() == 1);
    CHECK(by_hand.coop.dead()[0].seq == 2);
    CHECK(by_hand.coop.dead()[0].record == 1);
    CHECK(by_hand.coop.dead()[0].payload.find("v=\"2\"") != std::string::npos);
}

TEST_CASE("a reject is not lost where the sender's store fails") {
    ByHand by_hand;
    by_hand.coop.sends(by_hand.town.jid(), 2);
    let_settle(by_hand.coop, by_hand.town);
    const std::string lane = by_hand.lane().value;
    by_hand.coop.faults().fail();
    by_hand.town.says(by_hand.coop.jid(),
                      fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='2'><reject "
                                  "seq='2' reason='too dear'/></receipt>",
                                  lane));
    run_until([&] { return by_hand.coop.count("courant_store_failures_total") > 0; }, by_hand.coop);
    by_hand.coop.faults().mend();
    run_until([&] { return by_hand.coop.waiting() == 0; }, by_hand.coop);
    REQUIRE(by_hand.coop.dead().size() == 1);
    CHECK(by_hand.coop.dead()[0].reason == "too dear");
    CHECK(by_hand.coop.dead()[0].payload == pack_of(by_hand.coop.jid(), 2));
}

TEST_CASE("many rejects go in several receipts, and the number that lets them go comes last") {
    FederationSettings wide = patient();
    wide.lanes.window_messages = 200;
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", wide);
    Proxy coop(network, "bmhs@coop.example", wide);
    coop.knows(lorient.jid());
    let_settle(lorient, coop);
    std::vector<std::string> packs;
    for (const double value : one_to(200))
        packs.push_back(pack_of(address("eve@evil.example"), value));
    coop.faults().hold();
    lorient.sends(coop.jid(), packs);
    const auto sent = [&](std::string_view text) {
        const auto all = network.sent();
        return std::count_if(all.begin(), all.end(), [&](const MemoryStanza& stanza) {
            return stanza.text.find(text) != std::string::npos;
        });
    };
    run_until([&] { return sent("<readings") == 200; }, lorient, coop);
    for (int i = 0; i < 20; ++i) coop.turn();
    coop.faults().mend();
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    CHECK(sent("<receipt") >= 4);
    CHECK(lorient.dead().size() == 200);
    CHECK(coop.dead().size() == 200);
}

TEST_CASE("a receiver that lost its store gets voids for what is gone, and goes on") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example");
    Proxy coop(network, "bmhs@coop.example");
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 2'500);
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    coop.lose_store();
    coop.knows(lorient.jid());
    lorient.sends(coop.jid(), 3);
    run_until([&] { return coop.values().size() == 3; }, lorient, coop);
    CHECK(coop.values() == std::vector<double>{2'501, 2'502, 2'503});
    run_until([&] { return lorient.waiting() == 0; }, lorient, coop);
    const auto all = network.sent();
    const auto voids = std::count_if(all.begin(), all.end(), [](const MemoryStanza& stanza) {
        return stanza.text.find("<void") != std::string::npos;
    });
    CHECK(voids >= 2'500);
    CHECK(voids < 5'000);
}

TEST_CASE("a receiver with an older copy of its store says so, and the operator hears of it") {
    ByHand by_hand;
    by_hand.coop.sends(by_hand.town.jid(), 5);
    let_settle(by_hand.coop, by_hand.town);
    by_hand.answers("receipt", "through='5'/>");
    by_hand.answers("resume", "next='3'/>");
    CHECK(by_hand.coop.log().find("the peer has lost what it had acknowledged") !=
          std::string::npos);
    by_hand.coop.sends(by_hand.town.jid(), 1);
    let_settle(by_hand.coop, by_hand.town);
    by_hand.answers("receipt", "through='2'><missing from='3' to='5'/></receipt>");
    CHECK(by_hand.sent_by_coop("<void") == 3);
    by_hand.answers("receipt", "through='6'/>");
    CHECK(by_hand.coop.waiting() == 0);
}

TEST_CASE("a sender's restart does not forget how far it was acknowledged") {
    ByHand by_hand;
    by_hand.coop.sends(by_hand.town.jid(), 5);
    let_settle(by_hand.coop, by_hand.town);
    by_hand.answers("receipt", "through='5'/>");
    by_hand.coop.restart();
    by_hand.coop.sends(by_hand.town.jid(), 1);  // before the new engine has looked at its lanes
    let_settle(by_hand.coop, by_hand.town);
    CHECK(by_hand.sent_by_coop("<void") == 1);  // which asks where the peer stands
    by_hand.answers("receipt", "through='0'><missing from='1' to='5'/></receipt>");
    CHECK(by_hand.sent_by_coop("<void") == 1 + 5);
}
