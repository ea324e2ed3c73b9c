// Conformance points D (33) and K (88 to 90): streams.
#include <array>

#include "cbor_bytes.hpp"
#include "streams.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

constexpr std::string_view xml_root = "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">";

std::string fed(StreamReader& reader, std::string_view bytes, Pack& into, Time now = noon) {
    const auto result = reader.feed(bytes, now, into);
    return result ? std::string{} : result.error().to_string();
}

// What the stream delivers, whole and byte by byte; the two must agree.
std::size_t delivered(Format format, std::string_view bytes, const StreamOptions& options = {}) {
    const auto whole = stream(format, {bytes}, options);
    const auto trickled = stream_bytes(format, bytes, options);
    CHECK(trickled.verdict() == whole.verdict());
    CHECK(trickled.pack == whole.pack);
    return whole.pack.size();
}

}  // namespace

TEST_CASE("33 in a stream, now is the instant at which the record came in") {
    StreamReader reader(Format::json);
    Pack pack;
    CHECK(fed(reader, R"([{"n":"a","t":-5,"v":1},{"n":"a","t":-5,)", pack, noon) == "");
    const Time later = noon + std::chrono::seconds{100};
    CHECK(fed(reader, R"("v":2},{"n":"a","v":3})", pack, later) == "");
    REQUIRE(pack.size() == 3);
    CHECK(time_at(pack, 0) == "1599999995");
    CHECK(time_at(pack, 1) == "1600000095");
    CHECK(time_at(pack, 2) == "1600000100");
}

TEST_CASE("89 a record is delivered as soon as its closing brace is in") {
    StreamReader reader(Format::json);
    Pack pack;
    const std::string_view text = R"( [ {"bn":"a/","n":"x","vs":"}]\"{\\"} , {"n":"y","v":1}])";
    const std::size_t first = text.find('}', text.find("\\\\")) + 1;
    const std::size_t second = text.size() - 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        CHECK(fed(reader, text.substr(i, 1), pack) == "");
        CAPTURE(i);
        CHECK(pack.size() == (i + 1 >= second ? 2U : i + 1 >= first ? 1U : 0U));
    }
    CHECK(text_at(pack, 0) == "}]\"{\\");
    CHECK(name_at(pack, 1) == "a/y");
    CHECK(reader.records() == 2);
}

TEST_CASE("89 a record is delivered as soon as its tag is closed") {
    StreamReader reader(Format::xml);
    Pack pack;
    const std::string text =
        "<?xml version='1.0'?><!-- > --><s:sensml " +
        std::string{"xmlns:s='urn:ietf:params:xml:ns:senml'>\n"} +
        "<s:senml n=\"a\" vs=\"> it's > 'this'/>\"/><!-- <s:senml/> --><s:senml n='b' v='1' ><x>" +
        "<![CDATA[</s:senml>]]></x></s:senml> <?x ?></s:sensml>";
    const std::size_t first = text.find("/><!--") + 2;
    const std::size_t second = text.find("</s:senml> <?") + 10;
    for (std::size_t i = 0; i < text.size(); ++i) {
        CHECK(fed(reader, std::string_view{text}.substr(i, 1), pack) == "");
        CAPTURE(i);
        CHECK(pack.size() == (i + 1 >= second ? 2U : i + 1 >= first ? 1U : 0U));
    }
    CHECK(text_at(pack, 0) == "> it's > 'this'/>");
    CHECK(name_at(pack, 1) == "b");
    CHECK(reader.finish());
    CHECK(stream(Format::xml, {text}).pack == pack);
}

TEST_CASE("89 a record is delivered as soon as its map is whole") {
    // n "a" and vs "]}"; n "b", v a decimal fraction, a field of maps and of strings in pieces
    const std::string first = hex("a2 00 6161 03 62 5d7d");
    const std::string second =
        hex("bf 00 6162 02 c4 82 20 18 0f 6178 bf 01 7f 6161 60 ff 02 9f a0 80 40 ff ff ff");
    for (const std::string& array :
         {hex("9f"), hex("82"), hex("98 02"), hex("9b 0000000000000002")}) {
        StreamReader reader(Format::cbor);
        Pack pack;
        std::string text = array;
        text += first + second;
        for (std::size_t i = 0; i < text.size(); ++i) {
            CHECK(fed(reader, std::string_view{text}.substr(i, 1), pack) == "");
            CAPTURE(i);
            const std::size_t whole = array.size() + first.size();
            CHECK(pack.size() == (i + 1 == text.size() ? 2U : i + 1 >= whole ? 1U : 0U));
        }
        CHECK(number_at(pack, 1) == 1.5);
        CHECK(reader.finish());
        CHECK(fed(reader, hex("ff"), pack).empty() == (array == hex("9f")));
        CHECK(fed(reader, hex("a0"), pack) != "");
    }
}

