// What a peer gets under pseudonyms: names of its own in every message, and answers about the past
// by these names alone.
#include <doctest/doctest.h>

#include <fstream>
#include <future>

#include "jobs/dispatch.hpp"
#include "jobs/history_desk.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const std::string person = "zabbix:lorient.example/kersabiec:maison.example/house-7/power";

/// A proxy with a key.
struct Files {
    Files() { ensure_pseudonym_key(files); }
    DispatchRules rules() const { return {.self = self, .pseudonyms = files}; }

    TempDir dir;
    PseudonymFiles files{.key = dir / "pseudonyms.key", .names = dir / "pseudonyms.db"};
};

Grant disguised(const Jid& peer, std::string id, std::string hidden = "1") {
    Grant grant = open_grant(peer, std::move(id));
    grant.pseudonym = true;
    grant.hidden = std::move(hidden);
    return grant;
}

RememberedAudience audience(const std::vector<Grant>& grants) {
    std::vector<Subscription> subscriptions;
    for (const Grant& grant : grants)
        subscriptions.push_back(subscription(grant.peer, "*", "P1Y", grant.id));
    return RememberedAudience(
        std::make_shared<const Audience>(subscriptions, grants, std::vector<Peer>{}, at(0)));
}

senml::Pack pack_of(const std::string& body) {
    senml::Pack pack;
    REQUIRE(BodyReader().read(body, at(0), pack));
    return pack;
}

std::string xml_of(const std::string& body) {
    return BodyReader().to_xml(body, at(0)).value();
}

}  // namespace

TEST_CASE("R6.1: nothing in a message says who it is, and each peer has a name of its own for it") {
    const Files proxy;
    auto who = audience({disguised(coop, "c"), disguised(analyst, "a")});
    const auto out = Dispatcher(proxy.rules()).dispatch(readings(3, 1, person), who, at(9));
    REQUIRE(out.messages.size() == 2);
    std::vector<std::string> names;
    for (const Outgoing& message : out.messages) {
        const auto xml = xml_of(message.body);
        for (const std::string_view telling : {"kersabiec", "maison", "house-7"})
            CHECK(xml.find(telling) == std::string::npos);
        const auto pack = pack_of(message.body);
        REQUIRE(pack.size() == 3);
        names.emplace_back(pack.name(pack[0].name));
        const auto name = senml::Name::parse(names.back());
        REQUIRE(name);
        CHECK(name->authority() == self.to_string());
        CHECK(name->path().back() == "power");
    }
    CHECK(names[0] != names[1]);
    CHECK(out.refused.empty());
}

TEST_CASE("who has a grant without pseudonym beside one with gets the name as it is") {
    const Files proxy;
    auto who = audience({open_grant(coop, "c"), disguised(analyst, "a")});
    const auto out = Dispatcher(proxy.rules()).dispatch(readings(1, 1, person), who, at(9));
    REQUIRE(out.messages.size() == 2);
    CHECK(out.messages[0].peer == coop);
    CHECK(pack_of(out.messages[0].body).name(senml::NameId{0}) == person);
    CHECK(pack_of(out.messages[1].body).name(senml::NameId{0}) != person);
}

TEST_CASE("without its key nothing goes under a pseudonym, and nothing is lost") {
    const Files proxy;
    std::filesystem::remove(proxy.files.key);
    auto who = audience({disguised(coop, "c")});
    CHECK_THROWS_AS(Dispatcher(proxy.rules()).dispatch(readings(1, 1, person), who, at(9)),
                    StoreError);
    auto plain = audience({open_grant(coop, "c")});
    CHECK(Dispatcher(proxy.rules()).dispatch(readings(1, 1, person), plain).messages.size() == 1);
}

TEST_CASE("a series without a federated name goes under no pseudonym and becomes a dead letter") {
    const Files proxy;
    auto who = audience({disguised(coop, "c")});
    const auto out =
        Dispatcher(proxy.rules()).dispatch(readings(2, 1, "urn:dev:prm:30001"), who, at(9));
    CHECK(out.messages.empty());
    REQUIRE(out.refused.size() == 2);
    CHECK(out.refused[0].reason.find("pseudonym") != std::string::npos);
}

namespace {

/// Two readings of the person's series.
class Two : public History {
  public:
    bool speaks(std::string_view series) const override { return series == person; }
    void read(const HistoryRange& range, const Call&, const TakeHistory& take) override {
        take(readings(2, 1, range.series));
    }
};

/// A desk at which coop may ask under a pseudonym.
struct Office {
    Office() {
        Pseudonyms names(proxy.files);
        const auto name = senml::Name::parse(person).value();
        given = names.conceal(name, coop, disguise, at(0)).value().senml();
        std::vector<NamedHistory> histories;
        histories.push_back({"two", std::make_unique<Two>()});
        desk = std::make_unique<HistoryDesk>(
            std::move(histories), store, grants_may_read(self, proxy.files.names), rules,
            Logger(LogLevel::info, LogFormat::text, log), counters);
        store.ask([&](Mailboxes& m) {
            for (const Jid& peer : {coop, analyst}) m.put_peer({.jid = peer});
            m.access().add_grant(disguised(coop, "c"));
        });
    }
    HistoryOutcome asks(const std::string& series, const Jid& asker = coop) {
        std::promise<HistoryOutcome> answer;
        auto outcome = answer.get_future();
        desk->ask({.asker = asker, .range = {series, at(0), at(9)}},
                  [&](HistoryOutcome got) { answer.set_value(std::move(got)); });
        return outcome.get();
    }
    void grant(const Grant& more) {
        store.ask([&](Mailboxes& m) { m.access().add_grant(more); });
    }

    Files proxy;
    Disguise disguise{.subject = true, .levels = {1}};
    std::string given;
    SqliteHome home;
    StoreThread store{home.open({})};
    HistoryRules rules{.clock = [] { return at(5); }};
    std::ostringstream log;
    Counters counters;
    std::unique_ptr<HistoryDesk> desk;
};

}  // namespace

TEST_CASE("R6.1: the past is asked for by the name that a peer was given, and answered under it") {
    Office office;
    const auto outcome = office.asks(office.given);
    REQUIRE(outcome);
    REQUIRE(outcome->readings.size() == 2);
    CHECK(outcome->readings.name_count() == 1);
    CHECK(outcome->readings.name(senml::NameId{0}) == office.given);
}

TEST_CASE("R6.1: by the true name a peer finds nothing where it is granted pseudonyms alone") {
    Office office;
    const auto outcome = office.asks(person);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == CommandRefusal::Kind::forbidden);
    const auto nobody = office.asks("zabbix:lorient.example/nobody:maison.example/x/power");
    CHECK(outcome.error().text.find("granted nothing") != std::string::npos);
    CHECK(nobody.error().text.find("granted nothing") != std::string::npos);
}

TEST_CASE("another peer's name for a subject is of no use, and no refusal says who it is") {
    Office office;
    office.grant(disguised(analyst, "a"));
    const auto outcome = office.asks(office.given, analyst);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().text.find("kersabiec") == std::string::npos);
}

TEST_CASE("a name under which less was hidden than the grant hides today is not answered") {
    Office office;
    Pseudonyms names(office.proxy.files);
    const auto bare =
        names.conceal(senml::Name::parse(person).value(), coop, {.subject = true}, at(0));
    CHECK_FALSE(office.asks(bare->senml()));
}
