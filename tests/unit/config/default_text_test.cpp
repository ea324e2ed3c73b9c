#include "proxy-core/config/default_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "proxy-core/config/keys.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/config/config_fixture.hpp"

using namespace courant;

namespace {

const Jid town = *Jid::parse("town@town.test");

// Takes the `#` off every line that is commented out; explanations begin with "# ".
std::string uncommented(const std::string& text) {
    std::istringstream in(text);
    std::string out;
    for (std::string line; std::getline(in, line);) {
        if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.erase(0, 1);
        out += line + '\n';
    }
    return out;
}

// Without the sections that stand for as many as one likes.
std::string without_lists(const std::string& text) {
    return text.substr(0, text.find("[[extract]]"));
}

Config load_beside_password(const std::string& text) {
    test::TempDir folder;
    std::ofstream(folder / "password") << "pomme\n";
    std::filesystem::permissions(folder / "password", std::filesystem::perms::owner_read);
    auto config = parse_config(text, folder / "town.toml", test::context());
    CHECK(config.store.path == folder / StoreConfig{}.path.string());
    config.store = {};
    CHECK(config.pseudonyms.key_file == folder / PseudonymsConfig{}.key_file.string());
    CHECK(config.pseudonyms.file == folder / PseudonymsConfig{}.file.string());
    return config;
}

void check_defaults(const Config& config) {
    IdentityConfig identity;
    identity.jid = town;
    identity.password = Secret("pomme");
    CHECK(config.identity == identity);
    CHECK(config.federation == FederationConfig{});
    CHECK(config.limits == LimitsConfig{});
    CHECK(config.space == SpaceConfig{});
    CHECK(config.outbox == OutboxConfig{});
    CHECK(config.retention == RetentionConfig{});
    CHECK(config.archive == ArchiveConfig{});
    CHECK(config.log == LogConfig{});
    CHECK(config.organisation.empty());
    CHECK(config.adapters.empty());
    CHECK(config.warnings.empty());
}

}  // namespace

TEST_CASE("the file that init writes loads as it is, with all defaults") {
    const auto config = load_beside_password(default_config_text(town));
    check_defaults(config);
    CHECK(config.extracts.empty());
    CHECK(config.receives.empty());
}

TEST_CASE("what is commented out in it are the defaults") {
    check_defaults(load_beside_password(without_lists(uncommented(default_config_text(town)))));
}

TEST_CASE("extract and receive are written with their defaults") {
    auto lists = uncommented(default_config_text(town));
    lists.erase(0, lists.find("[[extract]]"));
    lists.erase(lists.find("[[series]]"));
    for (auto at = lists.find("adapter = \"\""); at != std::string::npos;
         at = lists.find("adapter = \"\""))
        lists.replace(at, 12, "adapter = 'south'");
    const auto config =
        test::load(test::identity + "[adapters.south]\ntype = 'roof'\npath = 'x'\n" +
                   lists.replace(lists.find("every = \"\""), 10, "every = \"5m\""));
    using namespace std::chrono_literals;
    CHECK(config.extracts.at(0) == ExtractConfig{.adapter = "south", .triggers = {.every = 5min}});
    CHECK(config.receives.at(0) == ReceiveConfig{.adapter = "south"});
}

TEST_CASE("no key is missing in it") {
    const auto text = '\n' + default_config_text(town);
    for (const auto& section : keys::sections) {
        CHECK(text.find('[' + std::string(section.name) + ']') != std::string::npos);
        for (const auto& key : section.keys) {
            const auto line = key.property.type == Property::Type::tables
                                  ? fmt::format("[[{}.{}]]", section.name, key.property.name)
                                  : std::string(key.property.name) + " = ";
            const bool there = text.find('\n' + line) != std::string::npos ||
                               text.find("\n#" + line) != std::string::npos;
            CHECK_MESSAGE(there, key.property.name);
            CHECK_MESSAGE(!key.property.help.empty(), key.property.name);
        }
    }
}

