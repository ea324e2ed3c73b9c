#include "proxy-core/config/loader.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/config/config_fixture.hpp"

using namespace courant;
using namespace std::chrono_literals;
using test::faults_of;
using test::identity;
using test::load;
using Lines = std::vector<std::string>;

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
}

void allow(const std::filesystem::path& file, unsigned mode) {
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
}

Config load_file(const std::filesystem::path& file) {
    return load_config(file, test::context());
}

}  // namespace

TEST_CASE("what is not in the file has its default") {
    const auto config = load(identity);
    CHECK(config.identity.jid.to_string() == "town@town.test");
    CHECK(config.identity.password.reveal() == "pomme");
    CHECK(config.identity.resource == "courant");
    CHECK(config.identity.servers.empty());
    CHECK_FALSE(config.identity.ca_file);
    CHECK(config.store.path == "/etc/courant/courant.db");
    CHECK(config.federation == FederationConfig{});
    CHECK(config.limits == LimitsConfig{});
    CHECK(config.log == LogConfig{});
    CHECK(config.warnings.empty());
}

TEST_CASE("what is in the file counts") {
    const auto config = load(
        "[identity]\njid = 'Town@town.test'\npassword = 'x'\nserver = '[::1]:5223'\nresource = "
        "'left'\n"
        "[store]\npath = '/var/lib/courant/mail.db'\n"
        "[federation]\npacked = false\ntime_zone = 'Europe/Paris'\n"
        "[limits]\nwindow_messages = 7\nadapter_timeout = '1h30m'\n"
        "[log]\nlevel = 'debug'\nformat = 'json'\n");
    CHECK(config.identity.jid.to_string() == "town@town.test");
    CHECK(config.identity.servers == std::vector{ServerAddress{"::1", 5223}});
    CHECK(config.identity.resource == "left");
    CHECK(config.store.path == "/var/lib/courant/mail.db");
    CHECK(config.federation.encodings == Encodings::xml_only);
    CHECK(config.federation.time_zone == "Europe/Paris");
    CHECK(config.limits.window_messages == 7);
    CHECK(config.limits.adapter_timeout == 90min);
    CHECK(config.limits.retry_max == 5min);
    CHECK(config.log.level == LogLevel::debug);
    CHECK(config.log.format == LogFormat::json);
}

TEST_CASE("all faults are told at once, in the order of the file") {
    CHECK(
        faults_of("[identity]\n"
                  "jid = 'town'\n"
                  "passwort = 'pomme'\n"
                  "\n"
                  "[limits]\n"
                  "window_messages = 'many'\n"
                  "adapter_timeout = 60\n"
                  "give_up_after = '1 day'\n"
                  "records_per_message = 0\n"
                  "[lgo]\n"
                  "[log]\n"
                  "level = 'warn'\n") ==
        Lines{
            "town.toml:1: identity.password: missing (or password_file): Its password; better "
            "password_file, the path of a file that holds it",
            "town.toml:2: identity.jid: \"town\" is no JID. Write it as app@example.org",
            "town.toml:3: identity.passwort: unknown key. Did you mean password?",
            "town.toml:6: limits.window_messages: must be a whole number, found a text",
            "town.toml:7: limits.adapter_timeout: must be a duration such as \"30s\" or \"1h30m\", "
            "in "
            "quotes, found a whole number",
            "town.toml:8: limits.give_up_after: \"1 day\" is no duration: \" day\" is no unit, or "
            "stands in the wrong place. Write it as 30s, 5m, 1h30m or 2d",
            "town.toml:9: limits.records_per_message: must be a whole number from 1 to 100000, "
            "found 0",
            "town.toml:10: lgo: unknown section. Did you mean log?",
            "town.toml:12: log.level: must be one of debug, info, warning, error, found \"warn\". "
            "Did "
            "you mean warning?"});
}

