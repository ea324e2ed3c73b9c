// Conformance point K (91): fragments.
#include "senml/fragment.hpp"

#include "packs.hpp"
#include "vector_cases.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::string parse_fault(std::string_view text) {
    const auto fragment = Fragment::parse(text);
    return fragment ? std::string{} : fragment.error().to_string();
}

std::vector<std::size_t> selected(std::string_view text, std::size_t records) {
    const auto fragment = Fragment::parse(text);
    std::vector<std::size_t> numbers;
    for (std::size_t i = 1; fragment && i <= records; ++i) {
        if (fragment->contains(i)) numbers.push_back(i);
    }
    return numbers;
}

using Numbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("91 vectors: the fragments of RFC 8428 section 9") {
    if (!vectors()) return;
    for (const auto& entry : read_json_file(*vectors() / "rfc8428/fragments.json")) {
        const auto text = entry["fragment"].get<std::string>();
        CAPTURE(text);
        CHECK(selected(text, entry["pack_size"].get<std::size_t>()) ==
              entry["select"].get<Numbers>());
    }
}

TEST_CASE("91 a fragment is a list of numbers and ranges, in any order") {
    CHECK(selected("#rec=3", 5) == Numbers{3});
    CHECK(selected("rec=4-*,1,2-2", 6) == Numbers{1, 2, 4, 5, 6});
    CHECK(selected("rec=5,1-3,2-4,3", 6) == Numbers{1, 2, 3, 4, 5});
    CHECK(selected("rec=2-*,4-5", 6) == Numbers{2, 3, 4, 5, 6});
    CHECK(selected("rec=7-99999999999999999999999", 8) == Numbers{7, 8});
    CHECK(selected("rec=9", 5) == Numbers{});
    CHECK_FALSE(Fragment::parse("rec=1-3")->contains(0));
    CHECK(Fragment::parse("rec=1-3") == Fragment::parse("#rec=2,3,1"));
}

TEST_CASE("91 a malformed fragment is refused, with the reason") {
    CHECK(parse_fault("") == "pack: a fragment that does not begin with 'rec=' (RFC 8428 9)");
    CHECK(parse_fault("rec=0") ==
          "pack: a fragment with the number 0; the first record is 1 (RFC 8428 9)");
    CHECK(parse_fault("rec=5-3") ==
          "pack: a fragment with a range that runs backwards: 5-3 (RFC 8428 9)");
    CHECK(parse_fault("rec=1,x") ==
          "pack: a fragment with 'x' where a number is expected (RFC 8428 9)");
    for (const auto* wrong : {"#",       "rec",
                              "rec=",    "rec=*",
                              "rec=*-3", "rec=1-",
                              "rec=-3",  "rec=1,",
                              "rec=,1",  "rec=1,,2",
                              "rec=+1",  "rec= 1",
                              "rec=1 ",  "rec=1-2-3",
                              "rec=1.5", "rec=0x1",
                              "row=1",   "REC=1",
                              "##rec=1", "rec=1;2",
                              "rec=0-3", "rec=99999999999999999999x",
                              "rec=3-**"}) {
        CAPTURE(wrong);
        CHECK(parse_fault(wrong) != "");
    }
}

TEST_CASE("91 a selected record keeps what base fields before it say; all records count") {
    constexpr auto text =
        R"([{"bn":"a/","bt":1600000000},{"n":"x","v":1},{"n":"y","v":2},{"bn":"b/","bu":"W"},)"
        R"({"n":"z","t":1,"v":3}])";
    const auto pick = [&](std::string_view fragment) {
        return read_fragment(Format::json, text, *Fragment::parse(fragment), {.now = noon});
    };
    const auto last = pick("rec=5-*");
    REQUIRE(last);
    REQUIRE(last->size() == 1);
    CHECK(name_at(*last, 0) == "b/z");
    CHECK(unit_at(*last, 0) == "W");
    CHECK(time_at(*last, 0) == "1600000001");
    CHECK(pick("rec=3")->size() == 1);
    CHECK(name_at(*pick("rec=3"), 0) == "a/y");
    CHECK(pick("rec=1,4")->empty());
    CHECK(pick("rec=6")->empty());
    CHECK(*pick("rec=1-*") == good_json(text));
}

TEST_CASE("91 a fragment of a faulty pack is refused with it") {
    const auto all = *Fragment::parse("rec=1");
    const auto fault = read_fragment(Format::json, R"([{"n":"a","v":1},{"n":"b"}])", all, {});
    REQUIRE_FALSE(fault);
    CHECK(fault.error().record == 2);
    CHECK(read_fragment(Format::xml, sensml("<senml n='a' v='1'/><senml n='b' v='1'/>"), all,
                        {.now = noon})
              ->size() == 1);
}
