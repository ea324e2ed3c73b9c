// `courant catalog` without a peer, as an administrator looks at what is shown to whom.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/catalog/card.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/run_command.hpp"

using namespace courant;
using namespace courant::test;
using nlohmann::json;

namespace {

const Jid coop = Jid::parse("bmhs@coop.example").value();
const std::string school = "zabbix@lorient.example/school@lorient.example/";

struct Desk {
    Desk() {
        std::ofstream(config)
            << "[identity]\njid = 'zabbix@lorient.example'\npassword = 'x'\n"
               "[[series]]\nseries = '*/index'\nmeaning = 'index'\noffered = 'peers'\n"
               "[[series]]\nseries = '" +
                   school + "weather/temperature'\noffered = 'everyone'\n";
        store = open_sqlite_store(dir / "courant.db");
        store->commit([](Mailboxes& m) {
            m.put_peer({.jid = coop});
            for (const char* series : {"index", "pv/power", "secret/power"})
                m.series().note({.name = school + series,
                                 .unit = "W",
                                 .first = senml::from_unix_seconds(1'780'000'000),
                                 .last = senml::from_unix_seconds(1'780'003'600),
                                 .readings = 3});
            Grant grant = open_grant(coop, "G");
            grant.series = "*/pv/*";
            m.access().add_grant(grant);
        });
    }
    json rows(std::vector<std::string> words) {
        words.emplace_back("--json");
        const Answer answer = run_command(cli::catalog_command, words, config.string());
        INFO(answer.err);
        REQUIRE(answer.code == 0);
        return json::parse(answer.out);
    }

    TempDir dir;
    std::filesystem::path config = dir / "courant.toml";
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("our own catalog says what there is, declared or seen, and who is told of it") {
    Desk desk;
    const json rows = desk.rows({});
    REQUIRE(rows.size() == 4);
    CHECK(rows[0]["series"] == school + "index");
    CHECK(rows[0]["shown to"] == json{"peers"});
    CHECK(rows[0]["meaning"] == "index");
    CHECK(rows[1]["series"] == school + "pv/power");
    CHECK(rows[1]["shown to"] == json{"bmhs@coop.example"});
    CHECK(rows[1]["readings"] == 3);
    CHECK(rows[1]["to"] == "2026-05-28T21:26:40Z");
    CHECK(rows[2]["shown to"] == json::array());
    CHECK(rows[3]["series"] == school + "weather/temperature");
    CHECK(rows[3]["shown to"] == json{"everyone"});
    CHECK(rows[3]["readings"] == 0);
    CHECK(rows[3]["from"] == nullptr);
    CHECK(desk.rows({"--series", "*/pv/*"}).size() == 1);
    const auto forget = [&](const std::string& name) {
        return run_command(cli::catalog_command, {"--forget", name}, desk.config.string()).code;
    };
    CHECK(forget(school + "pv/power") == 0);
    CHECK(forget(school + "pv/power") == 1);
    CHECK(desk.rows({"--series", "*/pv/*"}).empty());
    CHECK(run_command(cli::catalog_command, {}, desk.config.string()).says("nobody"));
}

TEST_CASE(
    "R8.1, R8.2: a peer whose card names another code of conduct than it signed is pointed out") {
    Desk desk;
    const auto list = [&] {
        return run_command(cli::peer_command, {"list"}, desk.config.string());
    };
    const auto says = [&](const Card& card) {
        desk.store->commit([&](Mailboxes& m) {
            m.set_card(coop, to_json({card, senml::from_unix_seconds(1)}));
        });
    };
    desk.store->commit(
        [](Mailboxes& m) { m.put_peer({.jid = coop, .terms = {.code = "2026-1"}}); });
    CHECK(list().err.empty());
    says({.name = "Coop\x1b[2J", .code_of_conduct = "2026-1"});
    CHECK(list().err.empty());
    CHECK(list().says("Coop"));
    CHECK_FALSE(list().says("\x1b"));
    says({.name = "Coop", .code_of_conduct = "2025\n-9"});
    CHECK(list().says("signed the code of conduct 2026-1 and says that it keeps 2025\\n-9"));
    says({.name = "Coop"});
    CHECK(list().says("says nothing of one"));
}
