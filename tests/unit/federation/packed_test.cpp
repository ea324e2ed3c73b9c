// Packed packs between whole proxies: who gets them, and what is refused of them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>

#include "proxy-core/federation/base64.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// A compact body of one reading.
std::string compact_of(const Jid& authority, double value) {
    return test::compact_of(pack_of(authority, value));
}

FederationSettings speaking(Encodings encodings) {
    FederationSettings settings = patient();
    settings.encodings = encodings;
    return settings;
}

/// Two proxies that know each other.
struct Two {
    MemoryNetwork network;
    Proxy town;
    Proxy coop;

    explicit Two(Encodings towns = Encodings::xml_and_packed,
                 Encodings coops = Encodings::xml_and_packed)
        : town(network, "meter@town.example", speaking(towns)),
          coop(network, "bmhs@coop.example", speaking(coops)) {
        town.knows(coop.jid());
        coop.knows(town.jid());
        let_settle(town, coop);
    }
    /// Town sends compact bodies with these values.
    void sends(const std::vector<double>& values) {
        std::vector<std::string> bodies;
        for (const double value : values) bodies.push_back(compact_of(town.jid(), value));
        town.sends(coop.jid(), bodies);
    }
    std::ptrdiff_t carried(std::string_view text) const {
        const auto all = network.sent();
        return std::ranges::count_if(all, [&](const MemoryStanza& stanza) {
            return stanza.text.find(text) != std::string::npos;
        });
    }
};

constexpr std::string_view packed_mark = "<pack xmlns='urn:courant:0'";
constexpr std::string_view xml_mark = "<sensml";
constexpr std::string_view question_mark = "disco#info";

/// A proxy, and a peer that speaks the protocol by hand.
struct Hand {
    MemoryNetwork network;
    Proxy coop{network, "bmhs@coop.example", patient()};
    Client town{network, "meter@town.example"};

    Hand() {
        coop.knows(town.jid());
        let_settle(coop, town);
    }
    void sends(Seq seq, std::string_view content) {
        town.says(coop.jid(),
                  fmt::format("<readings xmlns='urn:courant:0' lane='L' seq='{}' retain='P1Y' "
                              "hops='meter@town.example'>{}</readings>",
                              seq, content));
        let_settle(coop, town);
    }
    /// Why message `seq` was refused.
    std::string refused(Seq seq) {
        for (const Receipt& receipt : town.receipts())
            for (const Reject& reject : receipt.rejects)
                if (reject.seq == seq) return reject.reason;
        return {};
    }
};

std::string pack_element(std::string_view base64) {
    return fmt::format(
        "<pack xmlns='urn:courant:0' type='application/senml+cbor' coding='zstd'>{}</pack>",
        base64);
}

std::string framed(std::string_view bytes) {
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
    return frame;
}

}  // namespace

TEST_CASE("the first message goes in XML, and packed ones follow once the peer has said yes") {
    Two two;
    two.sends({1});
    let_settle(two.town, two.coop);
    CHECK(two.carried(xml_mark) == 1);
    CHECK(two.carried(packed_mark) == 0);
    two.sends({2, 3});
    let_settle(two.town, two.coop);
    CHECK(two.carried(xml_mark) == 1);
    CHECK(two.carried(packed_mark) == 2);
    CHECK(two.coop.values() == one_to(3));
    CHECK(two.town.waiting() == 0);
    CHECK(two.town.ask([&](Mailboxes& m) { return m.find_peer(two.coop.jid())->packed; }) == true);
}

TEST_CASE("a peer that announces XML only gets XML only") {
    Two two(Encodings::xml_and_packed, Encodings::xml_only);
    for (int i = 1; i <= 3; ++i) {
        two.sends({static_cast<double>(i)});
        let_settle(two.town, two.coop);
    }
    CHECK(two.carried(xml_mark) == 3);
    CHECK(two.carried(packed_mark) == 0);
    CHECK(two.coop.values() == one_to(3));
    CHECK(two.town.ask([&](Mailboxes& m) { return m.find_peer(two.coop.jid())->packed; }) == false);
}

