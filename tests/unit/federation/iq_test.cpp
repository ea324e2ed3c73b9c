#include "proxy-core/federation/iq.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace courant;

namespace {

std::optional<Element> answer(std::string_view iq, Encodings encodings = Encodings::xml_and_packed,
                              std::string_view description = {}) {
    const auto read = read_stanza(iq);
    REQUIRE(read);
    const auto text = answer_iq(*read, encodings, description);
    if (!text) return std::nullopt;
    const auto reply = read_stanza(*text);
    REQUIRE(reply);
    return *reply;
}

constexpr auto info_space = "http://jabber.org/protocol/disco#info";

}  // namespace

TEST_CASE("a ping is answered to whoever sent it, under its id (XEP-0199)") {
    const auto reply = answer(
        "<iq type='get' id='p&apos;1' from='a@b.example/c'><ping xmlns='urn:xmpp:ping'/></iq>");
    REQUIRE(reply);
    CHECK(reply->attribute("type") == "result");
    CHECK(reply->attribute("id") == "p'1");
    CHECK(reply->attribute("to") == "a@b.example/c");
    CHECK(reply->children.empty());
}

TEST_CASE("our server's ping, which has no sender, is answered without an address") {
    const auto reply = answer("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    REQUIRE(reply);
    CHECK(reply->attribute("to").empty());
}

TEST_CASE("service discovery says that this is a Courant proxy and what it speaks (XEP-0030)") {
    const auto reply = answer(
        "<iq type='get' id='1' from='a@b.example'><query "
        "xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    REQUIRE(reply);
    const Element* query = reply->child("query", info_space);
    REQUIRE(query);
    const Element* identity = query->child("identity", info_space);
    REQUIRE(identity);
    CHECK(identity->attribute("category") == "automation");
    CHECK(identity->attribute("name") == "Courant");
    for (const char* feature :
         {info_space, "http://jabber.org/protocol/disco#items", "urn:xmpp:ping",
          "urn:xmpp:receipts", "urn:courant:0", "urn:courant:0#packed"}) {
        CAPTURE(feature);
        CHECK(std::any_of(query->children.begin(), query->children.end(), [&](const Element& e) {
            return e.name == "feature" && e.attribute("var") == feature;
        }));
    }
}

TEST_CASE("a proxy that is told to speak XML only does not announce packed packs") {
    const auto reply = answer(
        "<iq type='get' id='1' from='a@b.example'><query "
        "xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        Encodings::xml_only);
    REQUIRE(reply);
    const Element* query = reply->child("query", info_space);
    REQUIRE(query);
    CHECK(std::none_of(query->children.begin(), query->children.end(), [](const Element& e) {
        return e.attribute("var") == "urn:courant:0#packed";
    }));
}

TEST_CASE("a proxy has no items") {
    const auto reply = answer(
        "<iq type='get' id='1' from='a@b.example'><query "
        "xmlns='http://jabber.org/protocol/disco#items'/></iq>");
    REQUIRE(reply);
    CHECK(reply->attribute("type") == "result");
    REQUIRE(reply->child("query", "http://jabber.org/protocol/disco#items"));
    CHECK(reply->child("query", "http://jabber.org/protocol/disco#items")->children.empty());
}

TEST_CASE("a request that nobody knows gets service-unavailable (RFC 6120 8.2.3)") {
    for (const char* iq :
         {"<iq type='get' id='1'/>", "<iq type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
          "<iq type='get' id='1'><query xmlns='jabber:iq:version'/></iq>",
          "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info' "
          "node='x'/></iq>"}) {
        CAPTURE(iq);
        const auto reply = answer(iq);
        REQUIRE(reply);
        CHECK(reply->attribute("type") == "error");
        const Element* error = reply->child("error", "jabber:client");
        REQUIRE(error);
        CHECK(error->child("service-unavailable", "urn:ietf:params:xml:ns:xmpp-stanzas"));
    }
}

TEST_CASE("answers are not answered") {
    CHECK_FALSE(answer("<iq type='result' id='1'/>"));
    CHECK_FALSE(answer("<iq type='error' id='1'/>"));
    CHECK_FALSE(answer("<iq id='1'/>"));
}

TEST_CASE("service discovery shows how we describe ourselves (XEP-0128)") {
    const auto reply =
        answer("<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
               Encodings::xml_only, "<x xmlns='jabber:x:data' type='result'/>");
    REQUIRE(reply);
    const Element* query = reply->child("query", info_space);
    REQUIRE(query);
    const Element* form = query->child("x", "jabber:x:data");
    REQUIRE(form);
    CHECK(form->attribute("type") == "result");
}
