// Conformance points A and B: structure, base fields and resolution.
#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

TEST_CASE("1 a pack is one array of at least one record") {
    CHECK(json_fault("[]") == "pack: a pack without records (RFC 8428 3)");
    CHECK(xml_fault(sensml("")) == "pack: a pack without records (RFC 8428 3)");
    CHECK(xml_refused("<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"/>"));
    CHECK(good_json(R"([{"n":"a","v":1}])").size() == 1);
}

TEST_CASE("2 a root that is no array and a record that is no object are refused") {
    for (const auto* wrong :
         {R"({"n":"a","v":1})", "80", "\"a\"", "null", "", " ", "foo", R"([[{"n":"a","v":1}]])",
          R"([1])", R"([null])", R"([{"n":"a","v":1},"x"])"}) {
        CAPTURE(wrong);
        CHECK(refused(wrong));
    }
    CHECK(json_fault(R"([{"n":"a","v":1},7])") == "record 2: a record is an object (RFC 8428 5)");
    CHECK(xml_refused(R"(<senml xmlns="urn:ietf:params:xml:ns:senml" n="a" v="1"/>)"));
}

TEST_CASE("3 each of the fifteen labels has its type, and another type is an error") {
    const auto pack = good_json(
        R"([{"bn":"a","bt":1.5e9,"bu":"W","bv":1,"bs":2,"bver":10,"n":"b","u":"V","v":1,"s":3,"t":4,"ut":5},
            {"vs":"x"},{"vb":true},{"vd":"AA"}])");
    REQUIRE(pack.size() == 4);
    for (const auto* field :
         {R"("v":"1")", R"("vb":1)", R"("vb":"true")", R"("n":5)", R"("t":"0")", R"("v":null)",
          R"("vs":1)", R"("vd":[])", R"("u":{})", R"("bn":true)", R"("bt":"1")", R"("bu":1)",
          R"("bv":[1])", R"("bs":false)", R"("bver":"10")", R"("s":"1")", R"("ut":null)"}) {
        CAPTURE(field);
        const std::string record = "[{" + std::string{field} + R"(},{"n":"a","v":1}])";
        CHECK(json_fault(record).starts_with("record 1: "));
    }
    CHECK(json_fault(R"([{"n":"a","v":"1"}])") == "record 1: v is no number (RFC 8428 4.3)");
    CHECK(json_fault(R"([{"n":5,"v":1}])") == "record 1: n is no string (RFC 8428 4.3)");
    CHECK(json_fault(R"([{"n":"a","vb":1}])") == "record 1: vb is no boolean (RFC 8428 4.3)");
}

TEST_CASE("4 labels and strings are compared byte by byte: V and BN are unknown labels") {
    CHECK(refused(R"([{"n":"a","V":1}])"));
    CHECK(refused(R"([{"N":"a","v":1}])"));
    CHECK(good_json(R"([{"n":"a","v":1,"V":2,"BN":"x","Bver":"y"}])")[0].number == 1);
    CHECK(good_json(R"([{"n":"a","v":1},{"n":"A","v":1}])").name_count() == 2);
}

TEST_CASE(
    "5 the order of labels means nothing; a base field at the end applies to its own record") {
    const auto pack =
        good_json(R"([{"v":1,"n":"x","bt":1500000000,"bu":"W","bn":"a/"},{"n":"y","v":2}])");
    CHECK(name_at(pack, 0) == "a/x");
    CHECK(unit_at(pack, 0) == "W");
    CHECK(time_at(pack, 0) == "1500000000");
    CHECK(name_at(pack, 1) == "a/y");
}

TEST_CASE("6 a label given twice in one record is an error, known or not") {
    CHECK(json_fault(R"([{"n":"a","v":1,"v":2}])") ==
          "record 1: label 'v' is given twice (RFC 8259 4)");
    CHECK(refused(R"([{"n":"a","n":"a","v":1}])"));
    CHECK(refused(R"([{"n":"a","v":1,"\u006e":"a"}])"));
    CHECK(refused(R"([{"n":"a","v":1,"x":1,"y":2,"x":3}])"));
    std::string many = R"([{"n":"a","v":1)";
    for (int i = 0; i < 40; ++i) many += ",\"x" + std::to_string(i) + "\":1";
    CHECK_FALSE(refused(many + "}]"));
    CHECK(refused(many + ",\"x7\":1}]"));
    CHECK(xml_refused(sensml(R"(<senml n="a" v="1" v="1"/>)")));
    CHECK_FALSE(refused(R"([{"n":"a","v":1},{"n":"a","v":2}])"));
}

TEST_CASE("7 a record of base fields alone carries them and is no reading") {
    const auto pack = good_json(
        R"([{"bn":"a/","bt":1500000000},{"n":"x","v":1},{"bu":"W","foo":1},{"n":"y","v":2}])");
    REQUIRE(pack.size() == 2);
    CHECK(unit_at(pack, 0).empty());
    CHECK(unit_at(pack, 1) == "W");
    CHECK(good_json(R"([{"bver":10},{"n":"x","v":1}])").size() == 1);
    CHECK(good_json(R"([{"bn":"a"}])").empty());
    CHECK(write_resolved(Format::json, good_json(R"([{"bn":"a"}])")).value() == "[]");
}

TEST_CASE("8 a base field holds until the same base field comes again") {
    const auto pack = good_json(R"([{"bn":"a/","bt":1500000000,"bu":"W","n":"x","v":1},
        {"bn":"b/","n":"x","t":1,"v":2},{"bu":"V","n":"y","v":3},{"bt":1600000000,"n":"z","v":4}])");
    CHECK(name_at(pack, 1) == "b/x");
    CHECK(time_at(pack, 1) == "1500000001");
    CHECK(unit_at(pack, 1) == "W");
    CHECK(unit_at(pack, 2) == "V");
    CHECK(name_at(pack, 3) == "b/z");
    CHECK(time_at(pack, 3) == "1600000000");
}