TEST_CASE("89 base fields go on having effect in the next piece") {
    StreamReader reader(Format::json);
    Pack pack;
    CHECK(fed(reader, R"([{"bn":"a/","bt":1600000000,"bu":"W","bver":5,"n":"x","v":1})", pack) ==
          "");
    pack.clear();
    CHECK(fed(reader, R"(,{"n":"y","t":1,"v":2})", pack) == "");
    REQUIRE(pack.size() == 1);
    CHECK(pack.version() == 5);
    CHECK(name_at(pack, 0) == "a/y");
    CHECK(unit_at(pack, 0) == "W");
    CHECK(time_at(pack, 0) == "1600000001");
    Pack another;
    CHECK(fed(reader, R"(,{"n":"z","v":3},{"bver":6,"v":4})", another) ==
          "record 4: bver differs (RFC 8428 4.4)");
    CHECK(another.size() == 1);
}

TEST_CASE("89 the array may stay open, but no record may") {
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1})") == "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1},)") == "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1}] )") == "");
    CHECK(stream_fault(Format::json, "[") == "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1},{"n":"b")") ==
          "record 2: the stream ends inside a record (RFC 8259)");
    CHECK(stream_fault(Format::json, "") == "pack: nothing there (RFC 8259)");
    CHECK(stream_fault(Format::xml, sensml("<senml n='a' v='1'/>")) == "");
    CHECK(stream_fault(Format::xml, std::string{xml_root} + "<senml n='a' v='1'/> ") == "");
    CHECK(stream_fault(Format::xml, std::string{xml_root} + "<senml n='a' v='1'>") ==
          "record 1: the stream ends inside a record or a tag (RFC 8428 7)");
    CHECK(stream_fault(Format::xml, std::string{xml_root} + "<senml n='a' v='1'/></sensml") ==
          "record 2: the stream ends inside a record or a tag (RFC 8428 7)");
    CHECK(stream_fault(Format::xml, "<!-- -->") == "pack: no element at all (RFC 8428 7)");
}

TEST_CASE("89 a stream that closes without records is refused, as a pack is") {
    for (const std::string text : {"[]", " [ ] "}) {
        CHECK(stream_fault(Format::json, text) == "pack: a pack without records (RFC 8428 3)");
    }
    for (const auto& text : {sensml(""), sensml(" <!-- --> <x/> "),
                             std::string{"<sensml xmlns='urn:ietf:params:xml:ns:senml'/>"}}) {
        CHECK(stream_fault(Format::xml, text) == "pack: a pack without records (RFC 8428 3)");
    }
    CHECK(delivered(Format::xml, sensml("<x/><!-- --><senml n='a' v='1'/>")) == 1);
}

TEST_CASE("90 a fault stops a stream and takes nothing back") {
    StreamReader reader(Format::json);
    Pack pack;
    const std::string fault = "record 2: no value and no sum (RFC 8428 4.2)";
    CHECK(fed(reader, R"([{"n":"a","v":1},{"n":"b"},{"n":"c","v":3},)", pack) == fault);
    CHECK(pack.size() == 1);
    CHECK(fed(reader, R"({"n":"d","v":4}])", pack) == fault);
    CHECK(pack.size() == 1);
    REQUIRE_FALSE(reader.finish());
    CHECK(reader.finish().error().to_string() == fault);
}

TEST_CASE("90 a fault names the record of the whole stream, whatever was delivered how") {
    StreamReader reader(Format::json);
    Pack pack;
    CHECK(fed(reader, R"([{"n":"a","t":1,"v":1},{"n":"a","t":2,"v":2},{"n":"a","t":3,"v":3},)",
              pack) == "");
    CHECK(fed(reader, R"({"bn":"b","bt":0},)", pack) == "");
    CHECK(reader.records() == 4);
    CHECK(pack.size() == 3);
    CHECK(fed(reader, R"({"n":"c"})", pack) == "record 5: no value and no sum (RFC 8428 4.2)");
}

