#include "adapters/zabbix/mapping.hpp"

#include <doctest/doctest.h>

#include "tests/support/zabbix/zabbix_settings.hpp"

using namespace courant;
using namespace courant::zabbix;
using courant::test::table;
using courant::test::zabbix_settings;

namespace {

Settings maps(std::vector<Settings> tables) {
    return zabbix_settings({{"map", std::move(tables)}});
}

Settings map_table(const char* name, const char* host, const char* key) {
    return table(
        {{"name", std::string(name)}, {"host", std::string(host)}, {"key", std::string(key)}});
}

}  // namespace

TEST_CASE("a named series goes to its item, any other by the fallback's pattern") {
    const Mapping mapping(
        maps({map_table("bmhs@coop.example/school@town.example/pv/power", "roof", "pv.power"),
              map_table("*", "{subject}", "courant[{path}]")}));
    const auto named = mapping.target("bmhs:coop.example/school:town.example/pv/power");
    CHECK(named->ref.people() == "roof: pv.power");
    const auto other = mapping.target("bmhs:coop.example/school:town.example/pv/energy");
    CHECK(other->ref.people() == "school: courant[pv.energy]");
    CHECK_FALSE(mapping.target("urn:dev:mac:0024befffe804ff1"));
}

TEST_CASE("without a fallback an unnamed series has no item") {
    const Mapping mapping(maps({map_table("a@b.example/c@d.example/e", "h", "k")}));
    CHECK_FALSE(mapping.target("a:b.example/c:d.example/f"));
}

TEST_CASE("a pattern knows its words and leaves others alone") {
    const auto name = senml::Name::parse("a@b.example/c@d.example/e/f").value();
    CHECK(fill_pattern("{app}|{app_server}|{subject}|{subject_server}|{path}|{name}", name) ==
          "a|b.example|c|d.example|e.f|a:b.example/c:d.example/e/f");
    CHECK(fill_pattern("x{what}{", name) == "x{what}{");
    CHECK(fill_pattern("{$MACRO}-{path}", name) == "{$MACRO}-e.f");
}

TEST_CASE("a mapping that says two things is refused at its place") {
    const auto one = map_table("a@b.example/c@d.example/e", "h", "k");
    const auto any = map_table("*", "h", "k");
    CHECK_THROWS_AS(Mapping(maps({one, one})), ConfigError);
    CHECK_THROWS_AS(Mapping(maps({any, any})), ConfigError);
    CHECK_THROWS_AS(Mapping(maps({})), ConfigError);
    CHECK_THROWS_AS(Mapping(maps({map_table("no name", "h", "k")})), ConfigError);
    CHECK_THROWS_AS(Mapping(maps({map_table("*", "h", "")})), ConfigError);
}
