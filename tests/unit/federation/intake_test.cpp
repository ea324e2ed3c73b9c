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
    CHECK(found.foreign.empty());
    CHECK(found.nameless.empty());
    CHECK(found.records == 2);
}

TEST_CASE("who sends through a resource speaks with the authority of the bare JID") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/>"),
                address("meter@town.example/phone"), self, now);
    CHECK(found.foreign.empty());
}

TEST_CASE("a name of somebody else is found among many, and told in people's spelling") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/>"
                         "<senml n='Zabbix:Lorient.example/home:town.example/p' v='1'/>"),
                town, self, now);
    CHECK(found.fault.empty());
    REQUIRE(found.foreign.size() == 1);
    CHECK(found.foreign[0].record == 2);
    CHECK(found.foreign[0].reason ==
          "meter@town.example may not speak zabbix@lorient.example/home@town.example/p");
}

TEST_CASE(
    "a record costs its record: foreign ones where no relay sent them, nameless ones always") {
    const auto found =
        inspect(readings("<senml n='meter:town.example/home:town.example/p' v='1'/>"
                         "<senml n='zabbix:lorient.example/home:town.example/p' v='2'/>"
                         "<senml n='urn:dev:ow:1' v='3'/>"
                         "<senml n='zabbix:lorient.example/home:town.example/p' v='4'/>"
                         "<senml n='meter:town.example/home:town.example/p' v='5'/>"),
                town, self, now);
    const auto records_of = [](const Refusal& refusal) {
        CHECK(refusal.whole.empty());
        std::vector<std::int64_t> records;
        for (const RecordFault& fault : refusal.records) records.push_back(fault.record);
        return records;
    };
    const auto from_town = refusal(found, {.jid = town, .added_at = {}});
    CHECK(records_of(from_town) == std::vector<std::int64_t>{2, 3, 4});
    CHECK(from_town.records[1].reason.find("urn:dev:ow:1 is no federated name") !=
          std::string::npos);
    CHECK(records_of(refusal(found, {.jid = town, .relay = true, .added_at = {}})) ==
          std::vector<std::int64_t>{3});
}

TEST_CASE("where nothing is left, or too much is wrong, the whole message is refused") {
    const std::string own = "<senml n='meter:town.example/home:town.example/p' v='1'/>";
    const std::string foreign = "<senml n='eve:evil.example/home:town.example/p' v='1'/>";
    const std::string reason =
        "meter@town.example may not speak eve@evil.example/home@town.example/p";
    const auto refused = [&](const std::string& records) {
        return refusal(inspect(readings(records), town, self, now), {.jid = town, .added_at = {}});
    };
    CHECK(refused(foreign + foreign).whole == reason);
    CHECK(refused(foreign + foreign).records.empty());
    CHECK(refused(foreign + own).whole.empty());
    std::string many;
    for (int i = 0; i < 64; ++i) many += foreign;
    CHECK(refused(many + own).whole.empty());
    CHECK(refused(many + own).records.size() == 64);
    CHECK(refused(many + foreign + own).whole == reason + " (and 64 records more)");
    CHECK(refused(many + foreign + own).records.empty());
}

TEST_CASE("a pack without some of its records keeps the others as they were, with their times") {
    const std::string body =
        readings(
            "<senml bn='meter:town.example/home:town.example/' bt='1780000000' bu='W' n='a' "
            "v='1'/><senml n='b' t='60' v='2'/><senml n='a' t='-5' v='3'/>")
            .body;
    const auto rest = senml::read(senml::Format::xml,
                                  without_records(body, {{1, "no"}, {2, "no"}}, now), {.now = now});
    REQUIRE(rest);
    REQUIRE(rest->size() == 1);
    CHECK(rest->name((*rest)[0].name) == "meter:town.example/home:town.example/a");
    CHECK((*rest)[0].number == 3);
    CHECK((*rest)[0].time == senml::from_unix_seconds(1'779'999'995));
}

TEST_CASE("a similar name is not the sender's") {
    for (const char* name :
         {"meter:town.example.evil.example/a:b.example/p", "meter2:town.example/a:b.example/p",
          "me:3Ater:town.example/a:b.example/p"}) {
        CAPTURE(name);
        const auto found =
            inspect(readings("<senml v='1' n='" + std::string(name) + "'/>"), town, self, now);
        CHECK_FALSE(found.foreign.empty());
    }
}

TEST_CASE("a record that is no SenML refuses the whole message, with the record's number") {
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

TEST_CASE("R3.1: a retention is required, and is a duration") {
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
