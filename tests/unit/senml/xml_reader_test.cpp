#include "senml/xml_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using courant::senml::XmlEvent;
using courant::senml::XmlOptions;
using courant::senml::XmlReader;

namespace {

// The events of a text, one word each; ends with "done" or with "fault".
std::string events(std::string_view text, const XmlOptions& options = {}) {
    XmlReader reader(text, options);
    std::string all;
    for (;;) {
        switch (reader.next()) {
            case XmlEvent::start:
                all += '<' + std::string{reader.name()};
                for (const auto& attribute : reader.attributes()) {
                    all += ' ' + std::string{attribute.name} + '=' + std::string{attribute.value};
                }
                all += '>';
                break;
            case XmlEvent::end:
                all += "</" + std::string{reader.name()} + '>';
                break;
            case XmlEvent::text:
                all += std::string{reader.text()};
                break;
            case XmlEvent::finished:
                return all;
            case XmlEvent::fault:
                return "fault: " + std::string{reader.fault().what};
        }
    }
}

bool refused(std::string_view text) {
    return events(text).starts_with("fault: ");
}

}  // namespace

TEST_CASE("a document is read as starts, texts and ends") {
    CHECK(events("<a/>") == "<a></a>");
    CHECK(events("<a x='1' y = \"2\"\n>b<c/>d</a >") == "<a x=1 y=2>b<c></c>d</a>");
    CHECK(events(
              "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<!-- x --><a/><?p i?>\n") ==
          "<a></a>");
    CHECK(events("\xEF\xBB\xBF<a/>") == "<a></a>");
    CHECK(events("<a>1<!-- - -->2<?x?>3<![CDATA[<&]]]]>4</a>") == "<a>123<&]]4</a>");
    CHECK(events("<é·1-.x é='1'/>") == "<é·1-.x é=1></é·1-.x>");
}

TEST_CASE("references are decoded, line ends and attribute blanks normalised") {
    CHECK(events("<a x='&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;'/>") ==
          "<a x=<>&\"'AB😀></a>");
    CHECK(events("<a x='1\t2\n3\r\n4\r5&#9;6&#10;7'/>") == "<a x=1 2 3 4 5\t6\n7></a>");
    CHECK(events("<a>1\r\n2\r3&#13;4</a>") == "<a>1\n2\n3\r4</a>");
    CHECK(events("<a><![CDATA[1\r\n2\r]]></a>") == "<a>1\n2\n</a>");
}

TEST_CASE("81 a document type is refused, and so are entities that only one could declare") {
    CHECK(refused("<!DOCTYPE a><a/>"));
    CHECK(refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"));
    CHECK(refused("<a>&nbsp;</a>"));
    CHECK(refused("<a x='&nbsp;'/>"));
    CHECK(refused("<a><!ELEMENT b ANY></a>"));
}

TEST_CASE("what is not well-formed is refused") {
    for (const auto* wrong : {"",
                              " ",
                              "a",
                              "<a>",
                              "</a>",
                              "<a></b>",
                              "<a></ a>",
                              "<a",
                              "<a x",
                              "<a x=",
                              "<a x=1/>",
                              "<a x='1/>",
                              "<a x='1'y='2'/>",
                              "<a x='1' x='2'/>",
                              "<a x='<'/>",
                              "<a x='&'/>",
                              "<a x='&amp'/>",
                              "<a>&</a>",
                              "<a>& b;</a>",
                              "<a>&#0;</a>",
                              "<a>&#1;</a>",
                              "<a>&#xD800;</a>",
                              "<a>&#xFFFE;</a>",
                              "<a>&#x110000;</a>",
                              "<a>&#;</a>",
                              "<a>&#x;</a>",
                              "<a>&#-1;</a>",
                              "<a>&#99999999999;</a>",
                              "<a>]]></a>",
                              "<a/><b/>",
                              "x<a/>",
                              "<a/>x",
                              "<a/><![CDATA[x]]>",
                              "<![CDATA[x]]><a/>",
                              "<1a/>",
                              "<-a/>",
                              "< a/>",
                              "<a / >",
                              "<a/ >",
                              "<a><!-- -- --></a>",
                              "<a><!-- x</a>",
                              "<a><![CDATA[x</a>",
                              "<a><?x</a>",
                              "<a><?xml version='1.0'?></a>",
                              " <?xml version='1.0'?><a/>",
                              "<?xml?><a/>",
                              "<?xml version='2.0'?><a/>",
                              "<?xml encoding='utf-8'?><a/>",
                              "<?xml version='1.0' x='1'?><a/>",
                              "<a><?XmL x?></a>",
                              "<a>\x01</a>",
                              "<a>\xC3</a>",
                              "<a>\xEF\xBF\xBE</a>",
                              "<a x='\xFF'/>",
                              "<a></a",
                              "<a></a b='1'>",
                              "<a></aa>",
                              "<a 1='x'/>",
                              "<a><b></a></b>"}) {
        CAPTURE(wrong);
        CHECK(refused(wrong));
    }
    CHECK(refused(std::string("<a>\0</a>", 8)));
}

TEST_CASE("78 any encoding but UTF-8 is refused") {
    CHECK_FALSE(refused("<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>"));
    for (const auto* encoding : {"ISO-8859-1", "UTF-16", "us-ascii", "utf8", ""}) {
        CHECK(refused("<?xml version='1.0' encoding='" + std::string{encoding} + "'?><a/>"));
    }
    CHECK(refused(std::string("\xFF\xFE<\0a\0/\0>\0", 10)));
}

TEST_CASE("names are resolved in their namespaces, whatever the prefix") {
    XmlReader reader("<p:a xmlns:p='urn:p' xmlns='urn:d' p:x='1' x='2'><b xmlns=''/><c/></p:a>");
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.is("urn:p", "a"));
    REQUIRE(reader.attributes().size() == 2);
    CHECK(reader.attributes()[0].namespace_uri == "urn:p");
    CHECK(reader.attributes()[1].namespace_uri.empty());
    CHECK(reader.attribute("x") == "2");
    CHECK_FALSE(reader.attribute("y"));
    CHECK(reader.default_namespace() == "urn:d");
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.is("", "b"));
    REQUIRE(reader.next() == XmlEvent::end);
    CHECK(reader.is("", "b"));
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.is("urn:d", "c"));
    REQUIRE(reader.next() == XmlEvent::end);
    REQUIRE(reader.next() == XmlEvent::end);
    CHECK(reader.is("urn:p", "a"));
    CHECK(reader.next() == XmlEvent::finished);
    CHECK(reader.next() == XmlEvent::finished);
}