TEST_CASE("what a series means is read, and a wrong period is pointed at") {
    const auto config =
        test::load(test::identity +
                   "[[series]]\nseries = '*/energy'\nmeaning = 'sum'\nperiod = 'PT15M'\n"
                   "[[series]]\nseries = '*'\n");
    CHECK(config.series ==
          std::vector<SeriesConfig>{
              {.series = "*/energy", .meaning = Meaning::sum, .period = "PT15M"}, {.series = "*"}});
    CHECK(test::faults_of(test::identity +
                          "[[series]]\nseries = '*'\nmeaning = 'total'\nperiod = '15m'\n") ==
          std::vector<std::string>{
              "town.toml:7: series[1].meaning: must be one of instant, mean, sum, index, found "
              "\"total\".",
              "town.toml:8: series[1].period: \"15m\" is no ISO 8601 duration. Write it as PT15M "
              "or P1D"});
}

TEST_CASE("names for the Quoalise client are read, and a wrong one is pointed at") {
    const auto config = test::load(test::identity +
                                   "[quoalise]\nresource = 'proxy'\n[[quoalise.map]]\n"
                                   "identifier = 'urn:dev:prm:1_x'\nseries = 'a@b/c@d/e'\n");
    CHECK(config.quoalise ==
          QuoaliseConfig{.resource = "proxy", .names = {{"urn:dev:prm:1_x", "a:b/c:d/e"}}});
    CHECK_THROWS_WITH_AS(
        test::load(test::identity + "[[quoalise.map]]\nidentifier = 'x'\nseries = 'power'\n"),
        doctest::Contains("quoalise.map"), ConfigError);
}

TEST_CASE("an adapter's section is ready to be filled in") {
    const auto text = adapter_config_text(test::roof_adapter(), "south");
    CHECK(text.starts_with("# Reads and writes a roof.\n[adapters.south]\ntype = \"roof\"\n"));
    auto filled = uncommented(text);
    for (const std::string key : {"path", "column"})
        filled.replace(filled.find(key + " = \"\""), key.size() + 5, key + " = \"x\"");
    filled.replace(filled.find("name = \"\""), 9, "name = \"a@b/c@d/e\"");
    const auto config = test::load(test::identity + filled);
    const auto& settings = config.adapters.at(0).settings;
    CHECK(settings.integer("retries") == 3);
    CHECK(settings.tables("series")[0].number("factor") == 1.0);
}

TEST_CASE("an organisation describes itself, and what is wrong with it is pointed at") {
    const auto config = test::load(test::identity +
                                   "[organisation]\nname = 'Coop'\nposition = '47.75, -3.37'\n"
                                   "dpo = 'dpo@coop.example'\nlisted = true\n");
    CHECK(config.organisation == Card{.name = "Coop",
                                      .latitude = 47.75,
                                      .longitude = -3.37,
                                      .dpo = "dpo@coop.example",
                                      .listed = true});
    for (const char* nowhere : {"47.75", "91, 0", "0, -181", "47,75, 3", "here, there", "1, nan"})
        CHECK(test::faults_of(test::identity + "[organisation]\nname = 'x'\nposition = '" +
                              nowhere + "'\n")
                  .size() == 1);
    CHECK(test::faults_of(test::identity + "[organisation]\nplace = 'Lorient'\n") ==
          std::vector<std::string>{"town.toml:5: organisation.name: missing: without a name nobody "
                                   "is shown the rest"});
    CHECK(
        test::faults_of(test::identity + "[organisation]\nname = '" + std::string(257, 'x') + "'\n")
            .size() == 1);
}

TEST_CASE("on what terms a series is to be had is read with what it means") {
    const auto config = test::load(
        test::identity +
        "[[series]]\nseries = '*'\ntitle = 'Roofs'\nlicence = 'CC0'\nprice = 'free'\n"
        "conditions = 'none'\noffered = 'everyone'\nsample = true\n[[series]]\nseries = 'x'\n");
    CHECK(config.series.at(0).offer == Offer{.title = "Roofs",
                                             .licence = "CC0",
                                             .price = "free",
                                             .conditions = "none",
                                             .to = Offered::everyone,
                                             .sample = true});
    CHECK(config.series.at(1).offer == Offer{});
}
