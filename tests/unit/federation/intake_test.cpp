#include "proxy-core/federation/intake.hpp"

#include <doctest/doctest.h>

#include <string>

#include "senml/codec.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid self = address("bmhs@coop.example");
const Jid town = address("meter@town.example");
const Time now = senml::from_unix_seconds(1'780'000'000);

Readings readings(const std::string& records) {
    Readings readings;
    readings.lane = {"L"};
    readings.seq = 1;
    readings.envelope.retain = "P3Y";
    readings.envelope.hops = {town};
    readings.body = "<sensml xmlns='urn:ietf:params:xml:ns:senml'>" + records + "</sensml>";
    return readings;
}

}  // namespace

TEST_CASE("readings in the sender's own names pass, and are counted") {
    const auto found =
        inspect(readings("<senml bn='meter:town.example/home:town.example/' n='power' v='1'/>"
                         "<senml n='index' v='2'/>"),
                town, self, now);
    CHECK(found.fault.empty());
    CHECK(found.foreign_name.empty());
    CHECK(found.records == 2);
}

TEST_CASE("who sends through a resource speaks with the authority of the bare JID") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/>"),
                address("meter@town.example/phone"), self, now);
    CHECK(found.foreign_name.empty());
}

TEST_CASE("a name of somebody else is found among many, and told in people's spelling") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/>"
                         "<senml n='Zabbix:Lorient.example/home:town.example/p' v='1'/>"),
                town, self, now);
    CHECK(found.fault.empty());
    CHECK(found.foreign_name == "zabbix@lorient.example/home@town.example/p");
}

TEST_CASE("a similar name is not the sender's") {
    for (const char* name :
         {"meter:town.example.evil.example/a:b.example/p", "meter2:town.example/a:b.example/p",
          "me:3Ater:town.example/a:b.example/p"}) {
        CAPTURE(name);
        const auto found =
            inspect(readings("<senml v='1' n='" + std::string(name) + "'/>"), town, self, now);
        CHECK_FALSE(found.foreign_name.empty());
    }
}

TEST_CASE("one record at fault refuses the whole message, with the record's number") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/><senml v='1'/>"),
                town, self, now);
    CHECK(found.fault.find("record 2") != std::string::npos);
}

TEST_CASE("a loop is found wherever in the hops we stand") {
    Readings looping = readings("<senml n='meter:town.example/home:town.example/p' v='1'/>");
    looping.envelope.hops = {self, town};
    CHECK_FALSE(inspect(looping, town, self, now).fault.empty());
    looping.envelope.hops = {address("other@coop.example"), town};
    CHECK(inspect(looping, town, self, now).fault.empty());
}

TEST_CASE("a retention is required, and is a duration") {
    for (const char* retain : {"", "forever", "3Y", "P", "P0D"}) {
        CAPTURE(retain);
        Readings kept = readings("<senml n='meter:town.example/home:town.example/p' v='1'/>");
        kept.envelope.retain = retain;
        CHECK_FALSE(inspect(kept, town, self, now).fault.empty());
    }
}

TEST_CASE("one record of a pack becomes a pack of its own") {
    const std::string body =
        readings(
            "<senml bn='meter:town.example/home:town.example/' bt='1780000000' bu='W' n='a' "
            "v='1'/><senml n='b' t='60' v='2'/>")
            .body;
    const auto one = senml::read(senml::Format::xml, single_record(body, 2, now), {.now = now});
    REQUIRE(one);
    REQUIRE(one->size() == 1);
    const auto& record = (*one)[0];
    CHECK(one->name(record.name) == "meter:town.example/home:town.example/b");
    CHECK(one->unit(record.unit) == "W");
    CHECK(record.number == 2);
    CHECK(record.time == senml::from_unix_seconds(1'780'000'060));
    CHECK(single_record(body, 3, now) == body);
    CHECK(single_record(body, 0, now) == body);
    CHECK(single_record("<no pack/>", 1, now) == "<no pack/>");
}
