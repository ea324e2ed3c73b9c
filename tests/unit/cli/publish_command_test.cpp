// `courant publish`, and peers of other dialects, as an administrator uses them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/federation/pubsub.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/run_command.hpp"

using namespace courant;
using namespace courant::test;
using nlohmann::json;

namespace {

const std::string roof = "zabbix@lorient.example/school@lorient.example/pv/power";

/// An administrator before a proxy's store.
class Desk {
  public:
    Desk() {
        std::ofstream(config_) << "[identity]\njid = 'zabbix@lorient.example'\npassword = 'x'\n";
        store_ = open_sqlite_store(dir_ / "courant.db");
    }
    Answer publish(const std::vector<std::string>& words) {
        return run_command(cli::publish_command, words, config_.string());
    }
    Answer peer(const std::vector<std::string>& words) {
        return run_command(cli::peer_command, words, config_.string());
    }
    Answer grant(const std::vector<std::string>& words) {
        return run_command(cli::grant_command, words, config_.string());
    }
    json published() { return json::parse(publish({"list", "--json"}).out); }
    template <class F>
    auto ask(F question) {
        return cli::read_from(*store_, question);
    }
    /// A grant of a person to a processor.
    void consents(const std::string& subject, const std::string& series) {
        REQUIRE(peer({"add", "p@coop.example", "--link", "processor", "--agreement", "A"}).code ==
                0);
        const Answer answer =
            grant({"add", "p@coop.example", series, "--subject", subject, "--purpose", "billing",
                   "--basis", "consent", "--consent-method", "form", "--consent-text", "1"});
        REQUIRE_MESSAGE(answer.code == 0, answer.err);
    }

  private:
    TempDir dir_;
    std::filesystem::path config_ = dir_ / "courant.toml";
    std::unique_ptr<Store> store_;
};

}  // namespace

TEST_CASE("publishing makes the service a peer, with a grant and a subscription for that series") {
    Desk desk;
    const Answer answer =
        desk.publish({"add", roof, "--node", "school-roof", "--licence", "CC-BY-4.0"});
    REQUIRE_MESSAGE(answer.code == 0, answer.err);
    const json row = desk.published().at(0);
    CHECK(row["node"] == "school-roof");
    CHECK(row["service"] == "pubsub.lorient.example");
    CHECK(row["licence"] == "CC-BY-4.0");
    const auto peer = desk.ask(
        [](Mailboxes& m) { return m.find_peer(*Jid::parse_any("pubsub.lorient.example")); });
    REQUIRE(peer);
    CHECK(peer->dialect == Dialect::pubsub);
    const auto grant = desk.ask([](Mailboxes& m) { return m.access().grants().at(0); });
    CHECK(grant.id == row["grant"]);
    CHECK(grant.basis == LegalBasis::not_personal);
    CHECK(grant.purpose == "open-data");
    const auto subscription = desk.ask([](Mailboxes& m) { return m.subscriptions().at(0); });
    CHECK(subscription.series == roof);
    CHECK(subscription.grant == grant.id);
    CHECK(desk.publish({"add", roof}).says("published already"));
}

TEST_CASE("without a node's name the series' own is taken; another service can be named") {
    Desk desk;
    REQUIRE(desk.publish({"add", roof, "--service", "open.coop.example"}).code == 0);
    CHECK(desk.published().at(0)["node"] == roof);
    CHECK(desk.published().at(0)["service"] == "open.coop.example");
}

TEST_CASE("what is published no longer leaves no subscription, and its grant is withdrawn") {
    Desk desk;
    desk.publish({"add", roof, "--node", "school-roof"});
    const std::string grant = desk.published().at(0)["grant"];
    CHECK(desk.publish({"remove", "another"}).code == 1);
    REQUIRE(desk.publish({"remove", "school-roof"}).code == 0);
    CHECK(desk.published().empty());
    CHECK(desk.ask([](Mailboxes& m) { return m.subscriptions().size(); }) == 0);
    CHECK(desk.ask([&](Mailboxes& m) { return m.access().find_grant(grant)->state; }) ==
          GrantState::withdrawn);
    CHECK(desk.publish({"add", roof, "--node", "school-roof"}).code == 0);
}

TEST_CASE("what is about a person is not published, whichever grant says so") {
    const std::string person = "zabbix@lorient.example/kersabiec@lorient.example/pv/power";
    const std::vector<std::pair<std::string, std::string>> grants{
        {"kersabiec@lorient.example", "*"},
        {"kersabiec@lorient.example", "*/consumption/*"},
        {"*", "*/pv/*"},
        {"*", "zabbix@lorient.example/kersabiec@lorient.example/consumption/power"}};
    for (const auto& [subject, series] : grants) {
        CAPTURE(subject);
        CAPTURE(series);
        Desk desk;
        desk.consents(subject, series);
        const Answer refused = desk.publish({"add", person});
        CHECK(refused.code == 1);
        CHECK(refused.says("about a person"));
        CHECK(desk.published().empty());
    }
    Desk desk;
    desk.consents("kersabiec@lorient.example", "*");
    CHECK(desk.publish({"add", roof}).code == 0);
}

TEST_CASE("a pattern, a name of nothing and a service that is a proxy are not published on") {
    Desk desk;
    CHECK(desk.publish({"add", "zabbix@lorient.example/*/pv/power"}).code == 2);
    CHECK(desk.publish({"add", "roof"}).code == 2);
    CHECK(desk.publish({"add", roof, "--node", "two\nlines"}).code == 2);
    desk.peer({"add", "bmhs@coop.example"});
    CHECK(desk.publish({"add", roof, "--service", "bmhs@coop.example"}).says("no publish"));
}

TEST_CASE("a peer's dialect is said when it is added, and a service can have nothing personal") {
    Desk desk;
    CHECK(desk.peer({"add", "alice@coop.example", "--dialect", "quoalise"}).code == 0);
    CHECK(desk.peer({"add", "alice@coop.example", "--dialect", "klingon"}).code == 2);
    CHECK(desk.peer({"add", "pubsub.coop.example"}).code == 2);
    REQUIRE(desk.peer({"add", "pubsub.coop.example", "--dialect", "pubsub", "--link", "processor",
                       "--agreement", "A"})
                .code == 0);
    const auto rows = json::parse(desk.peer({"list", "--json"}).out);
    CHECK(rows[0]["dialect"] == "quoalise");
    CHECK(rows[1]["dialect"] == "pubsub");
    CHECK(desk.grant({"add", "pubsub.coop.example", "*", "--purpose", "x", "--basis", "contract"})
              .says("everybody"));
}