TEST_CASE("9 a regular field is of its record only") {
    const auto pack =
        good_json(R"([{"bn":"a","n":"x","u":"W","t":-5,"ut":7,"s":1,"v":1},{"v":2}])");
    CHECK(name_at(pack, 1) == "a");
    CHECK(pack[1].unit == no_unit);
    CHECK(time_at(pack, 1) == "1600000000");
    CHECK(pack.extra(1) == Extra{});
}

TEST_CASE("10 the name is bn and n put together, with nothing between") {
    const auto pack =
        good_json(R"([{"n":"x","v":1},{"bn":"a:b","n":"c","v":1},{"v":1},{"n":"","v":1}])");
    CHECK(name_at(pack, 0) == "x");
    CHECK(name_at(pack, 1) == "a:bc");
    CHECK(name_at(pack, 2) == "a:b");
    CHECK(pack[3].name == pack[2].name);
}

TEST_CASE("11 an empty base name or unit is one, and takes the place of the one before") {
    const auto pack =
        good_json(R"([{"bn":"a/","bu":"W","n":"x","v":1},{"bn":"","bu":"","n":"y","v":2}])");
    CHECK(name_at(pack, 1) == "y");
    CHECK(unit_at(pack, 1).empty());
    CHECK(pack[1].unit != no_unit);
    CHECK(refused(R"([{"bn":"a","v":1},{"bn":"","v":2}])"));
}

TEST_CASE("12 the time is bt and t added, an absent one counts as zero") {
    const auto pack =
        good_json(R"([{"n":"a","t":1500000000.5,"v":1},{"bt":1500000000.25,"n":"a","v":1},
        {"n":"a","t":0.5,"v":1},{"n":"a","t":-0.25,"v":1},{"bt":0,"n":"a","v":1}])");
    CHECK(time_at(pack, 0) == "1500000000.5");
    CHECK(time_at(pack, 1) == "1500000000.25");
    CHECK(time_at(pack, 2) == "1500000000.75");
    CHECK(time_at(pack, 3) == "1500000000");
    CHECK(time_at(pack, 4) == "1600000000");
}

TEST_CASE("13 the unit is u, else bu, else none; never both together") {
    const auto pack = good_json(
        R"([{"n":"a","v":1},{"bu":"W","n":"a","v":1},{"n":"a","u":"V","v":1},{"n":"a","u":"","v":1}])");
    CHECK(pack[0].unit == no_unit);
    CHECK(unit_at(pack, 1) == "W");
    CHECK(unit_at(pack, 2) == "V");
    CHECK(unit_at(pack, 3).empty());
}

TEST_CASE("14 the value is bv and v added; bv alone makes a value") {
    const auto pack =
        good_json(R"([{"bn":"a","bv":20,"v":0.5},{"v":-1},{"n":"b"},{"bn":"c"},{"bv":0,"v":0.1}])");
    CHECK(number_at(pack, 0) == 20.5);
    CHECK(number_at(pack, 1) == 19);
    CHECK(name_at(pack, 2) == "ab");
    CHECK(number_at(pack, 2) == 20);
    CHECK(number_at(pack, 3) == 20);
    CHECK(number_at(pack, 4) == 0.1);
    CHECK(number_at(good_json(R"([{"n":"a","bv":0.1,"v":0.2}])"), 0) == 0.1 + 0.2);
    CHECK(refused(R"([{"n":"a","bv":1.7e308,"v":1.7e308}])"));
}

