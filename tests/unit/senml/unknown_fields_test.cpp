// Fields that RFC 8428 does not have: dropped, or kept for a proxy that must not lose them.
#include <doctest/doctest.h>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

const ReadOptions keeping{.now = noon, .unknown = Unknown::keep};

std::vector<UnknownField> kept(const Pack& pack, std::size_t index = 0) {
    return pack.extra(index).unknown;
}

}  // namespace

TEST_CASE("54 fields that nobody knows are dropped unless they are asked for") {
    const auto* text = R"([{"n":"a","v":1,"extra":"yes"}])";
    CHECK(kept(good_json(text)).empty());
    CHECK(kept(good_json(text, keeping)) == std::vector<UnknownField>{{"extra", "\"yes\""}});
}

TEST_CASE("54 what was kept is written again, as it stood") {
    const auto* text =
        R"([{"n":"a","v":1,"x":{"deep":[1.50,null,"\u00e9"]},"y":true},{"n":"b","v":2}])";
    const Pack pack = good_json(text, keeping);
    CHECK(kept(pack) ==
          std::vector<UnknownField>{{"x", R"({"deep":[1.50,null,"\u00e9"]})"}, {"y", "true"}});
    CHECK(kept(pack, 1).empty());
    CHECK(good_json(*write(Format::json, pack), keeping) == pack);
    CHECK(good_json(*write_resolved(Format::json, pack), keeping) == pack);
    CHECK(*convert(Format::json, Format::json, text, keeping) == text);
    CHECK(convert(Format::json, Format::json, text, {.now = noon})->find("deep") ==
          std::string::npos);
}

TEST_CASE("54 a label that needs escapes is written with them") {
    const Pack pack = good_json(R"([{"n":"a","v":1,"x\"\\\n":0}])", keeping);
    CHECK(kept(pack).front().label == "x\"\\\n");
    CHECK(good_json(*write(Format::json, pack), keeping) == pack);
}

TEST_CASE("54 base fields that nobody knows are dropped all the same") {
    const Pack pack = good_json(R"([{"bfuture":3,"n":"a","v":1,"x":1}])", keeping);
    CHECK(kept(pack) == std::vector<UnknownField>{{"x", "1"}});
}

TEST_CASE("54 the attributes of XML are kept as text, those of other namespaces are not") {
    const auto* text = R"(<sensml xmlns="urn:ietf:params:xml:ns:senml" xmlns:o="urn:o">)"
                       R"(<senml n="a" v="1" x="&lt;&quot;1&quot;&#10;" o:y="2"/></sensml>)";
    const Pack pack = good_xml(text, keeping);
    CHECK(kept(pack) == std::vector<UnknownField>{{"x", R"("<\"1\"\n")"}});
    CHECK(good_xml(*write(Format::xml, pack), keeping) == pack);
    CHECK(good_json(*write(Format::json, pack), keeping) == pack);
}

TEST_CASE("54 from JSON to XML go text, numbers and booleans; what has no image is refused") {
    const auto to_xml = [](const std::string& value) {
        return convert(Format::json, Format::xml, R"([{"n":"a","v":1,"x":)" + value + "}]",
                       keeping);
    };
    CHECK(to_xml(R"("a\"b")")->find(R"(x="a&quot;b")") != std::string::npos);
    CHECK(to_xml("1.50")->find(R"(x="1.50")") != std::string::npos);
    CHECK(to_xml("false")->find(R"(x="false")") != std::string::npos);
    for (const std::string value : {"{}", "[1]", "null", R"("\u0000")"}) {
        CAPTURE(value);
        CHECK(to_xml(value).error().to_string() ==
              "record 1: the unknown field 'x' has no image (RFC 8428 7)");
    }
    CHECK_FALSE(convert(Format::json, Format::xml, R"([{"n":"a","v":1,"1 x":2}])", keeping));
}

TEST_CASE("54 a label that must be understood is kept only where it is") {
    const auto* text = R"([{"n":"a","v":1,"foo_":[]}])";
    CHECK_FALSE(read(Format::json, text, keeping));
    const std::string_view foo = "foo_";
    ReadOptions understanding = keeping;
    understanding.understood = {&foo, 1};
    CHECK(kept(good_json(text, understanding)) == std::vector<UnknownField>{{"foo_", "[]"}});
}
