// Conformance points I: XML.
#include <limits>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::string with_value(std::string_view value) {
    return sensml("<senml n='a' v='" + std::string{value} + "'/>");
}

Pack with_text(std::string_view text) {
    Pack pack;
    pack.add_text(pack.intern_name("a"), no_unit, noon, text);
    return pack;
}

}  // namespace

TEST_CASE("73 sensml and senml are known by their namespace, whatever the prefix") {
    CHECK(
        good_xml(
            R"(<s:sensml xmlns:s="urn:ietf:params:xml:ns:senml"><s:senml n="a" v="1"/></s:sensml>)")
            .size() == 1);
    CHECK(
        good_xml(
            R"(<x:sensml xmlns:x="urn:ietf:params:xml:ns:senml"><senml xmlns="urn:ietf:params:xml:ns:senml" n="a" v="1"/></x:sensml>)")
            .size() == 1);
    for (const auto* wrong :
         {R"(<sensml><senml n="a" v="1"/></sensml>)",
          R"(<sensml xmlns="urn:other"><senml n="a" v="1"/></sensml>)",
          R"(<SENSML xmlns="urn:ietf:params:xml:ns:senml"><senml n="a" v="1"/></SENSML>)",
          R"(<sensml xmlns="urn:ietf:params:xml:ns:SENML"><senml n="a" v="1"/></sensml>)",
          R"(<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml xmlns="" n="a" v="1"/></sensml>)",
          R"(<s:sensml><s:senml n="a" v="1"/></s:sensml>)"}) {
        CAPTURE(wrong);
        CHECK(xml_refused(wrong));
    }
}

TEST_CASE(
    "74 fields are attributes without prefix; foreign attributes and elements are passed over") {
    const auto pack = good_xml(
        R"(<sensml xmlns="urn:ietf:params:xml:ns:senml" xmlns:x="urn:x" version="9"><x:senml n="no" v="0"/>
           <senml n="a" v="1" x:v="2" x:n_="3" foo="4"><x:more><deep/></x:more></senml><other/></sensml>)");
    REQUIRE(pack.size() == 1);
    CHECK(number_at(pack, 0) == 1);
    CHECK(xml_fault(sensml("<senml n='a' v='1' foo_='1'/>")) ==
          "record 1: label 'foo_' must be understood (RFC 8428 4.4)");
    CHECK(
        good_xml(
            R"(<s:sensml xmlns:s="urn:ietf:params:xml:ns:senml"><s:senml s:n="a" s:v="1"/></s:sensml>)")
            .empty());
}

TEST_CASE("74 a record holds no record and no characters") {
    CHECK(xml_refused(sensml("<senml n='a' v='1'><senml n='b' v='1'/></senml>")));
    CHECK(xml_refused(sensml("<senml n='a' v='1'>x</senml>")));
    CHECK(xml_refused(sensml("x<senml n='a' v='1'/>")));
    CHECK_FALSE(xml_refused(sensml("\n<senml n='a' v='1'>\n</senml>\n")));
}

TEST_CASE("75 numbers are xsd:double without INF and NaN") {
    for (const auto* text : {" 1.5 ", "+1.5", "1.5E0", "15e-1", "\n1.5\t", "01.50"}) {
        CAPTURE(text);
        CHECK(number_at(good_xml(with_value(text)), 0) == 1.5);
    }
    CHECK(number_at(good_xml(with_value(".5")), 0) == 0.5);
    CHECK(number_at(good_xml(with_value("1.")), 0) == 1);
    for (const auto* wrong :
         {"INF", "-INF", "NaN", "null", "1,5", "0x10", "", " ", "1.5abc", "1 5", "1e400"}) {
        CAPTURE(wrong);
        CHECK(xml_refused(with_value(wrong)));
        CHECK(xml_refused(sensml("<senml n='a' v='1' t='" + std::string{wrong} + "'/>")));
    }
    CHECK(xml_fault(with_value("null")) == "record 1: v is no number (RFC 8428 7)");
}

TEST_CASE("76 booleans are true, false, 1 and 0") {
    const auto value = [](std::string_view text) {
        return good_xml(sensml("<senml n='a' vb='" + std::string{text} + "'/>"))[0].boolean;
    };
    CHECK(value("true"));
    CHECK(value(" 1\n"));
    CHECK_FALSE(value("false"));
    CHECK_FALSE(value("0"));
    for (const auto* wrong : {"TRUE", "yes", "2", "", "t", "true false"}) {
        CAPTURE(wrong);
        CHECK(xml_refused(sensml("<senml n='a' vb='" + std::string{wrong} + "'/>")));
    }
}