TEST_CASE("a proxy told to write XML only does not ask, whatever lies in its outbox") {
    Two two(Encodings::xml_only, Encodings::xml_and_packed);
    for (int i = 1; i <= 3; ++i) {
        two.sends({static_cast<double>(i)});
        let_settle(two.town, two.coop);
    }
    CHECK(two.carried(question_mark) == 0);
    CHECK(two.carried(packed_mark) == 0);
    CHECK(two.coop.values() == one_to(3));
}

TEST_CASE("an operator's word that a peer gets XML counts at once") {
    Two two;
    two.sends({1});
    let_settle(two.town, two.coop);
    two.town.ask([&](Mailboxes& m) {
        m.put_peer({.jid = two.coop.jid(), .relay = false, .added_at = {}, .xml_only = true});
    });
    // As soon as the lanes are looked up again.
    run_until(
        [&] {
            const auto before = two.carried(xml_mark);
            two.sends({2});
            let_settle(two.town, two.coop);
            return two.carried(xml_mark) > before;
        },
        two.town, two.coop);
}

TEST_CASE("a peer that comes back as somebody who reads XML only gets no packed pack") {
    MemoryNetwork network;
    Proxy town(network, "meter@town.example", patient());
    auto coop = std::make_unique<Proxy>(network, "bmhs@coop.example", patient());
    const Jid jid = coop->jid();
    town.knows(jid);
    coop->knows(town.jid());
    const auto count = [&](std::string_view mark) {
        const auto all = network.sent();
        return std::ranges::count_if(all, [&](const MemoryStanza& stanza) {
            return stanza.text.find(mark) != std::string::npos;
        });
    };
    for (int i = 1; i <= 2; ++i) {
        town.sends(jid, {compact_of(town.jid(), i)});
        let_settle(town, *coop);
    }
    CHECK(count(packed_mark) == 1);
    // Both begin new sessions: what was said before is remembered, and not relied upon.
    town.restart();
    coop.reset();
    Client old(network, jid.to_string());
    const auto before = network.sent().size();
    town.sends(jid, {compact_of(town.jid(), 3), compact_of(town.jid(), 4)});
    let_settle(town, old);
    CHECK(count(packed_mark) == 1);
    CHECK(network.sent().size() == before + 1);  // one message, to hear from the peer
    const auto lane = town.lane_to(jid).lane.value;
    old.says(town.jid(),
             fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='3'/>", lane));
    let_settle(town, old);
    const auto question = std::ranges::find(old.heard(), "iq", &Element::name);
    REQUIRE(question != old.heard().end());
    old.says(
        fmt::format("<iq type='result' to='{}' id='{}'><query "
                    "xmlns='http://jabber.org/protocol/disco#info'/></iq>",
                    question->attribute("from"), question->attribute("id")));
    let_settle(town, old);
    CHECK(count(packed_mark) == 1);
    CHECK(town.ask([&](Mailboxes& m) { return m.find_peer(jid)->packed; }) == false);
    const auto with_readings = [](const Element& stanza) {
        return stanza.child("readings", courant_namespace) != nullptr;
    };
    CHECK(std::ranges::count_if(old.heard(), with_readings) == 2);
}

TEST_CASE("packed packs are read by a proxy that does not announce them") {
    Hand hand;
    const std::string body = compact_of(hand.town.jid(), 1);
    hand.sends(1, pack_element(encode_base64(body)));
    CHECK(hand.coop.values() == one_to(1));
    const auto stored = hand.coop.ask([](Mailboxes& m) { return m.inbox(0, {}); });
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].message.body == body);  // as it came: nothing is written anew
    CHECK(stored[0].message.records == 1);
}