TEST_CASE("90 what is wrong decides what is delivered, not how the bytes were split") {
    const std::string good = R"({"n":"a","v":1},{"n":"b","v":2})";
    for (const std::string next :
         {"{\"n\":\"c\xFF\",\"v\":1}", "{\"n\":\"c\",\"v\":1e999}",
          R"({"bv":1e308,"n":"c","v":1e308})", R"({"n":"c","v":1}})", R"({"n":"c"]})", "7",
          R"(["n"])", ",", "x", R"({"n":"c","v":nul})"}) {
        CAPTURE(next);
        std::string text = '[' + good + ',';
        text += next + ",{";
        CHECK(stream_fault(Format::json, text) != "");
        CHECK(delivered(Format::json, text) == (next.ends_with("}}") ? 3 : 2));
    }
    CHECK(delivered(Format::json, '[' + good + " {") == 2);
    CHECK(delivered(Format::json, '[' + good + "] x") == 2);
    CHECK(delivered(Format::json, "\xEF\xBB\xBF[" + good + ",{\"n\":\"\xFF\"}") == 2);

    const std::string elements = "<senml n='a' v='1'/><senml n='b' v='2'/>";
    for (const std::string next :
         {"<senml n='c\x01' v='1'/>", "<senml n='c' v='x'/>", "<senml n='c' v='1'>x</senml>",
          "<senml n='c' v='1'><senml/></senml>", "<senml n='c' v='1'></x>", "x<y/>", "&#32;x<y/>",
          "<![CDATA[x]]>", "<!x", "<p:senml/>", "<senml n='c' v='1' n='c'/>", "<senml n='<",
          "<x/></x>", "<!-- -- -->"}) {
        CAPTURE(next);
        std::string text{xml_root};
        text += elements + next;
        CHECK(stream_fault(Format::xml, text) != "");
        CHECK(delivered(Format::xml, text) == 2);
    }
    CHECK(delivered(Format::xml,
                    sensml(elements + "&#32;<![CDATA[ ]]><senml n='c' v='1'></senml>")) == 3);
}

TEST_CASE("90 what stands around the records is told by its byte in the stream") {
    const auto fault = [](Format format, const std::string& text) {
        const auto trickled = stream_bytes(format, text);
        auto whole = stream_fault(format, text);
        REQUIRE(trickled.fault);
        CHECK(trickled.fault->to_string() == whole);
        return whole;
    };
    const std::string json = R"([{"n":"a","v":1})";
    CHECK(fault(Format::json, "x") == "pack: a pack is an array of records (RFC 8428 5)");
    CHECK(fault(Format::json, "[,") == "record 1: no JSON at byte 1: expected a value (RFC 8259)");
    CHECK(fault(Format::json, "[1") == "record 1: a record is an object (RFC 8428 5)");
    CHECK(fault(Format::json, json + " {") ==
          "record 1: no JSON at byte 17: expected ',' or ']' (RFC 8259)");
    CHECK(fault(Format::json, json + "]{\"n\":\"b\",\"v\":1}") ==
          "record 1: no JSON at byte 17: bytes after the pack (RFC 8259)");
    const std::string xml = sensml("<senml n='a' v='1'/>");
    CHECK(fault(Format::xml, "x") ==
          "pack: no XML at byte 0: characters outside the root element (RFC 8428 7)");
    CHECK(fault(Format::xml, xml + " <x/>") ==
          "record 1: no XML at byte 76: a second root element (RFC 8428 7)");
    CHECK(fault(Format::xml, xml + "</sensml>") ==
          "record 1: no XML at byte 75: an end tag without a start (RFC 8428 7)");
    CHECK(fault(Format::xml, "<x <") == "pack: no XML at byte 3: '<' inside a tag (RFC 8428 7)");
    CHECK(fault(Format::xml, "<!DOCTYPE x>") ==
          "pack: no XML at byte 1: a document type or another declaration; none is accepted "
          "(RFC 8428 7)");
    CHECK(fault(Format::xml, "<sensml xmlns='urn:ietf:params:xml:ns:senml' a='" +
                                 std::string(5000, 'b') + "'>") ==
          "pack: no XML at byte 5050: a root tag of more than 4096 bytes (RFC 8428 7)");
    const std::string cbor = hex("9f a2 00 6161 02 01");
    CHECK(fault(Format::cbor, "x") == "pack: a pack is an array of records (RFC 8428 6)");
    CHECK(fault(Format::cbor, cbor + hex("1c")) ==
          "record 2: no CBOR at byte 7: a head that means nothing (RFC 8949)");
    CHECK(fault(Format::cbor, cbor + hex("ff ff")) ==
          "record 1: no CBOR at byte 8: bytes after the pack (RFC 8949)");
    CHECK(fault(Format::cbor, hex("82 a2 00 6161 02 01 ff")) ==
          "record 2: no CBOR at byte 7: a head that means nothing (RFC 8949)");
}