TEST_CASE("how long what is past is kept is an ISO 8601 duration, or nothing for the archive") {
    const auto config = load(identity + "[retention]\ncalls = 'P1Y'\n[archive]\nkeep = 'P90D'\n");
    CHECK(config.retention.calls == "P1Y");
    CHECK(config.archive.keep == "P90D");
    CHECK(load(identity + "[archive]\nkeep = 'P0D'\n").archive == ArchiveConfig{});
    CHECK(faults_of(identity + "[retention]\ncalls = 'P0D'\n[archive]\nkeep = '1y'\n") ==
          Lines{"town.toml:6: retention.calls: \"P0D\" is no ISO 8601 duration, as P3Y or P90D",
                "town.toml:8: archive.keep: \"1y\" is no ISO 8601 duration, as P1Y or P90D; P0D "
                "keeps nothing"});
}

TEST_CASE("a key unlike any other is answered with those there are") {
    CHECK(faults_of(identity + "[store]\nzebra = 1\n") ==
          Lines{"town.toml:6: store.zebra: unknown key. There are: path, url, schema, lease, "
                "url_file"});
}

TEST_CASE("what is no TOML is told with line and column") {
    const auto lines = faults_of("[identity]\njid = 'town@town.test\n");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("town.toml:2:"));
    CHECK(lines[0].find("this is no TOML") != std::string::npos);
}

TEST_CASE("a zone that there is not is pointed at") {
    CHECK(faults_of(identity + "[federation]\ntime_zone = 'Europe/Lorient'\n") ==
          Lines{"town.toml:6: federation.time_zone: there is no time zone \"Europe/Lorient\". "
                "Write it as Europe/Paris"});
}

TEST_CASE("rules between keys are held") {
    CHECK(faults_of(identity +
                    "[limits]\nretry_first = '1m'\nretry_max = '1s'\nwindow_bytes = 10000\n") ==
          Lines{"town.toml:7: limits.retry_max: must not be shorter than retry_first",
                "town.toml:8: limits.window_bytes: must hold at least one stanza (stanza_bytes)"});
}

TEST_CASE("a section of the wrong shape is a fault, not a crash") {
    CHECK(faults_of("identity = 3\nadapters = 1\n[extract]\n[[log]]\n").size() == 4);
    CHECK(faults_of(identity + "[extract]\nadapter = 'roof'\n") ==
          Lines{"town.toml:5: extract: must be a list of tables, each written [[extract]]"});
}

TEST_CASE("a server must be host and port") {
    for (const std::string server :
         {"xmpp.town.test", "xmpp.town.test:", ":5222", "a:70000", "a:0", "::1:5222"})
        CHECK(faults_of("[identity]\njid='a@b'\npassword='x'\nserver='" + server + "'\n").size() ==
              1);
}

TEST_CASE("several servers stand in a list, in order of preference") {
    const auto config = load(
        "[identity]\njid='a@b.test'\npassword='x'\nserver=['one.b.test:5222', "
        "'two.b.test:5223']\n");
    CHECK(config.identity.servers ==
          std::vector{ServerAddress{"one.b.test", 5222}, ServerAddress{"two.b.test", 5223}});
    CHECK(faults_of("[identity]\njid='a@b.test'\npassword='x'\nserver=['one.b.test:5222', "
                    "'two.b.test', 7]\n") ==
          Lines{"town.toml:4: identity.server[3]: must be a text, in quotes, found a whole number",
                "town.toml:4: identity.server: \"two.b.test\" is none; it must be host:port, as "
                "xmpp.example.org:5222"});
    CHECK(faults_of("[identity]\njid='a@b.test'\npassword='x'\nserver=7\n") ==
          Lines{"town.toml:4: identity.server: must be a text, in quotes, found a whole number"});
    CHECK(faults_of("[identity]\njid='a@b.test'\npassword='x'\nserver=[]\n").size() == 1);
}

TEST_CASE("a JID with a resource is refused") {
    CHECK(
        faults_of("[identity]\njid='a@b/c'\npassword='x'\n") ==
        Lines{"town.toml:2: identity.jid: must be without a resource; that has a key of its own"});
}

TEST_CASE("environment variables stand in texts") {
    const auto config =
        load("[identity]\njid = '${APP}@town.test'\npassword = 'a${PW}b'\nresource = '$${x}$'\n",
             {{"APP", "zabbix"}, {"PW", "${APP}"}});
    CHECK(config.identity.jid.to_string() == "zabbix@town.test");
    CHECK(config.identity.password.reveal() ==
          "a${APP}b");  // what a variable holds is not read again
    CHECK(config.identity.resource == "${x}$");
}

