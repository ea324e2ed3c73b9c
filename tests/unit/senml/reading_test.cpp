#include "senml/reading.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

constexpr std::string_view one_of_each =
    R"([{"n":"a","u":"W","t":-1,"v":-0.0},{"n":"b","vs":"\u0000on"},{"n":"a","u":"","vb":true},)"
    R"({"n":"c","vd":"AP8v","ut":60},{"n":"a","u":"W","s":7200,"x":[1,"y"],"z":null}])";

}  // namespace

TEST_CASE("readings of a pack, made a pack again, are the same pack") {
    const Pack pack = good_json(one_of_each, {.now = noon, .unknown = Unknown::keep});
    REQUIRE(pack.size() == 5);
    CHECK(to_pack(readings(pack)) == pack);
    Pack one_by_one;
    for (std::size_t i = 0; i < pack.size(); ++i) add(one_by_one, reading(pack, i));
    CHECK(one_by_one == pack);
    CHECK(to_pack({}) == Pack{});
}

TEST_CASE("a pack of readings, taken apart again, is the same readings") {
    const std::array<Reading, 2> given = {
        Reading{.name = "house/power", .unit = "W", .time = noon, .value = 23.5},
        Reading{.name = "house/door", .time = noon, .value = "open", .update_time = 60.0}};
    const auto back = readings(to_pack(given));
    REQUIRE(back.size() == 2);
    CHECK(back[0] == given[0]);
    CHECK(back[1] == given[1]);
    CHECK(std::get<std::string>(back[1].value) == "open");
    CHECK_FALSE(back[1].unit);
}

TEST_CASE("a reading says all that its record says, and outlives the pack") {
    std::vector<Reading> all;
    {
        const Pack pack = good_json(one_of_each, {.now = noon, .unknown = Unknown::keep});
        all = readings(pack);
    }
    REQUIRE(all.size() == 5);
    CHECK(all[0].name == "a");
    CHECK(all[0].unit == "W");
    CHECK(all[0].time == noon - std::chrono::seconds{1});
    CHECK(std::signbit(std::get<double>(all[0].value)));
    CHECK_FALSE(all[1].unit);
    CHECK(std::get<std::string>(all[1].value) == std::string{"\0on", 3});
    CHECK(all[2].unit == "");
    CHECK(std::get<bool>(all[2].value));
    CHECK(std::get<std::vector<std::byte>>(all[3].value) ==
          std::vector{std::byte{0}, std::byte{0xFF}, std::byte{0x2F}});
    CHECK(all[3].update_time == 60);
    CHECK(std::holds_alternative<std::monostate>(all[4].value));
    CHECK(all[4].sum == 7200);
    CHECK(all[4].unknown == std::vector<UnknownField>{{"x", R"([1,"y"])"}, {"z", "null"}});
}

TEST_CASE("the version is the pack's and not a reading's") {
    Pack pack = good_json(R"([{"bver":26,"n":"a","u":"kWh","v":1}])");
    CHECK(to_pack(readings(pack)).version() == default_version);
    CHECK(write(Format::json, to_pack(readings(pack))) == write(Format::json, pack));
}