TEST_CASE("90 what stands around the records is checked, too") {
    for (const std::string text : {"x", "{}", "\xEF\xBB\xBFx", "[,", "[}", R"([{"n":"a","v":1}}])",
                                   R"([{"n":"a","v":1}]])", R"([{"n":"a","v":1}],)"}) {
        CAPTURE(text);
        CHECK(stream_fault(Format::json, text) != "");
        delivered(Format::json, text);
    }
    const std::string record = "<senml n='a' v='1'/>";
    for (const auto& text :
         {std::string{"x"}, std::string{"<sensml>"}, "<!DOCTYPE x>" + sensml(record),
          "<?xml version='1.0' encoding='latin1'?>" + sensml(record), "</sensml>" + sensml(record),
          std::string{xml_root} + record + "</senml>", sensml(record) + 'x',
          std::string{xml_root} + "<!-- --></x>", sensml(record) + "<x/>", sensml(record) + "</x>",
          sensml(record) + "<![CDATA[]]>", sensml(record) + "<!-- -- -->",
          sensml(record) + "<?xml version='1.0'?>", "<![CDATA[ ]]>" + sensml(record),
          "<sensml xmlns='urn:other'>" + record + "</sensml>"}) {
        CAPTURE(text);
        CHECK(stream_fault(Format::xml, text) != "");
        delivered(Format::xml, text);
    }
    const auto around = "\xEF\xBB\xBF<!-- --><?x?>" + sensml(record) + " <!-- --><?x y?>\n";
    CHECK(stream_fault(Format::xml, around) == "");
    CHECK(delivered(Format::xml, around) == 1);
}

TEST_CASE("90 what is wrong in CBOR decides what is delivered, too") {
    const std::string good = "9f a2 00 6161 02 01 a2 00 6162 02 02 ";
    for (const std::string next :
         {"a2 00 6161 02 fb7ff0000000000000", "a2 00 61ff 02 01", "1c", "7e", "1f", "3f", "df",
          "a1 00 ff", "a2 00 6161 02 1c", "01", "6161", "c1 ff", "a2 00 6161 02 c4 ff", "bf 00 ff",
          "bb 8000000000000000", "a2 00 6161 03 7f 4161 ff", "ff 00", "ff ff"}) {
        CAPTURE(next);
        CHECK(stream_fault(Format::cbor, hex(good + next)) != "");
        CHECK(delivered(Format::cbor, hex(good + next)) == 2);
    }
    for (const std::string text : {"", "00", "a0", "ff", "80", "9fff", "9b",
                                   "81 a2 00 6161 02 01 a0", "d9 d9f7 81 a2 00 6161 02 01", "9d"}) {
        CAPTURE(text);
        CHECK(stream_fault(Format::cbor, hex(text)) != "");
        delivered(Format::cbor, hex(text));
    }
    const std::string nested(200, '\x81');
    CHECK(stream_fault(Format::cbor, hex(good) + hex("a3 00 6161 02 01 6178") + nested) ==
          "record 3: no CBOR at byte 87: nested too deeply (RFC 8949)");
    CHECK(stream_fault(Format::cbor, hex("9f")) == "");
    CHECK(stream_fault(Format::cbor, hex(good)) == "");
    CHECK(stream_fault(Format::cbor, hex(good + "a2 00 61")) ==
          "record 3: the stream ends inside a record (RFC 8949)");
    CHECK(stream_fault(Format::cbor, hex(good + "a2 00 7a 00100000")) ==
          "record 3: the stream ends inside a record (RFC 8949)");
}