TEST_CASE("a bad packed pack is refused with its reason, and the lane goes on") {
    Hand hand;
    const std::string good = encode_base64(compact_of(hand.town.jid(), 7));
    const std::string foreign = encode_base64(compact_of(address("other@town.example"), 7));
    std::string broken = good;
    broken[20] = broken[20] == 'A' ? 'B' : 'A';
    const std::pair<std::string, std::string> bad[] = {
        {"<pack xmlns='urn:courant:0' type='application/senml+cbor' coding='br'>" + good +
             "</pack>",
         "<pack> has another type= or coding= than application/senml+cbor and zstd"},
        {"<pack xmlns='urn:courant:0'>" + good + "</pack>",
         "<pack> has another type= or coding= than application/senml+cbor and zstd"},
        {pack_element(good.substr(0, 8) + "\n" + good.substr(8)),
         "the pack is a blank or line break at byte 8 of the base64"},
        {pack_element(good.substr(0, 12) + "<b/>" + good.substr(12)), "<pack> holds an element"},
        {pack_element(""), "the pack is no zstd frame"},
        {pack_element(encode_base64("no frame")), "the pack is no zstd frame"},
        {pack_element(encode_base64(framed("no CBOR"))), "RFC 8"},
        {pack_element(encode_base64(framed(std::string(std::size_t{64} << 20, '\0')))),
         "the pack unpacks to more than 4194304 bytes"},
        {pack_element(broken), " "},
        {pack_element(foreign), "meter@town.example may not speak other@town.example"},
    };
    Seq seq = 0;
    for (const auto& [content, reason] : bad) {
        CAPTURE(content.substr(0, 200));
        hand.sends(++seq, content);
        CHECK(hand.refused(seq).find(reason) != std::string::npos);
        CHECK(hand.town.receipts().back().through == seq);
    }
    CHECK(hand.coop.dead().size() == static_cast<std::size_t>(seq));
    CHECK(hand.coop.values().empty());
    hand.sends(++seq, pack_element(good));
    CHECK(hand.coop.values() == std::vector<double>{7});
}

TEST_CASE("what is set aside of a packed pack is XML for people, and as it came where it is none") {
    Hand hand;
    const std::string foreign = compact_of(address("other@town.example"), 7);
    const std::string garbage = framed("no CBOR");
    hand.sends(1, pack_element(encode_base64(foreign)));
    hand.sends(2, pack_element(encode_base64(garbage)));
    hand.sends(3, pack_element("no base64!"));
    const auto dead = hand.coop.dead();
    REQUIRE(dead.size() == 3);
    CHECK(dead[0].payload == BodyReader().to_xml(foreign, Time{}));
    CHECK(dead[1].payload == pack_element(encode_base64(garbage)));
    CHECK(dead[2].payload == "no base64!");
}

TEST_CASE("where both forms stand XML counts") {
    Hand hand;
    hand.sends(1, pack_element(encode_base64(compact_of(hand.town.jid(), 7))) +
                      pack_of(hand.town.jid(), 1));
    CHECK(hand.coop.values() == one_to(1));
}

TEST_CASE("what a peer refuses of a compact message becomes a dead letter in XML") {
    Hand hand;
    senml::Pack pack;
    REQUIRE(BodyReader().read(pack_of(hand.coop.jid(), 1), Time{}, pack));
    const auto watt = pack.intern_unit("W");
    pack.add(pack.intern_name(pack.name(pack[0].name)), watt, pack[0].time + std::chrono::hours(1),
             2);
    hand.coop.ask([&](Mailboxes& m) {
        for (int i = 0; i < 2; ++i)
            m.enqueue({hand.town.jid(),
                       {.retain = "P3Y", .grant = {}, .hops = {hand.coop.jid()}},
                       BodyWriter().compact(pack).value(),
                       2},
                      Time{});
    });
    hand.coop.federation().outbox_grew(
        {{hand.coop.lane_to(hand.town.jid()).lane, hand.town.jid(), 2}});
    let_settle(hand.coop, hand.town);
    hand.town.says(hand.coop.jid(),
                   fmt::format("<receipt xmlns='urn:courant:0' lane='{}' through='2'><reject "
                               "seq='1' reason='all'/><reject seq='2' record='2' reason='one'/>"
                               "</receipt>",
                               hand.coop.lane_to(hand.town.jid()).lane.value));
    let_settle(hand.coop, hand.town);
    const auto dead = hand.coop.dead();
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].payload == senml::write(senml::Format::xml, pack));
    senml::Pack one;
    one.add_from(pack, 1);
    CHECK(dead[1].payload == senml::write(senml::Format::xml, one));
}
