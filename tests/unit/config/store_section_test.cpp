// [store]: a SQLite file or a PostgreSQL database, never both.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace courant::test {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a store is a file unless there is a url") {
    const auto file = load(identity + "[store]\npath = 'mail.db'\n");
    CHECK(file.store.url.empty());
    const auto database =
        load(identity + "[store]\nurl = 'postgresql://courant:${PW}@db.example/mail'\n",
             {{"PW", "sesame"}});
    CHECK(database.store.url.reveal() == "postgresql://courant:sesame@db.example/mail");
    CHECK(database.store.schema == "courant");
    CHECK(
        load(identity + "[store]\nurl = 'postgresql:///mail'\nschema = 'lorient'\n").store.schema ==
        "lorient");
}

TEST_CASE("a url may lie in a file of its own") {
    TempDir folder;
    std::ofstream(folder / "url") << "postgresql://courant:sesame@db.example/mail\n";
    std::filesystem::permissions(folder / "url", std::filesystem::perms::owner_read);
    const auto config =
        parse_config(identity + "[store]\nurl_file = 'url'\n", folder / "town.toml", context());
    CHECK(config.store.url.reveal() == "postgresql://courant:sesame@db.example/mail");
    CHECK(config.warnings.empty());
}

TEST_CASE("path and url exclude each other") {
    CHECK(faults_of(identity + "[store]\npath = 'mail.db'\nurl = 'postgresql:///mail'\n") ==
          Lines{"town.toml:7: store.url: given together with path; keep one of them"});
}

TEST_CASE("what is no url is told without showing any of it") {
    for (const std::string url : {"sesame", "postgresql://courant:se@same@db.example/mail"}) {
        const auto lines = faults_of(identity + "[store]\nurl = '" + url + "'\n");
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].starts_with("town.toml:6: store.url: this is no PostgreSQL URL. Write it "));
        CHECK(lines[0].find("same") == std::string::npos);
    }
    CHECK(faults_of(identity + "[store]\nurl = 'postgresql:///mail'\nschema = ''\n") ==
          Lines{"town.toml:7: store.schema: must not be empty"});
}

}  // namespace courant::test