TEST_CASE("a variable that is not set, or not closed, is a fault") {
    CHECK(faults_of("[identity]\njid = 'a@b'\npassword = '${PW}x'\n") ==
          Lines{"town.toml:3: identity.password: the environment variable PW is not set"});
    CHECK(
        faults_of("[identity]\njid = 'a@b'\npassword = 'x${PW'\n") ==
        Lines{"town.toml:3: identity.password: ${ has no closing }. A ${ that is meant as such is "
              "written $${"});
}

TEST_CASE("without another one, the environment is the process's") {
    ::setenv("COURANT_TEST_PASSWORD", "poire", 1);
    const auto config = parse_config(
        "[identity]\njid = 'a@b'\npassword = '${COURANT_TEST_PASSWORD}'\n", "town.toml", {});
    CHECK(config.identity.password.reveal() == "poire");
}

TEST_CASE("a secret may lie in a file beside the configuration") {
    test::TempDir folder;
    const auto file = folder / "town.toml";
    write(file, "[identity]\njid = 'a@b'\npassword_file = 'pw'\n");
    write(folder / "pw", "pomme\n\n");
    allow(folder / "pw", 0600);
    const auto config = load_file(file);
    CHECK(config.identity.password.reveal() == "pomme\n");  // one newline only is the file's
    CHECK(config.store.path == folder / "courant.db");
    CHECK(config.warnings.empty());

    SUBCASE("others that may read it are a warning") {
        allow(folder / "pw", 0640);
        const auto warnings = load_file(file).warnings;
        REQUIRE(warnings.size() == 1);
        CHECK(warnings[0] ==
              file.string() + ":3: identity.password_file: others than its owner may read " +
                  (folder / "pw").string() + ". chmod 600 " + (folder / "pw").string());
    }
    SUBCASE("an empty one is a fault") {
        write(folder / "pw", "\n");
        CHECK_THROWS_WITH_AS(load_file(file), doctest::Contains("pw is empty"), ConfigError);
    }
    SUBCASE("a missing one is a fault that says why") {
        std::filesystem::remove(folder / "pw");
        CHECK_THROWS_WITH_AS(load_file(file), doctest::Contains("No such file or directory"),
                             ConfigError);
    }
}

TEST_CASE("a secret is given once") {
    CHECK(
        faults_of("[identity]\njid = 'a@b'\npassword = 'x'\npassword_file = 'y'\n") ==
        Lines{
            "town.toml:4: identity.password_file: given together with password; keep one of them"});
}

TEST_CASE("no fault shows a secret") {
    const auto lines = faults_of("[identity]\njid = 'a@b'\npassword = ['pomme']\nresource = ''\n");
    REQUIRE(lines.size() == 2);
    for (const auto& line : lines) CHECK(line.find("pomme") == std::string::npos);
}

TEST_CASE("a file that is not there is told by its name") {
    CHECK_THROWS_WITH_AS(load_file("/nowhere/town.toml"),
                         "/nowhere/town.toml: cannot be read: No such file or directory",
                         ConfigError);
}

TEST_CASE("a ca_file must be there") {
    CHECK(faults_of("[identity]\njid='a@b'\npassword='x'\nca_file='none.pem'\n") ==
          Lines{"town.toml:4: identity.ca_file: there is no file none.pem"});
}

TEST_CASE("R6.2: a key of pseudonyms that others may read is worth a warning") {
    test::TempDir folder;
    const auto key = folder / "key";
    write(key, "00\n");
    allow(key, 0644);
    const std::string text = test::identity + "[pseudonyms]\nkey_file = '" + key.string() + "'\n";
    const auto warned = test::load(text).warnings;
    REQUIRE(warned.size() == 1);
    CHECK(warned.front().find("pseudonyms.key_file") != std::string::npos);
    CHECK(warned.front().find("chmod 600 " + key.string()) != std::string::npos);
    allow(key, 0600);
    CHECK(test::load(text).warnings.empty());
    CHECK(test::faults_of(test::identity + "[pseudonyms]\nkey_file = 'x'\nfile = 'x'\n").size() ==
          1);
}