TEST_CASE("a namespace name may hold references, and lasts as long as its element") {
    XmlReader reader("<a xmlns='urn:a&amp;b' y='&lt;'><b z='&gt;&gt;'/></a>");
    REQUIRE(reader.next() == XmlEvent::start);
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.is("urn:a&b", "b"));
    CHECK(reader.attribute("z") == ">>");
}

TEST_CASE("what namespaces forbid is refused") {
    for (const auto* wrong :
         {"<p:a/>", "<a p:x='1'/>", "<a xmlns:p='urn:p' xmlns:q='urn:p' p:x='1' q:x='2'/>",
          "<a xmlns:p=''/>", "<a xmlns:xmlns='urn:p'/>", "<a xmlns:xml='urn:p'/>",
          "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
          "<a xmlns='http://www.w3.org/XML/1998/namespace'/>", "<:a/>", "<a:/>", "<a:b:c/>",
          "<xmlns:a/>", "<a xmlns:p='urn:p'><b/></a><p:c/>", "<a xmlns='x' xmlns='y'/>",
          "<b><a xmlns:p='urn:p'/><p:c/></b>"}) {
        CAPTURE(wrong);
        CHECK(refused(wrong));
    }
    CHECK_FALSE(refused("<a xml:lang='fr'/>"));
    CHECK_FALSE(refused("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>"));
    CHECK_FALSE(refused("<a xmlns:p='urn:p' p:x='1' x='1'/>"));
    std::string many = "<a";
    for (int i = 0; i < 40; ++i) many += " x" + std::to_string(i) + "='1'";
    CHECK_FALSE(refused(many + "/>"));
    CHECK(refused(many + " x7='1'/>"));
    std::string declarations = "<a";
    for (int i = 0; i < 10'000; ++i) declarations += " xmlns:p" + std::to_string(i) + "='u'";
    CHECK(refused(declarations + "/>"));
}

TEST_CASE("72 depth is bounded") {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "<a>";
    CHECK(refused(deep));
    CHECK(events("<a><b/></a>", {.max_depth = 2}) == "<a><b></b></a>");
    CHECK(events("<a><b><c/></b></a>", {.max_depth = 2}).starts_with("fault"));
}

TEST_CASE("a part can be cut out and read on its own, under the namespace it stood in") {
    const std::string stanza =
        "<message xmlns='jabber:client'><body>hi &amp; bye</body><x a='1'>t<y/>u</x "
        "><z/></message>";
    XmlReader reader(stanza);
    REQUIRE(reader.next() == XmlEvent::start);
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.take_text() == "hi & bye");
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(stanza.substr(reader.event_begin(), reader.position() - reader.event_begin()) ==
          "<x a='1'>");
    const auto part = reader.take_element();
    REQUIRE(part);
    CHECK(*part == "<x a='1'>t<y/>u</x >");
    CHECK(reader.depth() == 1);
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.name() == "z");
    CHECK(reader.take_element() == "<z/>");
    REQUIRE(reader.next() == XmlEvent::end);
    CHECK(reader.next() == XmlEvent::finished);

    XmlReader inner(*part, {.inherited_namespace = "jabber:client"});
    REQUIRE(inner.next() == XmlEvent::start);
    CHECK(inner.is("jabber:client", "x"));
    CHECK(inner.skip_element());
    CHECK(inner.next() == XmlEvent::finished);
}

TEST_CASE("text is taken whole across comments and CDATA, and not at all across elements") {
    XmlReader reader("<a>1<!-- x -->2<![CDATA[3]]></a>");
    REQUIRE(reader.next() == XmlEvent::start);
    CHECK(reader.take_text() == "123");
    XmlReader nested("<a>1<b/></a>");
    REQUIRE(nested.next() == XmlEvent::start);
    CHECK_FALSE(nested.take_text());
    CHECK(nested.failed());
}

TEST_CASE("a fault says where, and stays") {
    XmlReader reader("<a><b x='1' x='2'/></a>");
    REQUIRE(reader.next() == XmlEvent::start);
    REQUIRE(reader.next() == XmlEvent::fault);
    CHECK(reader.fault().offset == 3);
    CHECK(reader.next() == XmlEvent::fault);
    CHECK_FALSE(reader.skip_element());
    XmlReader bad("<a>\x01</a>");
    CHECK(bad.next() == XmlEvent::fault);
    CHECK(bad.fault().offset == 3);
}

TEST_CASE("every beginning of a document is refused, without a step out of the text") {
    const std::string whole =
        "<?xml version='1.0'?><!--c--><p:a xmlns:p='u&amp;v' x='&#65;\t'><![CDATA[x]]>&lt;<?i "
        "j?><b/></p:a>";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> exact(whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(refused({exact.data(), exact.size()}));
    }
    CHECK_FALSE(refused(whole));
}
