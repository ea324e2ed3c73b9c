// Settings as adapters read them.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "proxy-core/adapter.hpp"

using courant::ConfigError;
using courant::Settings;

namespace {

std::string message(const ConfigError& error) {
    return error.what();
}

std::string naming_fault(const Settings& settings) {
    try {
        courant::series_name(settings, "name");
    } catch (const ConfigError& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a setting comes back as it was set") {
    Settings table;
    table.set("column", std::string("GC"));
    Settings settings;
    settings.set("path", std::string("roof.csv"));
    settings.set("skip_lines", std::int64_t{3});
    settings.set("factor", 2.5);
    settings.set("header", true);
    settings.set("every", std::chrono::nanoseconds{std::chrono::seconds{30}});
    settings.set("series", std::vector<Settings>{table});
    CHECK(settings.text("path") == "roof.csv");
    CHECK(settings.integer("skip_lines") == 3);
    CHECK(settings.number("factor") == 2.5);
    CHECK(settings.flag("header"));
    CHECK(settings.duration("every") == std::chrono::seconds{30});
    REQUIRE(settings.tables("series").size() == 1);
    CHECK(settings.tables("series")[0].text("column") == "GC");
}

TEST_CASE("a whole number is a number as well") {
    Settings settings;
    settings.set("factor", std::int64_t{5});
    CHECK(settings.number("factor") == 5.0);
}

TEST_CASE("what is not set can be asked for where it may be missing, and nowhere else") {
    const Settings settings;
    CHECK_FALSE(settings.has("path"));
    CHECK(settings.text_or_empty("path").empty());
    CHECK(settings.tables("series").empty());
    CHECK_THROWS_AS(settings.text("path"), std::logic_error);
    CHECK_THROWS_AS(settings.flag("header"), std::logic_error);
}

TEST_CASE("asking for another type is the adapter's bug, and says which") {
    Settings settings;
    settings.set("path", std::string("roof.csv"));
    CHECK_THROWS_WITH_AS(settings.integer("path"),
                         "setting path is a text, and the adapter asked for a whole number",
                         std::logic_error);
    CHECK_THROWS_AS(settings.tables("path"), std::logic_error);
}

TEST_CASE("an error points at the place of its property, or at the table where that has none") {
    Settings settings("town.toml:12: adapters.roof");
    settings.set("path", std::string("roof.csv"), "town.toml:14: adapters.roof.path");
    CHECK(message(settings.error("path", "no such file")) ==
          "town.toml:14: adapters.roof.path: no such file");
    CHECK(message(settings.error("folder", "must be given")) ==
          "town.toml:12: adapters.roof.folder: must be given");
    CHECK(message(Settings().error("folder", "must be given")) == "folder: must be given");
    CHECK_FALSE(settings.error("path", "x").worth_retrying());
}

TEST_CASE("a series name is read in people's spelling and given in SenML's") {
    Settings settings("town.toml:12: adapters.roof");
    settings.set("name", std::string("town@lorient.example/school@lorient.example/pv/power"));
    CHECK(courant::series_name(settings, "name") ==
          "town:lorient.example/school:lorient.example/pv/power");
}

TEST_CASE("a text that is no series name is the administrator's fault, with its place") {
    Settings settings("town.toml:12: adapters.roof");
    settings.set("name", std::string("town@lorient.example"), "town.toml:15: adapters.roof.name");
    CHECK(naming_fault(settings).starts_with("town.toml:15: adapters.roof.name: "));
}
