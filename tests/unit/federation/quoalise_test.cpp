#include "proxy-core/federation/quoalise.hpp"

#include <doctest/doctest.h>

#include "proxy-core/mailbox/body.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const std::string school = "meter:town.example/school:town.example/";

Message message() {
    Message message;
    message.peer = address("alice@coop.example");
    message.lane = {"L"};
    message.seq = 7;
    return message;
}

/// Power, twice, and energy between; with a text at the end.
senml::Pack mixed() {
    senml::Pack pack;
    const auto power = pack.intern_name(school + "pv/power");
    const auto energy = pack.intern_name(school + "pv/energy");
    const auto watt = pack.intern_unit("W");
    const auto joule = pack.intern_unit("J");
    const Time start{std::chrono::seconds(1'780'000'000)};
    pack.add(power, watt, start, 245);
    pack.add(energy, joule, start, 1000);
    pack.add(power, watt, start + std::chrono::minutes(30), 246.5);
    pack.add_text(power, senml::no_unit, start, "off");
    return pack;
}

}  // namespace

TEST_CASE("every series goes in a stanza of its own, in the SenML that the client adds up right") {
    const auto written = written_for_quoalise(
        message(), mixed(), {{school + "pv/power", "urn:dev:prm:1_power"}}, "town.example");
    REQUIRE(written.stanzas.size() == 3);
    CHECK(written.stanzas[0] ==
          "<message to='alice@coop.example' id='L.7/0'><quoalise xmlns='urn:quoalise:0'><data>"
          "<meta><device type='series'><identifier authority='courant' type='series' "
          "value='meter@town.example/school@town.example/pv/power'/></device>"
          "<measurement name='power' quantity='power' type='electrical' unit='W'/></meta>"
          "<sensml xmlns='urn:ietf:params:xml:ns:senml'>"
          "<senml bn='urn:dev:prm:1_power' bt='1780000000' bu='W' v='245'/>"
          "<senml t='1800' v='246.5'/></sensml></data></quoalise></message>");
    // Without a name of its own it goes under ours.
    CHECK(written.stanzas[1].find("bn='" + school + "pv/energy' bt='1780000000' bu='J'") !=
          std::string::npos);
    CHECK(written.stanzas[2] ==
          "<iq type='get' to='town.example' id='L.7'><ping xmlns='urn:xmpp:ping'/></iq>");
}

TEST_CASE("what the client cannot read is left out, by its place in the message") {
    const auto written = written_for_quoalise(message(), mixed(), {}, "town.example");
    REQUIRE(written.left_out.size() == 1);
    CHECK(written.left_out[0].seq == 7);
    CHECK(written.left_out[0].record == 4);
}

TEST_CASE("a change of unit begins another stanza") {
    senml::Pack pack = mixed();
    pack.add(pack[0].name, pack.intern_unit("kW"), pack[0].time, 1);
    CHECK(quoalise_parts(pack).parts.size() == 3);
}

TEST_CASE("the id of a push names its message and part, and other ids name none") {
    const auto push = quoalise_push_from("L.7/2");
    REQUIRE(push);
    CHECK(push->lane == LaneId{"L"});
    CHECK(push->seq == 7);
    CHECK(push->part == 2);
    for (const char* other : {"L.7", "L.7/", "L.7/x", "L/7", "/", "", "L.0/1"}) {
        CAPTURE(other);
        CHECK_FALSE(quoalise_push_from(other));
    }
}