TEST_CASE("15 the sum is bs and s added; with neither there is no sum") {
    const auto pack = good_json(
        R"([{"n":"a","v":1},{"n":"a","s":3,"v":1},{"bs":10,"n":"a","s":2},{"n":"a","v":1},{"n":"a","vs":"x"}])");
    CHECK(pack.extra(0).sum == std::nullopt);
    CHECK(pack.extra(1).sum == 3);
    CHECK(pack.extra(2).sum == 12);
    CHECK(pack[2].kind == Kind::none);
    CHECK(pack.extra(3).sum == 10);
    CHECK(pack.extra(4).sum == 10);
    CHECK(refused(R"([{"n":"a","bs":1.7e308,"s":1.7e308}])"));
}

TEST_CASE("16 a base value does not touch strings, booleans and data") {
    const auto pack = good_json(R"([{"bn":"a","bv":5,"vs":"on"},{"vb":false},{"vd":"AQ"}])");
    CHECK(text_at(pack, 0) == "on");
    CHECK(pack[1].kind == Kind::boolean);
    CHECK(pack[2].kind == Kind::data);
}

TEST_CASE("17, 18 resolved records have no base field but bver, which all have or none") {
    const auto ten = good_json(
        R"([{"bn":"a","bt":1500000000,"bu":"W","bv":1,"bs":1,"bfuture":3,"v":1},{"v":2}])");
    const auto text = write_resolved(Format::json, ten).value();
    for (const auto* label :
         {"\"bn\"", "\"bt\"", "\"bu\"", "\"bv\"", "\"bs\"", "\"bver\"", "\"bfuture\""}) {
        CHECK(text.find(label) == std::string::npos);
    }
    const auto five = good_json(R"([{"bver":5,"n":"a","v":1},{"n":"b","v":2}])");
    CHECK(five.version() == 5);
    CHECK(write_resolved(Format::json, five).value() ==
          R"([{"bver":5,"n":"a","t":1600000000,"v":1},{"bver":5,"n":"b","t":1600000000,"v":2}])");
}

TEST_CASE("19, 20 a resolved pack can be put in order of time, and its times are absolute") {
    auto pack = good_json(
        R"([{"bn":"a","n":"1","v":1},{"n":"2","t":-5,"v":1},{"n":"3","v":1},{"n":"4","t":-5,"v":1}])");
    CHECK(name_at(pack, 0) == "a1");
    pack.sort_by_time();
    CHECK(name_at(pack, 0) == "a2");
    CHECK(name_at(pack, 1) == "a4");
    CHECK(name_at(pack, 2) == "a1");
    CHECK(name_at(pack, 3) == "a3");
    CHECK(time_at(pack, 0) == "1599999995");
}

TEST_CASE("21 resolving a resolved pack changes nothing") {
    const auto pack = good_json(
        R"([{"bn":"a","bt":1500000000.1,"bv":0.1,"v":0.2,"s":3,"bu":"W"},{"t":0.2,"v":-0.0},{"vs":"x","ut":4}])");
    const auto later = from_unix_seconds(1'700'000'000);
    for (const auto format : {Format::json, Format::xml}) {
        const auto text = write_resolved(format, pack).value();
        const auto again = good(format, text, {.now = later});
        CHECK(again == pack);
        CHECK(write_resolved(format, again).value() == text);
    }
}

TEST_CASE("22 resolving record by record gives what resolving the pack gives") {
    // Each pack that ends early resolves to the beginning of the whole one.
    const std::vector<std::string> records = {R"({"bn":"a/","bt":1500000000,"n":"x","v":1})",
                                              R"({"bu":"W"})", R"({"bv":2,"n":"y","t":3})",
                                              R"({"bn":"b","vs":"z"})"};
    std::string text = "[";
    Pack whole;
    std::vector<Pack> prefixes;
    for (const auto& record : records) {
        text += (text.size() > 1 ? "," : "") + record;
        prefixes.push_back(good_json(text + "]"));
    }
    for (const Pack& prefix : prefixes) {
        Pack beginning;
        for (std::size_t i = 0; i < prefix.size(); ++i) beginning.add_from(prefixes.back(), i);
        CHECK(beginning == prefix);
    }
}

TEST_CASE("23 ut, vs, vb and vd are taken as they are; bt does not move ut") {
    const auto pack = good_json(
        R"([{"bn":"a","bt":1500000000,"ut":60,"vs":"\u00e9"},{"vb":true,"ut":0},{"vd":"-_8"}])");
    CHECK(pack.extra(0).update_time == 60);
    CHECK(pack.extra(1).update_time == 0);
    CHECK(text_at(pack, 0) == "é");
    CHECK(pack[1].boolean);
    REQUIRE(pack.data(pack[2]).size() == 2);
    CHECK(pack.data(pack[2])[0] == std::byte{0xFB});
    CHECK(pack.data(pack[2])[1] == std::byte{0xFF});
}
