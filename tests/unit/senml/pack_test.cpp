#include "senml/pack.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

using namespace courant::senml;

namespace {

std::array<std::byte, 3> octets() {
    return {std::byte{0}, std::byte{0xFF}, std::byte{0x2F}};
}

Pack one_of_each() {
    Pack pack;
    const auto name = pack.intern_name("house/power");
    const auto watt = pack.intern_unit("W");
    pack.add(name, watt, from_unix_seconds(3), 23.5);
    pack.add_text(name, no_unit, from_unix_seconds(1), "on");
    pack.add_boolean(name, no_unit, from_unix_seconds(2), true);
    pack.add_data(name, no_unit, from_unix_seconds(1), octets());
    pack.add_valueless(name, watt, from_unix_seconds(0));
    pack.set_extra({.sum = 7200.0, .update_time = 60.0});
    return pack;
}

}  // namespace

TEST_CASE("a pack gives back what was added") {
    const Pack pack = one_of_each();
    REQUIRE(pack.size() == 5);
    CHECK(pack.name(pack[0].name) == "house/power");
    CHECK(pack.unit(pack[0].unit) == "W");
    CHECK(pack[0].number == 23.5);
    CHECK(pack.text(pack[1]) == "on");
    CHECK(pack.unit(pack[1].unit).empty());
    CHECK(pack[2].boolean);
    CHECK(std::ranges::equal(pack.data(pack[3]), octets()));
    CHECK(pack.extra(4) == Extra{7200.0, 60.0});
    CHECK(pack.extra(0) == Extra{});
}

TEST_CASE("names and units are held once, however many there are") {
    Pack pack;
    CHECK(pack.intern_name("a") == pack.intern_name("a"));
    CHECK(pack.intern_unit("") != no_unit);
    for (int round = 0; round < 2; ++round) {
        for (std::uint32_t i = 0; i < 1000; ++i) {
            CHECK(pack.intern_name("n" + std::to_string(i)) == NameId{i + 1});
        }
    }
    CHECK(pack.name_count() == 1001);
    CHECK(pack.name(NameId{1000}) == "n999");
}

TEST_CASE("19 sorting by time keeps the order of equal times, and sums with their records") {
    Pack pack = one_of_each();
    pack.sort_by_time();
    CHECK(pack[0].kind == Kind::none);
    CHECK(pack.extra(0).sum == 7200.0);
    CHECK(pack[1].kind == Kind::text);
    CHECK(pack[2].kind == Kind::data);
    CHECK(pack[3].kind == Kind::boolean);
    CHECK(pack[4].kind == Kind::number);
    CHECK_FALSE(pack[4].has_extra);
}

TEST_CASE("packs are equal when they say the same, whatever their ids") {
    const Pack pack = one_of_each();
    Pack other;
    other.intern_name("something else");
    other.intern_unit("V");
    for (std::size_t i = 0; i < pack.size(); ++i) other.add_from(pack, i);
    CHECK(pack == other);
    other.set_extra({.sum = 1.0});
    CHECK_FALSE(pack == other);
}

TEST_CASE("a pack can take records from itself") {
    Pack pack = one_of_each();
    for (int round = 0; round < 100; ++round) pack.add_from(pack, 1);
    CHECK(pack.text(pack[104]) == "on");
    pack.add_text(pack[0].name, no_unit, from_unix_seconds(9), pack.text(pack[1]));
    CHECK(pack.text(pack[105]) == "on");
}

TEST_CASE("an empty unit is not the same as none") {
    Pack with;
    Pack without;
    with.add(with.intern_name("a"), with.intern_unit(""), from_unix_seconds(0), 1);
    without.add(without.intern_name("a"), no_unit, from_unix_seconds(0), 1);
    CHECK_FALSE(with == without);
}

TEST_CASE("a cleared pack is as new") {
    Pack pack = one_of_each();
    pack.set_version(26);
    pack.clear();
    CHECK(pack.empty());
    CHECK(pack.name_count() == 0);
    CHECK(pack == Pack{});
}
