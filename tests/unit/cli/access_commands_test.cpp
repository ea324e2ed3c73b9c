// `courant peer`, `grant` and `subscription`, as an administrator uses them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/run_command.hpp"

using namespace courant;
using namespace courant::test;
using nlohmann::json;

namespace {

/// An administrator before a proxy's store.
class Desk {
  public:
    Desk() {
        std::ofstream(config_) << "[identity]\njid = 'zabbix@lorient.example'\npassword = 'x'\n";
        store_ = open_sqlite_store(dir_ / "courant.db");
    }

    Answer peer(const std::vector<std::string>& words) {
        return run_command(cli::peer_command, words, config_.string());
    }
    Answer grant(const std::vector<std::string>& words) {
        return run_command(cli::grant_command, words, config_.string());
    }
    Answer subscription(const std::vector<std::string>& words) {
        return run_command(cli::subscription_command, words, config_.string());
    }
    /// The id of a new grant.
    std::string granted(const std::vector<std::string>& words) {
        const Answer answer = grant(words);
        INFO(answer.err);
        REQUIRE(answer.code == 0);
        return answer.out.substr(0, answer.out.size() - 1);
    }
    Store& store() { return *store_; }
    std::filesystem::path file(const std::string& name) const { return dir_ / name; }

  private:
    TempDir dir_;
    std::filesystem::path config_ = dir_ / "courant.toml";
    std::unique_ptr<Store> store_;
};

const std::string coop = "bmhs@coop.example";
const std::string roof = "zabbix@lorient.example/school@lorient.example/pv/power";
const std::vector<std::string> open_data{"--purpose", "monitoring", "--basis", "not-personal"};

std::vector<std::string> with(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("R1.3: nobody can subscribe to what no grant allows") {
    Desk desk;
    CHECK(desk.subscription({"add", coop, "*"}).says("no peer yet"));
    REQUIRE(desk.peer({"add", coop}).code == 0);
    const Answer refused = desk.subscription({"add", coop, roof});
    CHECK(refused.code == 2);
    CHECK(refused.says("courant grant add " + coop));
    const auto id = desk.granted(with({"add", coop, "zabbix@lorient.example/*"}, open_data));
    CHECK(desk.subscription({"add", coop, "*"}).code == 2);
    CHECK(desk.subscription({"add", coop, roof}).code == 0);
    CHECK(desk.subscription({"add", coop, "zabbix@lorient.example/*/power"}).code == 0);
    const auto rows = json::parse(desk.subscription({"list", "--json"}).out);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["grant"] == id);
    CHECK(rows[0]["retain"] == "P3Y");
}

TEST_CASE("a subscription keeps to the retention of its grant") {
    Desk desk;
    desk.peer({"add", coop});
    desk.granted(with({"add", coop, "*", "--retain", "P18M"}, open_data));
    CHECK(desk.subscription({"add", coop, roof, "--retain", "P2Y"}).says("P18M at most"));
    CHECK(desk.subscription({"add", coop, roof, "--retain", "P1Y"}).code == 0);
}

TEST_CASE("where several grants cover a series, one has to be named") {
    Desk desk;
    desk.peer({"add", coop});
    const auto wide = desk.granted(with({"add", coop, "*"}, open_data));
    desk.granted(with({"add", coop, roof}, open_data));
    CHECK(desk.subscription({"add", coop, roof}).says("several grants"));
    CHECK(desk.subscription({"add", coop, roof, "--grant", wide}).code == 0);
    CHECK(desk.subscription({"add", coop, roof, "--grant", "another"}).says("no grant another"));
}

TEST_CASE("R6.3: the first grant under a pseudonym makes the key; later ones leave it as it is") {
    Desk desk;
    desk.peer({"add", coop});
    const Answer wrong = desk.grant(with({"add", coop, "*", "--hide", "1"}, open_data));
    CHECK(wrong.says("beside a pseudonym"));
    CHECK(desk.grant(with({"add", coop, "*", "--pseudonym", "--hide", "x"}, open_data)).code == 2);
    CHECK_FALSE(std::filesystem::exists(desk.file("pseudonyms.key")));
    const Answer first =
        desk.grant(with({"add", coop, "*", "--pseudonym", "--hide", "3,1"}, open_data));
    REQUIRE(first.code == 0);
    CHECK(first.says("pseudonyms.key"));
    const auto shown =
        json::parse(desk.grant({"show", first.out.substr(0, first.out.size() - 1)}).out);
    CHECK(shown["pseudonym"] == true);
    CHECK(shown["hidden_levels"] == json::array({1, 3}));
    CHECK_FALSE(desk.grant(with({"add", coop, "*", "--pseudonym"}, open_data)).says(".key"));
    std::filesystem::remove(desk.file("pseudonyms.key"));
    const Answer lost = desk.grant(with({"add", coop, "*", "--pseudonym"}, open_data));
    CHECK(lost.code == 1);
    CHECK(lost.says("Restore the key"));
}

TEST_CASE("R7.1: series about persons go only to peers with a legal link, for agreed purposes") {
    Desk desk;
    desk.peer({"add", coop});
    const std::vector<std::string> person{"add",         coop,
                                          "*",           "--purpose",
                                          "monitoring",  "--basis",
                                          "consent",     "--consent-method",
                                          "signed form", "--consent-text",
                                          "2026-1"};
    CHECK(desk.grant(person).says("no legal link"));
    CHECK(desk.peer({"add", coop, "--link", "processor"}).says("--agreement"));
    REQUIRE(desk.peer({"add", coop, "--link", "processor", "--agreement", "A-7", "--purpose",
                       "billing"})
                .code == 0);
    CHECK(desk.grant(person).says("does not name the purpose monitoring"));
    REQUIRE(desk.peer({"add", coop, "--purpose", "billing", "--purpose", "monitoring"}).code == 0);
    const auto id = desk.granted(person);
    const auto shown = json::parse(desk.grant({"show", id}).out);
    CHECK(shown["consent"]["collected_by"] == "zabbix@lorient.example");
    CHECK(shown["valid_now"] == true);
    const auto peers = json::parse(desk.peer({"list", "--json"}).out);
    CHECK(peers[0]["link"] == "processor");
}

TEST_CASE("a grant is limited, lifted and withdrawn, and what has ended does not come back") {
    Desk desk;
    desk.peer({"add", coop});
    const auto id = desk.granted(with({"add", coop, "*"}, open_data));
    CHECK(desk.grant({"limit", id, "--reason", "a complaint"}).code == 0);
    CHECK(json::parse(desk.grant({"show", id}).out)["state_reason"] == "a complaint");
    CHECK(desk.subscription({"add", coop, roof}).code == 2);
    CHECK(desk.grant({"lift", id}).code == 0);
    CHECK(desk.grant({"withdraw", id}).code == 0);
    const Answer again = desk.grant({"lift", id});
    CHECK(again.code == 1);
    CHECK(again.says("cannot become active"));
    CHECK(desk.grant({"show", "none"}).code == 1);
}

TEST_CASE("what a grant lacks is said before anything is stored") {
    Desk desk;
    desk.peer({"add", coop});
    CHECK(desk.grant({"add", coop, "*", "--purpose", "x"}).says("--basis is one of consent"));
    CHECK(desk.grant({"add", coop, "*", "--basis", "not-personal"}).says("one purpose"));
    CHECK(desk.grant(with({"add", coop, "*", "--from", "tomorrow"}, open_data)).says("is no time"));
    CHECK(desk.grant(with({"add", coop, "*", "--until", "2020-01-01"}, open_data))
              .says("ends before it begins"));
    CHECK(desk.grant(with({"add", "eve@evil.example", "*"}, open_data)).says("no peer yet"));
    CHECK(json::parse(desk.grant({"list", "--json"}).out).empty());
}

TEST_CASE("a suspension lasts until it is lifted, and adding the peer again does not lift it") {
    Desk desk;
    desk.peer({"add", coop});
    CHECK(desk.peer({"suspend", coop}).code == 2);
    CHECK(desk.peer({"suspend", coop, "--reason", "audit"}).code == 0);
    desk.peer({"add", coop, "--relay"});
    CHECK(json::parse(desk.peer({"list", "--json"}).out)[0]["suspended"] == "audit");
    CHECK(desk.peer({"resume", coop}).code == 0);
    CHECK(json::parse(desk.peer({"list", "--json"}).out)[0]["suspended"] == "");
    CHECK(desk.peer({"suspend", "eve@evil.example", "--reason", "x"}).code == 1);
}

TEST_CASE("what is not said of a peer stays as it is, and a flag can be taken back") {
    Desk desk;
    const auto relays = [&] {
        return json::parse(desk.peer({"list", "--json"}).out)[0]["relay"] == "yes";
    };
    desk.peer({"add", coop, "--relay"});
    desk.peer({"add", coop, "--purpose", "billing"});
    CHECK(relays());
    desk.peer({"add", coop, "--relay=false"});
    CHECK_FALSE(relays());
}

TEST_CASE("strangers that asked are listed until they are admitted or dismissed") {
    Desk desk;
    const auto now = std::chrono::system_clock::now();
    desk.store().commit([&](Mailboxes& m) {
        for (const auto* jid : {"bmhs@coop.example", "eve@evil.example"})
            m.access().note_stranger(*Jid::parse(jid), now);
    });
    CHECK(json::parse(desk.peer({"requests", "--json"}).out).size() == 2);
    CHECK(desk.peer({"dismiss", "eve@evil.example"}).code == 0);
    CHECK(desk.peer({"dismiss", "eve@evil.example"}).code == 1);
    CHECK(desk.peer({"add", coop}).code == 0);
    CHECK(json::parse(desk.peer({"requests", "--json"}).out).empty());
}
