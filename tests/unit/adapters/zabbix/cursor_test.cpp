#include "adapters/zabbix/cursor.hpp"

#include <doctest/doctest.h>

#include "proxy-core/error.hpp"

using namespace courant;
using namespace courant::zabbix;

TEST_CASE("a cursor comes back as it was written") {
    Cursor cursor;
    cursor.series["zabbix:town.example/roof:town.example/pv/power"] = {
        .position = {.at = 1795150000,
                     .floor = 1795149000,
                     .seen = {{1795150244, 0}, {1795150244, 999'999'999}, {1795150304, 123456789}}},
        .fault = {}};
    cursor.series["zabbix:town.example/roof:town.example/gone"] = {.position = {},
                                                                   .fault = "no such item “x”"};
    cursor.next = "zabbix:town.example/roof:town.example/gone";
    CHECK(Cursor::parse(cursor.text()) == cursor);
    CHECK(Cursor::parse({}) == Cursor{});
}

TEST_CASE("stamps of a regular series cost few bytes") {
    std::set<Stamp> stamps;
    for (std::int64_t i = 0; i < 1000; ++i) stamps.insert({1795150200 + 60 * i, 0});
    const std::string packed = pack_stamps(stamps);
    CHECK(unpack_stamps(packed) == stamps);
    CHECK(packed.size() < 4100);
}

TEST_CASE("a cursor of something else is refused, and waiting does not help") {
    for (const char* text : {"{", "[]", "17", R"({"v":2,"next":"","series":{}})",
                             R"({"v":1,"next":"","series":{"a":{"at":1,"floor":1,"seen":"x!.1"}}})",
                             R"({"v":1,"next":"","series":{"a":{"at":1,"floor":1,"seen":"12"}}})",
                             R"({"v":1,"next":"","series":{"a":{}}})"}) {
        CAPTURE(text);
        try {
            Cursor::parse(text);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK_FALSE(error.worth_retrying());
        }
    }
}
