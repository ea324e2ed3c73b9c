// `courant peer`, `grant` and `subscription`, as an administrator uses them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/access/exchange.hpp"
#include "proxy-core/access/shape_book.hpp"
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
        configure("");
        store_ = open_sqlite_store(dir_ / "courant.db");
    }

    void configure(const std::string& more) {
        std::ofstream(config_) << "[identity]\njid = 'zabbix@lorient.example'\npassword = 'x'\n"
                               << more;
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

TEST_CASE("grants that others gave are listed, answered, and what became of them is told") {
    Desk desk;
    desk.peer({"add", coop});
    const Jid giver = Jid::parse(coop).value();
    const auto now = std::chrono::system_clock::now();
    Grant grant;
    grant.id = "G";
    grant.subject = grant.series = "*";
    grant.purpose = "billing";
    grant.retain = "P1Y";
    grant.from = now;
    desk.store().commit([&](Mailboxes& m) {
        take_notice(m, giver, OfferNotice{grant, LegalLink::separate_controller}, now);
    });
    const auto held = [&] { return json::parse(desk.grant({"held", "--json"}).out)[0]; };
    CHECK(held()["offer"] == "accepted");
    CHECK(desk.grant({"decline", coop, "H"}).code == 1);
    CHECK(desk.grant({"answer", coop, "G", "burnt"}).code == 2);
    desk.store().commit(
        [&](Mailboxes& m) { take_notice(m, giver, StateNotice{.grant = "G", .at = now}, now); });
    CHECK(held()["state"] == "withdrawn");
    CHECK(held()["to_do"] != "");
    CHECK(desk.grant({"answer", coop, "G", "kept"}).code == 2);  // on what ground?
    CHECK(desk.grant({"answer", "eve@evil.example", "G", "erased"}).code == 1);
    CHECK(desk.grant({"answer", coop, "G", "kept", "--reason", "invoices"}).code == 0);
    CHECK(held()["to_do"] == "");
    CHECK(desk.grant({"decline", coop, "G"}).code == 0);
    CHECK(held()["offer"] == "declined");
}

TEST_CASE("whoever was given a series is told that it is wrong, and nobody else") {
    Desk desk;
    desk.peer({"add", coop});
    desk.peer({"add", "dash@analyst.example"});
    desk.granted(
        with({"add", coop, "zabbix@lorient.example/*", "--from", "2026-01-01"}, open_data));
    CHECK(desk.grant({"tell", "rectified", roof, "--from", "2026-01-01"}).code == 2);
    const Answer told =
        desk.grant({"tell", "rectified", roof, "--from", "2026-01-01", "--to", "2026-01-02"});
    CHECK(told.code == 0);
    CHECK(told.err == coop + " is told\n");
    const Answer nobody = desk.grant(
        {"tell", "erased", "meter@b.example/*", "--from", "2026-01-01", "--to", "2026-01-02"});
    CHECK(nobody.err == "nobody was ever given meter@b.example/*\n");
}

TEST_CASE("a grant with a resolution is shown, and no subscription under it is finer") {
    Desk desk;
    REQUIRE(desk.peer({"add", coop}).code == 0);
    CHECK(desk.grant(with({"add", coop, roof, "--resolution", "hourly"}, open_data)).code == 2);
    const auto id = desk.granted(
        with({"add", coop, roof, "--resolution", "PT1H", "--retain", "P1Y"}, open_data));
    CHECK(json::parse(desk.grant({"show", id}).out).at("resolution") == "PT1H");
    CHECK(desk.subscription({"add", coop, roof, "--every", "PT90M"}).says("not made of whole"));
    CHECK(desk.subscription({"add", coop, roof, "--heartbeat", "PT1H"}).code == 2);
    CHECK(desk.subscription({"add", coop, roof, "--quality", "good"}).code == 2);
    const Answer added = desk.subscription({"add", coop, roof, "--every", "PT15M", "--dead-band",
                                            "0.5", "--heartbeat", "P1D", "--quality", "validated"});
    CHECK(added.code == 0);
    CHECK(added.says("PT1H, moved by 0.5 or P1D old, validated"));
    Shape shape;
    desk.store().read([&](Mailboxes& m) { shape = m.subscriptions().at(0).shape; });
    CHECK(shape == Shape{.every = "PT1H",
                         .dead_band = 0.5,
                         .heartbeat = "P1D",
                         .quality = Quality::validated});
    CHECK(json::parse(desk.subscription({"list", "--json"}).out).at(0).at("shape") ==
          "PT1H, moved by 0.5 or P1D old, validated");
}

TEST_CASE("a peer's request is seen, accepted under a grant, or refused with a reason") {
    Desk desk;
    REQUIRE(desk.peer({"add", coop}).code == 0);
    const auto asked = [&](const std::string& id, const std::string& series) {
        desk.store().commit([&](Mailboxes& m) {
            m.shapes().put_request({.id = id,
                                    .peer = Jid::parse(coop).value(),
                                    .series = series,
                                    .shape = {.every = "PT15M"},
                                    .retain = "P9Y"});
        });
    };
    const auto requests = [&] {
        return json::parse(desk.subscription({"requests", "--json"}).out);
    };
    asked("R1", roof);
    asked("R2", "*\n*");
    CHECK(requests().at(0).at("shape") == "PT15M");
    CHECK(desk.subscription({"requests"}).out.find("*\n*") == std::string::npos);
    CHECK(desk.subscription({"accept", "R1"}).says("no grant lets"));
    const auto id = desk.granted(with({"add", coop, roof, "--retain", "P1Y"}, open_data));
    CHECK(desk.subscription({"accept", "R1", "--grant", id}).code == 0);
    CHECK(requests().size() == 1);
    desk.store().read([&](Mailboxes& m) {
        const auto subscription = m.subscriptions().at(0);
        CHECK(subscription.grant == id);
        CHECK(subscription.retain == "P1Y");
        CHECK(subscription.shape.every == "PT15M");
    });
    CHECK(desk.subscription({"refuse", "R2"}).code == 2);
    CHECK(desk.subscription({"refuse", "R2", "--reason", "too wide"}).code == 0);
    CHECK(requests().at(0).at("refused") == "too wide");
    CHECK(desk.subscription({"refuse", "R7", "--reason", "x"}).says("there is no request R7"));
}

TEST_CASE("who asked for the past of what is listed, under one grant or all of them") {
    Desk desk;
    REQUIRE(desk.peer({"add", coop}).code == 0);
    const std::string one = desk.granted(with({"add", coop, roof}, open_data));
    const std::string other = desk.granted(with({"add", coop, "*"}, open_data));
    const Time now = std::chrono::system_clock::now() + std::chrono::seconds(1);
    desk.store().commit([&](Mailboxes& m) {
        for (const std::string& grant : {one, other})
            m.calls().begin({.asker = Jid::parse(coop).value(),
                             .request = "r1",
                             .series = "zabbix:lorient.example/school:lorient.example/pv/power",
                             .from = now - std::chrono::hours(1),
                             .to = now,
                             .grant = grant,
                             .last_at = now});
    });
    const auto all = json::parse(desk.grant({"calls", "--json"}).out);
    REQUIRE(all.size() == 2);
    CHECK(all[0]["asker"] == coop);
    CHECK(all[0]["series"] == roof);
    CHECK(all[0]["state"] == "started");
    CHECK(all[0]["finished"].is_null());
    const auto some = json::parse(desk.grant({"calls", other, "--json"}).out);
    REQUIRE(some.size() == 1);
    CHECK(some[0]["grant"] == other);
    CHECK(desk.grant({"calls"}).says(one));
}

TEST_CASE("R2.1, R2.5, R7.4: a notice tells a person, and machines, all that is due") {
    Desk desk;
    desk.configure(
        "[organisation]\nname = 'Town'\ncontact = 'mairie@town.example'\ndpo = 'dpo@town.example'\n"
        "complaint_authority = 'CNIL'\ncode_of_conduct = '2026-1'\n");
    desk.peer(
        {"add", coop, "--link", "joint-controller", "--agreement", "A-7", "--code", "2026-1"});
    const auto id = desk.granted({"add", coop, roof, "--purpose", "billing", "--basis", "consent",
                                  "--consent-method", "form", "--consent-text", "3"});
    const json notice = json::parse(desk.grant({"notice", id}).out);
    CHECK(notice["version"] == id);
    CHECK(notice["controller"]["data_protection_officer"] == "dpo@town.example");
    CHECK(notice["purpose"] == "billing");
    CHECK(notice["recipients"][0]["is"] == "joint-controller");
    CHECK(notice["recipients"][0]["agreement"] == "A-7");
    CHECK(notice["kept_for"] == "P3Y");
    CHECK(notice["source"]["text_version"] == "3");
    CHECK(notice["right_to_object"]["to"] == "mairie@town.example");
    CHECK(notice["complaints_to"] == "CNIL");
    CHECK(notice["rights"].size() == 6);
    CHECK(desk.grant({"notice", "none"}).code == 1);
}

TEST_CASE("R3.7: nothing about persons goes to who has not signed our code of conduct") {
    Desk desk;
    desk.configure("[organisation]\nname = 'Town'\ncode_of_conduct = '2026-1'\n");
    desk.peer({"add", coop, "--link", "processor", "--agreement", "A-7"});
    const std::vector<std::string> person{"add",     coop,      roof,      "--purpose",
                                          "billing", "--basis", "contract"};
    CHECK(desk.grant(person).says("has not signed the code of conduct"));
    desk.peer({"add", coop, "--code", "2025-9"});
    CHECK(desk.grant(person).says("has not signed the code of conduct"));
    CHECK(desk.grant(with({"add", coop, roof}, open_data)).code == 0);
    desk.peer({"add", coop, "--code", "2026-1"});
    CHECK(desk.grant(person).code == 0);
}

TEST_CASE("R7.3: what a person asks of one joint controller goes on to the other") {
    Desk desk;
    desk.peer({"add", coop});
    const Jid giver = Jid::parse(coop).value();
    const auto now = std::chrono::system_clock::now();
    Grant grant;
    grant.id = "G";
    grant.subject = grant.series = "*";
    grant.purpose = "billing";
    grant.retain = "P1Y";
    grant.from = now;
    desk.store().commit([&](Mailboxes& m) {
        take_notice(m, giver, OfferNotice{grant, LegalLink::joint_controller}, now);
    });
    CHECK(desk.grant({"request", coop, "G", "object"}).code == 2);  // who?
    CHECK(desk.grant({"request", coop, "H", "object", "--subject", "a@b.example"}).code == 1);
    CHECK(desk.grant({"request", coop, "G", "object", "--subject", "a@b.example"}).code == 0);
    desk.store().read([&](Mailboxes& m) {
        const auto said = m.exchange().log_of("G");
        REQUIRE(!said.empty());
        CHECK(said.back().sent);
        CHECK(said.back().word == "request");
    });
}

TEST_CASE(
    "R2.3, R7.2: what others gave goes on only if its persons know, and its controller agrees") {
    Desk desk;
    const std::string third = "dash@analyst.example";
    desk.peer({"add", coop});
    desk.peer({"add", third, "--link", "separate-controller", "--agreement", "A-8"});
    const Jid giver = Jid::parse(coop).value();
    const auto now = std::chrono::system_clock::now();
    const auto offered = [&](const std::string& id, LegalLink role) {
        Grant grant;
        grant.id = id;
        grant.subject = grant.series = "*";
        grant.purpose = "billing";
        grant.basis = LegalBasis::contract;
        grant.retain = "P1Y";
        grant.from = now;
        desk.store().commit([&](Mailboxes& m) {
            take_notice(m, giver, OfferNotice{grant, role}, now);
        });
    };
    const auto inform_by = [&](const std::string& id) {
        for (const json& row : json::parse(desk.grant({"held", "--json"}).out))
            if (row["grant"] == id) return row["inform_by"];
        return json("no such grant");
    };
    const std::vector<std::string> onward{"add",       third,     coop + "/a@coop.example/power",
                                          "--purpose", "billing", "--basis",
                                          "contract"};
    CHECK(desk.grant(onward).code == 0);  // nothing of theirs is here
    offered("G", LegalLink::separate_controller);
    CHECK(inform_by("G").is_string());
    CHECK(desk.grant(onward).says("do not know yet"));
    CHECK(desk.grant({"informed", coop, "H"}).code == 1);
    CHECK(desk.grant({"informed", coop, "G"}).code == 0);
    CHECK(inform_by("G").is_null());
    CHECK(desk.grant(onward).code == 0);
    offered("P", LegalLink::processor);
    CHECK(inform_by("P").is_null());  // it is for the controller to tell
    CHECK(desk.grant(onward).says("--authorisation"));
    const auto id = desk.granted(with(onward, {"--authorisation", "letter 2026-11"}));
    CHECK(json::parse(desk.grant({"show", id}).out)["said"][1]["what"] == "authorisation");
}
