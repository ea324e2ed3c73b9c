#include <doctest/doctest.h>

#include "tests/unit/config/config_fixture.hpp"

using namespace courant;
using namespace std::chrono_literals;
using test::faults_of;
using test::identity;
using test::load;
using Lines = std::vector<std::string>;

namespace {

// Lines 5 to 12; what follows begins in line 13.
const std::string roof = identity +
                         "[adapters.south]\n"
                         "type = 'roof'\n"
                         "path = 'data/south.csv'\n"
                         "\n"
                         "[[adapters.south.series]]\n"
                         "column = 'p'\n"
                         "name = 'town@town.test/school@town.test/pv/power'\n"
                         "\n";

const std::string every = "[[extract]]\nadapter = 'south'\nevery = '15m'\n";

}  // namespace

TEST_CASE("an adapter's properties become its settings, defaults included") {
    const auto config = load(roof + every);
    REQUIRE(config.adapters.size() == 1);
    const auto* south = config.adapter("south");
    REQUIRE(south);
    CHECK(south->adapter == &test::roof_adapter());
    const auto& settings = south->settings;
    CHECK(settings.text("path") == "/etc/courant/data/south.csv");
    CHECK_FALSE(settings.has("access_token"));
    CHECK(settings.text("mode") == "append");
    CHECK(settings.integer("retries") == 3);
    CHECK_FALSE(settings.has("offset"));
    CHECK(settings.flag("header"));
    CHECK(settings.duration("pause") == 250ms);
    REQUIRE(settings.tables("series").size() == 1);
    const auto& series = settings.tables("series")[0];
    CHECK(series.text("name") == "town@town.test/school@town.test/pv/power");
    CHECK(series.number("factor") == 1.0);
    CHECK(series.error("name", "odd").what() ==
          std::string("/etc/courant/town.toml:11: adapters.south.series[1].name: odd"));
    CHECK(settings.error("offset", "odd").what() ==
          std::string("/etc/courant/town.toml:5: adapters.south.offset: odd"));
}

TEST_CASE("an adapter's properties are held against its description") {
    CHECK(faults_of(identity + "[adapters.south]\n"
                               "type = 'roof'\n"
                               "acces_token = 'x'\n"
                               "mode = 'repalce'\n"
                               "retries = 2.5\n"
                               "offset = 'high'\n"
                               "header = 'yes'\n"
                               "pause = '5'\n"
                               "series = 'all'\n") ==
          Lines{"town.toml:5: adapters.south.path: missing: file to read",
                "town.toml:7: adapters.south.acces_token: unknown key. Did you mean access_token?",
                "town.toml:8: adapters.south.mode: must be one of append, replace, found "
                "\"repalce\". Did you "
                "mean replace?",
                "town.toml:9: adapters.south.retries: must be a whole number, found a number",
                "town.toml:10: adapters.south.offset: must be a number of W, found a text",
                "town.toml:11: adapters.south.header: must be true or false, without quotes, found "
                "a text",
                "town.toml:12: adapters.south.pause: \"5\" is no duration: a number has no unit. "
                "Write it as "
                "30s, 5m, 1h30m or 2d",
                "town.toml:13: adapters.south.series: must be a list of tables, each written "
                "[[adapters.south.series]], found a text"});
}

TEST_CASE("faults in tables of tables say which table") {
    CHECK(faults_of(roof + "[[adapters.south.series]]\ncolum = 'q'\nname = 'pv'\n" + every) ==
          Lines{"town.toml:13: adapters.south.series[2].column: missing: column to read",
                "town.toml:14: adapters.south.series[2].colum: unknown key. Did you mean column?",
                faults_of(roof + "[[adapters.south.series]]\ncolumn = 'q'\nname = 'pv'\n" + every)
                    .at(0)});
}

TEST_CASE("a type that is none is answered with those there are") {
    CHECK(faults_of(identity + "[adapters.south]\ntype = 'rooof'\n[adapters.north]\n") ==
          Lines{"town.toml:6: adapters.south.type: there is no adapter of type \"rooof\". Did you "
                "mean roof? "
                "There are: roof, bell",
                "town.toml:7: adapters.north.type: missing. There are: roof, bell"});
}

TEST_CASE("an adapter's name is plain") {
    CHECK(faults_of(identity + "[adapters.'so uth']\ntype = 'bell'\n") ==
          Lines{"town.toml:5: adapters.so uth: the name may have letters, digits, - and _ only"});
}

TEST_CASE("a secret of an adapter may come from the environment") {
    const auto config =
        load(identity + "[adapters.south]\ntype = 'roof'\npath = '-'\naccess_token = '${TOKEN}'\n",
             {{"TOKEN", "poire"}});
    CHECK(config.adapters[0].settings.text("access_token") == "poire");
    CHECK(config.adapters[0].settings.text("path") == "-");
}

TEST_CASE("an adapter that nothing names is a warning") {
    CHECK(load(identity + "[adapters.door]\ntype = 'bell'\n").warnings ==
          Lines{"/etc/courant/town.toml:5: adapters.door: no [[extract]] and no [[receive]] names "
                "it, so it "
                "does nothing"});
}