TEST_CASE("90 a byte order mark is tolerated and reported once, or refused") {
    const std::string text = "\xEF\xBB\xBF[{\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":1}]";
    StreamReader reader(Format::json);
    Pack pack;
    std::vector<Fault> deviations;
    for (const char& c : text) REQUIRE(reader.feed({&c, 1}, noon, pack, &deviations));
    CHECK(pack.size() == 2);
    REQUIRE(deviations.size() == 1);
    CHECK(deviations[0].to_string() == "pack: a byte order mark (RFC 8259 8.1)");
    CHECK(stream_fault(Format::json, text, {.profile = Profile::strict}) != "");
    const std::string with_bad_text =
        text.substr(0, text.size() - 1) + ",{\"n\":\"\xFF\",\"v\":1}]";
    StreamReader another(Format::json);
    deviations.clear();
    CHECK_FALSE(another.feed(with_bad_text, noon, pack, &deviations));
    CHECK(deviations.size() == 1);
}

TEST_CASE("a record that does not end is refused at its limit, however it comes") {
    const StreamOptions small{.max_record = 40};
    const std::string fault = "record 2: a record of more than 40 bytes";
    const std::string begun = R"([{"n":"a","v":1},{"n":")" + std::string(60, 'b');
    CHECK(stream_fault(Format::json, begun, small) == fault);
    CHECK(stream_fault(Format::json, begun + R"(","v":1}])", small) == fault);
    CHECK(delivered(Format::json, begun, small) == 1);
    CHECK(delivered(Format::json, begun + R"(","v":1}])", small) == 1);
    CHECK(delivered(Format::json, R"([{"n":"a","v":1})" + std::string(100, ' ') + ',', small) == 1);

    CHECK(stream_fault(Format::cbor,
                       hex("9f a2 00 6161 02 01 a2 00 79 ffff") + std::string(60, 'b'),
                       small) == fault);

    const StreamOptions middle{.max_record = 80};
    const std::string root{xml_root};
    for (const auto& tail : {" n='", "><x y='", "><!--", "><![CDATA[", "><?x "}) {
        CAPTURE(tail);
        CHECK(stream_fault(Format::xml,
                           root + "<senml n='a' v='1'/><senml" + tail + std::string(90, 'b'),
                           middle) == "record 2: a record of more than 80 bytes");
    }
    CHECK(delivered(Format::xml, root + "<senml n='a' v='1'/>" + std::string(90, 'b'), middle) ==
          1);
    CHECK(delivered(Format::xml, root + "<senml n='a' v='1'>" + std::string(70, ' ') + "</senml>",
                    middle) == 0);
    CHECK(delivered(Format::xml, root + "<senml n='a' v='1' b='" + std::string(70, 'b') + "<",
                    middle) == 0);
    CHECK(stream_fault(Format::xml, "<!--" + std::string(90, 'b'), middle) != "");
}

TEST_CASE("what the options say holds in a stream, and only records are not counted") {
    CHECK(stream_fault(Format::json, R"([{"n":"a@b","v":1}])") != "");
    CHECK(stream_fault(Format::json, R"([{"n":"a@b","v":1}])", {.names = NameRule::federated}) ==
          "");
    CHECK(stream_fault(Format::json, R"([{"n":"abc","v":1}])", {.max_name = 2}) != "");
    CHECK(stream_fault(Format::json, R"([{"n":"ab","v":1},{"n":"cd","v":1}])", {.max_names = 3}) !=
          "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1,"x":[[]]}])", {.max_depth = 1}) != "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1,"bver":26}])", {.features = 0}) != "");
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1,"x_":1}])") != "");
    const std::array<std::string_view, 1> labels{"x_"};
    CHECK(stream_fault(Format::json, R"([{"n":"a","v":1,"x_":1}])", {.understood = labels}) == "");
    const auto kept =
        stream(Format::json, {R"([{"n":"a","v":1,"x":2}])"}, {.unknown = Unknown::keep});
    CHECK(kept.pack.extra(0).unknown.size() == 1);
}