TEST_CASE("77 bver is a decimal integer; more than an xsd:int is read, but never written") {
    const auto versioned = [](std::string_view version) {
        return sensml("<senml n='a' v='1' bver='" + std::string{version} + "'/>");
    };
    CHECK(good_xml(versioned(" +10 ")).version() == 10);
    CHECK(good_xml(versioned("5")).version() == 5);
    for (const auto* wrong :
         {"10.0", "1e1", "0", "-10", "", "x", "9007199254740992", "--5", "5-"}) {
        CAPTURE(wrong);
        CHECK(xml_refused(versioned(wrong)));
    }
    ReadOptions all{.now = noon};
    all.features = ~std::uint64_t{0};
    const auto large = good_xml(versioned("2147483658"), all);
    CHECK(large.version() == 2147483658U);
    CHECK_FALSE(write(Format::xml, large));
    CHECK(write(Format::json, large));
    CHECK_FALSE(convert(Format::json, Format::xml, R"([{"n":"a","v":1,"bver":2147483658}])", all));
}

TEST_CASE(
    "78, 81 only UTF-8, no document type; comments and instructions between records are fine") {
    CHECK_FALSE(xml_refused("<?xml version='1.0' encoding='UTF-8'?>" + with_value("1")));
    CHECK(xml_refused("<?xml version='1.0' encoding='ISO-8859-1'?>" + with_value("1")));
    CHECK(xml_refused("<!DOCTYPE sensml>" + with_value("1")));
    CHECK(good_xml(sensml("<!-- … --><senml n='a' v='1'/><?pi?><!-- x --><senml n='a' v='2'/>"))
              .size() == 2);
    CHECK(xml_refused(with_value("1") + with_value("1")));
    CHECK(xml_refused(with_value("1") + "x"));
    CHECK(xml_fault("<sensml").starts_with("pack: no XML at byte 7: "));
}

TEST_CASE(
    "79 blanks in vs come back as they were written by us, and as blanks where written as such") {
    CHECK(text_at(good_xml(sensml("<senml n='a' vs='1\t2\n3\r\n4'/>")), 0) == "1 2 3 4");
    for (const auto* text : {"a\tb\nc\rd\r\ne", "<&>\"'", " x ", "]]>", "é😀", "&lt;"}) {
        const auto written = write(Format::xml, with_text(text)).value();
        CAPTURE(written);
        CHECK(text_at(good_xml(written), 0) == text);
    }
    CHECK(write(Format::xml, with_text("\t\n\r<&\""))
              .value()
              .find("vs=\"&#9;&#10;&#13;&lt;&amp;&quot;\"") != std::string::npos);
}

TEST_CASE("80 characters that XML does not have are refused by the writer, not dropped") {
    for (const auto* text : {"\x01", "\x08", "\x0B", "\x0C", "\x1F", "\xEF\xBF\xBE", "\xEF\xBF\xBF",
                             "\xED\xA0\x80", "\xFF"}) {
        const auto written = write(Format::xml, with_text(text));
        REQUIRE_FALSE(written);
        CHECK(written.error().to_string() ==
              "record 1: vs holds characters that XML does not have (RFC 8428 7)");
    }
    CHECK_FALSE(write(Format::xml, with_text(std::string_view("a\0b", 3))));
    CHECK_FALSE(write(Format::json, with_text("\xFF")));
    CHECK(
        write(Format::json, with_text(std::string_view("a\0b", 3))).value().find(R"("a\u0000b")") !=
        std::string::npos);
    CHECK_FALSE(convert(Format::json, Format::xml, R"([{"n":"a","vs":"\u0001"}])", {.now = noon}));
}

TEST_CASE("82 what is written has the shape of the schema") {
    Pack pack;
    const auto name = pack.intern_name("a/b");
    pack.add(name, pack.intern_unit("kWh"), noon, 1.5);
    pack.set_extra({.sum = 2.0, .update_time = 3.0});
    pack.add_boolean(name, pack.intern_unit("kWh"), noon, false);
    CHECK(write(Format::xml, pack).value() ==
          "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">"
          "<senml bn=\"a/b\" bt=\"1600000000\" bu=\"kWh\" bver=\"26\" v=\"1.5\" s=\"2\" ut=\"3\"/>"
          "<senml vb=\"false\"/></sensml>");
}

TEST_CASE("a padded vd in XML is decoded, escaped or not") {
    const auto pack = good_xml(sensml("<senml n='a' vd='&#65;Q=='/>"));
    REQUIRE(pack.data(pack[0]).size() == 1);
    CHECK(pack.data(pack[0])[0] == std::byte{1});
}
