#include "proxy-core/federation/pubsub.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "proxy-core/federation/form.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Publication roof{.node = "school-roof", .series = "a@b/c@d/pv/power", .licence = "CC-BY-4.0"};

Message message() {
    Message message;
    message.peer = address("pubsub.town.example");
    message.lane = {"L"};
    message.seq = 7;
    message.envelope = {.retain = "P100Y", .grant = "G", .hops = {address("meter@town.example")}};
    return message;
}

senml::Pack watts() {
    senml::Pack pack;
    pack.add(pack.intern_name("a:b/c:d/pv/power"), pack.intern_unit("W"), Time{}, 1);
    return pack;
}

Element refusal(std::string_view type, std::string_view condition) {
    return read_stanza(fmt::format("<iq xmlns='jabber:client' type='error'><error type='{}'><{} "
                                   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
                                   type, condition))
        .value();
}

}  // namespace

TEST_CASE("a message is one item, in an envelope that says what it is and how it may be used") {
    const auto written = written_for_pubsub(message(), watts(), "<sensml/>", &roof, "town.example");
    REQUIRE(written.stanzas.size() == 1);
    CHECK(written.stanzas[0] ==
          "<iq type='set' to='pubsub.town.example' id='L.7'>"
          "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='school-roof'>"
          "<item id='L.7'><open-data xmlns='urn:courant:0' series='a@b/c@d/pv/power' unit='W' "
          "licence='CC-BY-4.0' publisher='meter@town.example'><sensml/></open-data></item>"
          "</publish></pubsub></iq>");
    CHECK(written.left_out.empty());
}

TEST_CASE("an envelope says what is so, and no more") {
    senml::Pack pack = watts();
    pack.add(pack[0].name, pack.intern_unit("kW"), Time{}, 1);
    Message estimated = message();
    estimated.envelope.quality = Quality::estimated;
    const Publication plain{.node = "n", .series = "s", .licence = {}};
    const auto written = written_for_pubsub(estimated, pack, "<sensml/>", &plain, "town.example");
    CHECK(written.stanzas[0].find("unit=") == std::string::npos);
    CHECK(written.stanzas[0].find("licence=") == std::string::npos);
    CHECK(written.stanzas[0].find("quality='estimated'") != std::string::npos);
}

TEST_CASE("what has no node, and what has been voided, goes nowhere and keeps its place") {
    const auto nowhere =
        written_for_pubsub(message(), watts(), "<sensml/>", nullptr, "town.example");
    REQUIRE(nowhere.stanzas.size() == 1);
    CHECK(nowhere.stanzas[0].starts_with("<iq type='get' to='town.example' id='L.7'>"));
    REQUIRE(nowhere.left_out.size() == 1);
    CHECK_FALSE(nowhere.left_out[0].record);
    Message voided = message();
    voided.void_reason = "the grant ended";
    CHECK(written_for_pubsub(voided, {}, "", nullptr, "town.example").left_out.empty());
}

TEST_CASE("a node is made for everybody to read, and for us to write") {
    const auto iq = read_stanza(create_node(message(), roof)).value();
    CHECK(iq.attribute("to") == "pubsub.town.example");
    CHECK(from_create_id(iq.attribute("id")) == std::pair{LaneId{"L"}, Seq{7}});
    CHECK_FALSE(from_create_id("L.7"));
    const Element& pubsub = iq.children.at(0);
    CHECK(pubsub.children.at(0).attribute("node") == "school-roof");
    const auto form = form_in(pubsub.children.at(1)).value();
    CHECK(form.type == Form::Type::submit);
    CHECK(form.value("FORM_TYPE") == "http://jabber.org/protocol/pubsub#node_config");
    CHECK(form.value("pubsub#access_model") == "open");
    CHECK(form.value("pubsub#publish_model") == "publishers");
}

TEST_CASE("a refusal is of the item, of a node that is not there, or of us") {
    CHECK(pubsub_refusal(refusal("cancel", "item-not-found")) == PubsubRefusal::no_node);
    CHECK(pubsub_refusal(refusal("modify", "not-acceptable")) == PubsubRefusal::message);
    CHECK(pubsub_refusal(refusal("modify", "bad-request")) == PubsubRefusal::message);
    CHECK(pubsub_refusal(refusal("auth", "forbidden")) == PubsubRefusal::other);
    CHECK(pubsub_refusal(refusal("cancel", "service-unavailable")) == PubsubRefusal::other);
    CHECK(pubsub_refusal(refusal("wait", "bad-request")) == PubsubRefusal::other);
    CHECK(is_conflict(refusal("cancel", "conflict")));
    CHECK_FALSE(is_conflict(refusal("auth", "forbidden")));
}

TEST_CASE("what is published under a grant is remembered, and forgotten when it ends") {
    const SqliteHome home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        put_publication(m, "G", roof);
        put_publication(m, "H", {.node = "n", .series = "s", .licence = {}});
    });
    store->commit([](Mailboxes& m) {
        CHECK(find_publication(m, "G") == roof);
        CHECK(find_publication(m, "H")->licence.empty());
        CHECK_FALSE(find_publication(m, "I"));
        remove_publication(m, "G");
        CHECK_FALSE(find_publication(m, "G"));
    });
}