TEST_CASE("a stream is written part by part, and any reader reads it back") {
    Pack first;
    const auto power = first.intern_name("a/power");
    for (int i = 0; i < 5; ++i) {
        first.add(power, first.intern_unit("W"), noon + std::chrono::seconds{i}, i * 1.5);
    }
    Pack second;
    second.add_text(second.intern_name("b"), no_unit, noon, "x");
    second.set_extra({.sum = 2.0});
    second.add_boolean(second.intern_name("c"), no_unit, noon + std::chrono::nanoseconds{1}, true);
    Pack both;
    for (const Pack* part : {&first, &second}) {
        for (std::size_t i = 0; i < part->size(); ++i) both.add_from(*part, i);
    }
    for (const auto format : {Format::json, Format::xml, Format::cbor}) {
        StreamWriter writer(format);
        std::string out;
        writer.begin(out);
        std::vector<std::string> pieces{out};
        for (const Pack* part : {&first, &second}) {
            out.clear();
            REQUIRE(writer.write(*part, out));
            pieces.push_back(out);
        }
        out.clear();
        writer.end(out);
        pieces.push_back(out);
        CHECK(good(format, pieces[0] + pieces[1] + pieces[2] + pieces[3]) == both);
        CHECK((format != Format::cbor || pieces[0] == hex("9f")));
        StreamReader reader(format);
        Pack pack;
        CHECK(fed(reader, pieces[0] + pieces[1], pack) == "");
        CHECK(pack == first);
        pack.clear();
        CHECK(fed(reader, pieces[2], pack) == "");
        CHECK(pack == second);
    }
}

TEST_CASE("all parts of a stream have the version of the first") {
    const auto part = [](std::string_view unit, std::uint64_t version = 10) {
        Pack pack;
        pack.add(pack.intern_name("a"), pack.intern_unit(unit), noon, 1);
        pack.set_version(version);
        return pack;
    };
    StreamWriter plain(Format::json);
    std::string out;
    plain.begin(out);
    REQUIRE(plain.write(part("W"), out));
    const auto before = out;
    const auto refused = plain.write(part("kWh"), out);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().to_string() ==
          "pack: a part of version 26 in a stream of version 10 (RFC 8428 4.4)");
    CHECK(out == before);
    CHECK_FALSE(plain.write(part("W", 5), out));
    CHECK_FALSE(plain.write(part("W", 8), out));
    REQUIRE(plain.write(part("J"), out));
    plain.end(out);
    CHECK(good_json(out).size() == 2);

    StreamWriter secondary(Format::json);
    out.clear();
    secondary.begin(out);
    REQUIRE(secondary.write(part("W", 58), out));
    REQUIRE(secondary.write(part("kWh"), out));
    REQUIRE(secondary.write(part("W"), out));
    REQUIRE(secondary.write(part("kWh"), out));
    REQUIRE(secondary.write(Pack{}, out));
    secondary.end(out);
    constexpr std::uint64_t features = 0x30;
    CHECK(good_json(out, {.now = noon, .features = features}).version() == 58);
    CHECK(good_json(out, {.now = noon, .features = features}).size() == 4);

    StreamWriter legacy(Format::json);
    out.clear();
    legacy.begin(out);
    REQUIRE(legacy.write(part("W", 5), out));
    CHECK_FALSE(legacy.write(part("W"), out));
    REQUIRE(legacy.write(part("W", 5), out));
    legacy.end(out);
    CHECK(good_json(out).version() == 5);
}

TEST_CASE("a stream of records in full says its version in each") {
    Pack part;
    part.add(part.intern_name("/3/0"), part.intern_unit("W"), from_unix_seconds(-1), 1);
    part.set_version(42);
    StreamWriter writer(Format::json, StreamLayout::resolved);
    std::string out;
    writer.begin(out);
    REQUIRE(writer.write(part, out));
    part.set_version(10);
    REQUIRE(writer.write(part, out));
    writer.end(out);
    CHECK(out == R"([{"bver":42,"n":"/3/0","u":"W","t":-1,"v":1},)"
                 R"({"bver":42,"n":"/3/0","u":"W","t":-1,"v":1}])");
}

TEST_CASE("a part that cannot be written leaves nothing behind") {
    Pack bad;
    bad.add(bad.intern_name("a"), no_unit, noon, 1);
    bad.add(bad.intern_name("b c"), no_unit, noon, 1);
    StreamWriter writer(Format::json);
    std::string out;
    writer.begin(out);
    CHECK_FALSE(writer.write(bad, out));
    CHECK(out == "[");
    Pack fine;
    fine.add(fine.intern_name("a"), no_unit, noon, 1);
    fine.set_version(26);
    REQUIRE(writer.write(fine, out));
    CHECK(out == R"([{"bn":"a","bt":1600000000,"bver":26,"v":1})");
}
