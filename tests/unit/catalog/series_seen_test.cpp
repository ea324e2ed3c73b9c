#include "proxy-core/catalog/series_seen.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "proxy-core/catalog/series_tally.hpp"

using namespace courant;

namespace {

senml::Time second(int number) {
    return senml::from_unix_seconds(1'780'000'000 + number);
}

const std::string roof = "zabbix:lorient.example/school:lorient.example/pv/power";
const std::string roof_for_people = "zabbix@lorient.example/school@lorient.example/pv/power";

}  // namespace

TEST_CASE("a pack tells of each series from when to when, how many, and the last numbers") {
    senml::Pack pack;
    const auto power = pack.intern_name(roof);
    const auto state = pack.intern_name("state");
    const auto watt = pack.intern_unit("W");
    for (int i = 9; i >= 0; --i) pack.add(power, watt, second(i), 100 + i);
    pack.add(power, watt, second(10), std::numeric_limits<double>::quiet_NaN());
    pack.add_text(state, senml::no_unit, second(3), "open");
    pack.intern_name("nobody speaks it");
    const auto seen = seen_in(pack);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] ==
          SeriesSeen{
              .name = roof,
              .unit = "W",
              .kind = senml::Kind::number,
              .first = second(0),
              .last = second(10),
              .readings = 11,
              .latest = {{second(3), 103}, {second(2), 102}, {second(1), 101}, {second(0), 100}}});
    CHECK(seen[1] == SeriesSeen{.name = "state",
                                .kind = senml::Kind::text,
                                .first = second(3),
                                .last = second(3),
                                .readings = 1});
}

TEST_CASE("a tally adds up until it is taken, and gives names as people spell them") {
    SeriesTally tally;
    const auto brings = [&](const std::string& name, int at) {
        tally.add({{.name = name, .first = second(at), .last = second(at), .readings = 1}});
    };
    brings(roof, 5);
    brings(roof, 7);
    brings("urn:dev:x", 1);
    CHECK(tally.take(1).size() == 1);
    const auto rest = tally.take(9);
    CHECK(rest.size() == 1);
    CHECK(tally.take(9).empty());
    brings(roof, 5);
    brings(roof, 7);
    CHECK(tally.take(9) ==
          std::vector<SeriesSeen>{
              {.name = roof_for_people, .first = second(5), .last = second(7), .readings = 2}});
}