TEST_CASE("an extract job has its triggers together") {
    const auto config =
        load(roof +
             "[[extract]]\nadapter = 'south'\nevery = '5m'\ncron = '0 2 * * *'\n"
             "time_zone = 'Europe/Paris'\nat_start = false\nquality = 'validated'\n");
    REQUIRE(config.extracts.size() == 1);
    CHECK(config.extracts[0] == ExtractConfig{.adapter = "south",
                                              .triggers = {.at_start = false,
                                                           .every = 5min,
                                                           .cron = "0 2 * * *",
                                                           .time_zone = "Europe/Paris"},
                                              .quality = Quality::validated});
    const auto plain = load(roof + every).extracts.at(0);
    CHECK(plain == ExtractConfig{.adapter = "south", .triggers = {.every = 15min}});
}

TEST_CASE("a job that could not run is refused") {
    CHECK(
        faults_of(roof + "[[extract]]\n"
                         "adapter = 'sout'\n"
                         "every = '5m'\n"
                         "[[extract]]\n"
                         "adapter = 'south'\n"
                         "[[extract]]\n"
                         "adapter = 'south'\n"
                         "every = '0s'\n"
                         "[[extract]]\n"
                         "every = '5m'\n"
                         "cron = '! * * * *'\n"
                         "time_zone = 'Europe/Lutece'\n"
                         "quality = 'good'\n") ==
        Lines{
            "town.toml:14: extract[1].adapter: there is no [adapters.sout]. Did you mean south?",
            "town.toml:16: extract[2].every: missing, and so is cron: when is it to run?",
            "town.toml:19: extract[3].adapter: south is named in line 17 already",
            "town.toml:20: extract[3].every: must be 1ms or longer, found 0s",
            "town.toml:21: extract[4].adapter: missing: The adapter to read: the NAME of an "
            "[adapters.NAME]",
            "town.toml:23: extract[4].cron: minute \"!\": is no number or name",
            "town.toml:24: extract[4].time_zone: there is no time zone \"Europe/Lutece\". Write it "
            "as "
            "Europe/Paris",
            "town.toml:25: extract[4].quality: must be one of missing, estimated, raw, corrected, "
            "validated, invoiced, found \"good\"."});
}

TEST_CASE("a feed runs all the time") {
    const auto door = identity + "[adapters.door]\ntype = 'bell'\n[[extract]]\nadapter = 'door'\n";
    CHECK(load(door).extracts.size() == 1);
    CHECK(load(door + "every = ''\n").extracts.size() == 1);
    CHECK(
        faults_of(door + "every = '5m'\n") ==
        Lines{
            "town.toml:9: extract[1].every: an adapter of type bell runs all the time and takes no "
            "schedule"});
}

TEST_CASE("a receive job says which series") {
    const auto config =
        load(roof + "[[receive]]\nadapter = 'south'\nseries = ['a@b/*', '*/pv/power']\n");
    REQUIRE(config.receives.size() == 1);
    CHECK(config.receives[0] == ReceiveConfig{"south", {"a@b/*", "*/pv/power"}});
    CHECK(load(roof + "[[receive]]\nadapter = 'south'\n").receives.at(0) ==
          ReceiveConfig{"south", {"*"}});
}

TEST_CASE("patterns and sinks that cannot be are refused") {
    CHECK(
        faults_of(roof + "[[receive]]\nadapter = 'south'\nseries = '*'\n") ==
        Lines{"town.toml:15: receive[1].series: must be a list, as [\"…\", \"…\"], found a text"});
    CHECK(
        faults_of(roof + "[[receive]]\nadapter = 'south'\nseries = ['*', 3]\n") ==
        Lines{
            "town.toml:15: receive[1].series[2]: must be a text, in quotes, found a whole number"});
    CHECK(faults_of(roof + "[[receive]]\nadapter = 'south'\nseries = []\n").size() == 1);
    CHECK(faults_of(roof + "[[receive]]\nadapter = 'south'\nseries = ['']\n") ==
          Lines{"town.toml:15: receive[1].series: an empty pattern fits no series"});
    CHECK(faults_of(identity + "[adapters.door]\ntype = 'bell'\n[[receive]]\nadapter = 'door'\n") ==
          Lines{"town.toml:8: receive[1].adapter: nothing can be written with an adapter of type "
                "bell"});
}

TEST_CASE("a proxy extracts under no other name than its own") {
    const auto foreign = roof +
                         "[[adapters.south.series]]\ncolumn = 'q'\n"
                         "name = 'other@town.test/school@town.test/pv/power'\n";
    CHECK(faults_of(foreign + every) == Lines{"town.toml:15: adapters.south.series[2].name: a name "
                                              "that this proxy may not speak: its first "
                                              "segment must be town@town.test"});
    CHECK(faults_of(foreign + "[[receive]]\nadapter = 'south'\n").empty());
}

TEST_CASE("both spellings of our own name are ours") {
    CHECK(faults_of(roof +
                    "[[adapters.south.series]]\ncolumn = 'q'\n"
                    "name = 'town:town.test/school:town.test/pv/power'\n" +
                    every)
              .empty());
}
