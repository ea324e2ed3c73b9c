#include "proxy-core/federation/stanza.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace courant;

TEST_CASE("a stanza is read into names, namespaces, attributes, text and children") {
    const auto stanza = read_stanza(
        "<message from=\"a@b.example/c\" id='1&amp;2'>one"
        "<body>x &lt; y</body><r:request xmlns:r='urn:xmpp:receipts' r:hidden='1'/>two</message>");
    REQUIRE(stanza);
    CHECK(stanza->name == "message");
    CHECK(stanza->space == "jabber:client");
    CHECK(stanza->attribute("from") == "a@b.example/c");
    CHECK(stanza->attribute("id") == "1&2");
    CHECK(stanza->attribute("to").empty());
    CHECK(stanza->text == "onetwo");
    REQUIRE(stanza->child("body", "jabber:client"));
    CHECK(stanza->child("body", "jabber:client")->text == "x < y");
    REQUIRE(stanza->child("request", "urn:xmpp:receipts"));
    CHECK(stanza->child("request", "urn:xmpp:receipts")->attribute("hidden").empty());
    CHECK_FALSE(stanza->child("request", "jabber:client"));
}

TEST_CASE("a pack stays text, as it was received") {
    const std::string pack =
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n=\"a\"  v='1'/></sensml>";
    const auto stanza =
        read_stanza("<message><readings xmlns='urn:courant:0'>" + pack + "</readings></message>");
    REQUIRE(stanza);
    const Element* readings = stanza->child("readings", "urn:courant:0");
    REQUIRE(readings);
    REQUIRE(readings->children.size() == 1);
    CHECK(readings->children[0].source == pack);
    CHECK(readings->children[0].children.empty());
}

TEST_CASE("a pack of many records counts as one element") {
    std::string records;
    for (int i = 0; i < 10'000; ++i) records += "<senml/>";
    CHECK(read_stanza(
        "<message><sensml xmlns='urn:ietf:params:xml:ns:senml'>" + records + "</sensml></message>",
        {.max_depth = 16, .max_elements = 4}));
}

TEST_CASE("what is deeper or larger than the limits is refused, with the reason") {
    const StanzaLimits limits{.max_depth = 4, .max_elements = 3};
    CHECK(read_stanza("<a><b><c><d/></c></b></a>", limits));
    CHECK_FALSE(read_stanza("<a><b><c><d><e/></d></c></b></a>", limits));
    CHECK(read_stanza("<a><b/><b/><b/></a>", limits));
    const auto flood = read_stanza("<a><b/><b/><b/><b/></a>", limits);
    REQUIRE_FALSE(flood);
    CHECK(flood.error() == "the stanza has too many elements");
}

TEST_CASE("the limits hold inside of a pack too") {
    std::string deep = "<sensml xmlns='urn:ietf:params:xml:ns:senml'>";
    for (int i = 0; i < 100; ++i) deep += "<x>";
    for (int i = 0; i < 100; ++i) deep += "</x>";
    CHECK_FALSE(read_stanza("<message>" + deep + "</sensml></message>"));
}

TEST_CASE("what is no XML, or not one element, is refused") {
    for (const char* text :
         {"", "text", "<a>", "<a></b>", "<a/><b/>", "<a b='1' b='2'/>", "<a b=1/>", "<a>&nbsp;</a>",
          "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<x:a/>", "<a>\xFF</a>"}) {
        CAPTURE(text);
        CHECK_FALSE(read_stanza(text));
    }
}

TEST_CASE("escaped text reads back as it was, in elements and in attributes of either quotes") {
    const std::string text = "5 < 6 & \"seven\" > 'four'";
    std::string escaped;
    append_escaped(escaped, text);
    const auto stanza =
        read_stanza("<a b='" + escaped + "' c=\"" + escaped + "\">" + escaped + "</a>");
    REQUIRE(stanza);
    CHECK(stanza->attribute("b") == text);
    CHECK(stanza->attribute("c") == text);
    CHECK(stanza->text == text);
}

TEST_CASE("characters that XML does not have are replaced when they are written") {
    std::string escaped;
    append_escaped(escaped, std::string_view("a\0b\x1F"
                                             "c\n",
                                             6));
    CHECK(escaped == "a?b?c\n");
}
