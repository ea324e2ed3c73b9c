// Grants as both sides deal with them: two proxies with real stores, a network between them, and
// the jobs that take notices.
#include "jobs/exchange.hpp"

#include <date/tz.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "jobs/audience.hpp"
#include "jobs/receive.hpp"
#include "proxy-core/access/access_book.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/federation/proxies.hpp"

namespace courant::test {
namespace {

const Jid town_jid = address("zabbix@lorient.example");
const Jid coop_jid = address("bmhs@coop.example");
constexpr std::string_view roof = "zabbix@lorient.example/school@lorient.example/pv/power";

/// An app that keeps what it is given in memory, and may be able to erase.
class MemoryApp : public Sink {
  public:
    MemoryApp(std::vector<double>& values, bool erases) : values_(values), erases_(erases) {}
    std::vector<Verdict> deliver(const senml::Pack& pack, const Call&) override {
        for (const auto& record : pack.records()) values_.push_back(record.number);
        return std::vector<Verdict>(pack.size());
    }
    std::optional<std::int64_t> erase(const ErasureWanted& wanted, const Call&) override {
        if (!erases_) return std::nullopt;
        if (!wanted.means("zabbix:lorient.example/school:lorient.example/pv/power")) return 0;
        const auto count = static_cast<std::int64_t>(values_.size());
        values_.clear();
        return count;
    }

  private:
    std::vector<double>& values_;
    bool erases_;
};

/// One side: its federation, its exchange job and, if it has one, its app.
struct Side {
    Proxy proxy;
    std::ostringstream log_text;
    Logger logger{LogLevel::info, LogFormat::text, log_text};
    Counters counters;
    std::vector<double> app;
    std::unique_ptr<ExchangeJob> exchange;
    std::unique_ptr<ReceiveJob> receive;
    Time& now;

    Side(MemoryNetwork& network, const Jid& jid, Time& clock)
        : proxy(network, jid.to_string(),
                [&clock] {
                    FederationSettings settings = quick();
                    settings.clock = [&clock] { return clock; };
                    return settings;
                }()),
          now(clock) {
        begin({});
    }
    void begin(ExchangeRules rules) {
        exchange = std::make_unique<ExchangeJob>(std::move(rules), proxy.store(), logger, counters);
    }
    void has_app(bool erases) {
        begin({.sinks = {"db"}});
        receive = std::make_unique<ReceiveJob>(
            "db", std::make_unique<MemoryApp>(app, erases),
            ReceiveRules{.series = {"*"}, .give_up_after = std::chrono::hours(1)}, proxy.store(),
            logger, counters);
    }
    Call call() const {
        return {.now = now,
                .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
                .stop = {}};
    }
    void turn() {
        proxy.turn();
        while (receive && receive->run(call()) == Progress::more) continue;
        while (exchange->run(call()) == Progress::more) continue;
    }
    template <class F>
    auto ask(F question) {
        return proxy.ask(question);
    }
    void knows(const Jid& peer, LegalLink link = LegalLink::none,
               std::vector<std::string> purposes = {}) {
        ask([&](Mailboxes& m) {
            m.put_peer({.jid = peer, .terms = {.link = link, .purposes = purposes}});
        });
    }
    std::vector<std::string> words(std::string_view about) {
        std::vector<std::string> words;
        for (const auto& entry : ask([&](Mailboxes& m) { return m.exchange().log_of(about); }))
            words.push_back((entry.sent ? "> " : "< ") + entry.word);
        return words;
    }
};

/// The town gives, the coop gets.
struct Stage {
    Time now = senml::from_unix_seconds(1'780'000'000);
    MemoryNetwork network;
    Side town{network, town_jid, now};
    Side coop{network, coop_jid, now};

    explicit Stage(LegalLink link = LegalLink::none, std::vector<std::string> purposes = {}) {
        town.knows(coop_jid, link);
        coop.knows(town_jid, LegalLink::none, std::move(purposes));
    }
    Grant gives(const std::string& id, std::optional<Time> until = std::nullopt) {
        Grant grant = open_grant(coop_jid, id);
        grant.series = "zabbix@lorient.example/*";
        grant.from = now;
        grant.until = until;
        town.ask([&](Mailboxes& m) { give_grant(m, grant, now); });
        return grant;
    }
    void changes(const std::string& id, GrantState state) {
        CHECK(town.ask([&](Mailboxes& m) { return change_grant(m, id, state, "moved", now); }));
    }
    void sends(const std::string& grant, double value) {
        town.proxy.federation().outbox_grew(town.ask([&](Mailboxes& m) {
            const auto [lane, seq] =
                m.enqueue({coop_jid,
                           {.retain = "P1Y", .grant = grant, .hops = {town_jid}},
                           pack_of(town_jid, value),
                           1},
                          now);
            return std::vector<Enqueued>{{lane, coop_jid, seq}};
        }));
    }
    template <class Condition>
    void until(Condition met) {
        run_until(met, town, coop);
    }
    bool said(Side& side, std::string_view about, const std::string& word) {
        const auto words = side.words(about);
        return std::find(words.begin(), words.end(), word) != words.end();
    }
    std::optional<HeldGrant> held(const std::string& id) {
        return coop.ask([&](Mailboxes& m) { return m.exchange().find_held(town_jid, id); });
    }
    std::optional<OutcomeNotice> outcome(const std::string& about) {
        for (const auto& entry : town.ask([&](Mailboxes& m) { return m.exchange().log_of(about); }))
            if (!entry.sent && entry.word == "outcome")
                return std::get<OutcomeNotice>(*read_notice(entry.body));
        return std::nullopt;
    }
    GrantState state(const std::string& id) {
        return town.ask([&](Mailboxes& m) { return m.access().find_grant(id)->state; });
    }
    /// What the coop hears from somebody who speaks by hand.
    void coop_hears(const Jid& from, const Notice& notice) {
        coop.ask([&](Mailboxes& m) { return take_notice(m, from, notice, now); });
    }
};

}  // namespace

TEST_CASE(
    "R1.4: a grant that is given is offered with its consent, accepted, and known on both sides") {
    Stage stage(LegalLink::processor);
    Grant grant = open_grant(coop_jid, "G");
    grant.basis = LegalBasis::consent;
    grant.from = stage.now;
    grant.consent = Consent{.collected_by = "Lorient",
                            .collected_at = stage.now,
                            .method = "signed form",
                            .text_version = "3",
                            .proof = "sha256:1"};
    stage.town.ask([&](Mailboxes& m) { give_grant(m, grant, stage.now); });
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    CHECK(stage.town.words("G") == std::vector<std::string>{"> offer", "< accept"});
    const auto held = stage.held("G");
    REQUIRE(held);
    CHECK(held->answer == OfferAnswer::accepted);
    CHECK(held->role == LegalLink::processor);
    CHECK(held->grant.peer == town_jid);
    CHECK(held->grant.consent == grant.consent);
    CHECK(held->grant.retain == grant.retain);
}

TEST_CASE("R2.4: another purpose is another grant, and told; the terms of one never change") {
    Stage stage;
    Grant grant = stage.gives("G");
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    grant.purpose = "marketing";
    stage.coop_hears(town_jid, OfferNotice{.grant = grant, .role = LegalLink::none});
    CHECK(stage.held("G")->grant.purpose == "test");
    grant.id = "H";
    stage.town.ask([&](Mailboxes& m) { give_grant(m, grant, stage.now); });
    stage.until([&] { return stage.held("H").has_value(); });
    CHECK(stage.held("H")->grant.purpose == "marketing");
}

TEST_CASE("an offer for what was not agreed waits for people; declined, nothing goes under it") {
    Stage stage(LegalLink::none, {"billing"});
    stage.gives("G");
    stage.until([&] { return stage.held("G").has_value(); });
    CHECK(stage.held("G")->answer == OfferAnswer::none);
    CHECK(stage.coop.log_text.str().find("courant grant accept or decline") != std::string::npos);
    stage.coop.ask([&](Mailboxes& m) {
        answer_offer(m, *m.exchange().find_held(town_jid, "G"), OfferAnswer::declined, "no use",
                     stage.now);
    });
    stage.until([&] { return stage.state("G") == GrantState::withdrawn; });
}

TEST_CASE("R4.2: a withdrawal comes behind the last reading; a processor erases and confirms") {
    Stage stage(LegalLink::processor);
    stage.coop.has_app(true);
    stage.gives("G");
    stage.gives("H");
    stage.sends("G", 1);
    stage.sends("H", 2);
    stage.sends("G", 3);
    stage.until([&] { return stage.coop.app.size() == 3; });
    stage.changes("G", GrantState::withdrawn);
    stage.until([&] { return stage.outcome("G").has_value(); });
    CHECK(stage.outcome("G")->outcome == OutcomeNotice::Outcome::erased);
    CHECK(stage.outcome("G")->readings == 2);
    CHECK(stage.coop.proxy.values() == std::vector<double>{2});
    CHECK(stage.coop.app.empty());
    CHECK(stage.held("H")->grant.state == GrantState::active);
    CHECK(stage.coop.ask([](Mailboxes& m) { return m.exchange().open_erasures().empty(); }));
}

TEST_CASE("R4.2: what an app cannot erase is said, on both sides") {
    Stage stage(LegalLink::processor);
    stage.coop.has_app(false);
    stage.gives("G");
    stage.sends("G", 1);
    stage.until([&] { return stage.coop.app.size() == 1; });
    stage.changes("G", GrantState::erased);
    stage.until([&] { return stage.outcome("G").has_value(); });
    CHECK(stage.outcome("G")->outcome == OutcomeNotice::Outcome::partly);
    CHECK(stage.outcome("G")->reason == "the app behind db cannot erase");
    CHECK(stage.coop.log_text.str().find("courant grant answer") != std::string::npos);
}

TEST_CASE("R4.2: an app of another worker is waited for, too") {
    Stage stage(LegalLink::processor);
    stage.coop.has_app(true);
    const std::vector<std::string> need{"need elsewhere"};
    stage.coop.ask(
        [&](Mailboxes& m) { return m.hold(need, "", std::chrono::hours(1), stage.now); });
    stage.gives("G");
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    stage.changes("G", GrantState::withdrawn);
    stage.until([&] { return stage.held("G")->grant.state == GrantState::withdrawn; });
    for (int i = 0; i < 20; ++i) stage.coop.turn();
    const auto open = stage.coop.ask([](Mailboxes& m) { return m.exchange().open_erasures(); });
    REQUIRE(open.size() == 1);
    stage.coop.ask([&](Mailboxes& m) {
        m.exchange().answer_erasure(open[0].id, {.sink = "elsewhere", .erased = true, .note = ""});
    });
    stage.until([&] { return stage.outcome("G").has_value(); });
}

TEST_CASE("R4.2: what is erased while an app is away does not reach it afterwards") {
    Stage stage(LegalLink::processor);
    stage.coop.begin({.sinks = {"db"}});
    stage.gives("G");
    stage.sends("G", 1);
    stage.until([&] { return stage.coop.proxy.values().size() == 1; });
    stage.changes("G", GrantState::withdrawn);
    stage.until([&] { return stage.coop.proxy.values().empty(); });
    CHECK_FALSE(stage.outcome("G"));
    stage.coop.has_app(true);
    stage.until([&] { return stage.outcome("G").has_value(); });
    CHECK(stage.coop.app.empty());
}

TEST_CASE("an app erases only once our own inbox holds nothing more for it") {
    Stage stage;
    stage.coop.has_app(true);
    const auto id = stage.coop.ask([&](Mailboxes& m) {
        return m.exchange().add_erasure(
            {.peer = town_jid, .about = "G", .series = "*", .subject = "*", .asked_at = stage.now});
    });
    const auto answers = [&] {
        return stage.coop.ask([&](Mailboxes& m) { return m.exchange().answers_to(id).size(); });
    };
    stage.coop.receive->run(stage.coop.call());
    CHECK(answers() == 0);
    stage.coop.exchange->run(stage.coop.call());
    CHECK(answers() == 1);
    stage.coop.receive->run(stage.coop.call());
    CHECK(answers() == 2);
}

TEST_CASE("R4.2: a controller is told, keeps what it has, and its answer is kept") {
    for (const auto link : {LegalLink::separate_controller, LegalLink::joint_controller}) {
        Stage stage(link);
        stage.gives("G");
        stage.sends("G", 1);
        stage.until([&] { return stage.coop.proxy.values().size() == 1; });
        stage.changes("G", GrantState::withdrawn);
        stage.until([&] { return stage.held("G")->grant.state == GrantState::withdrawn; });
        CHECK(stage.coop.proxy.values().size() == 1);
        const HeldGrant held = *stage.held("G");
        CHECK(stage.coop.ask([&](Mailboxes& m) { return awaits_outcome(m, held); }));
        stage.coop.ask([&](Mailboxes& m) {
            tell_outcome(m, town_jid,
                         {.about = "G",
                          .outcome = OutcomeNotice::Outcome::kept,
                          .reason = "invoices: 10 years"},
                         stage.now);
        });
        stage.until([&] { return stage.outcome("G").has_value(); });
        CHECK(stage.outcome("G")->reason == "invoices: 10 years");
        CHECK_FALSE(stage.coop.ask([&](Mailboxes& m) { return awaits_outcome(m, held); }));
    }
}

TEST_CASE("a joint controller erases what is to be erased") {
    Stage stage(LegalLink::joint_controller);
    stage.gives("G");
    stage.sends("G", 1);
    stage.until([&] { return stage.coop.proxy.values().size() == 1; });
    stage.changes("G", GrantState::erased);
    stage.until([&] { return stage.outcome("G").has_value(); });
    CHECK(stage.coop.proxy.values().empty());
}

TEST_CASE(
    "R4.3, R4.4, R4.5: a limited grant is told and kept on both sides, and so is its lifting") {
    Stage stage(LegalLink::processor);
    stage.gives("G");
    stage.sends("G", 1);
    stage.until([&] { return stage.coop.proxy.values().size() == 1; });
    stage.changes("G", GrantState::limited);
    stage.until([&] { return stage.held("G")->grant.state == GrantState::limited; });
    CHECK(stage.coop.proxy.values().size() == 1);
    stage.changes("G", GrantState::active);
    stage.until([&] { return stage.held("G")->grant.state == GrantState::active; });
    stage.sends("G", 2);
    stage.until([&] { return stage.coop.proxy.values().size() == 2; });
}

TEST_CASE("R3.4: recipients of wrong or erased readings are told, also those that were away") {
    Stage stage(LegalLink::processor);
    stage.gives("G");
    stage.sends("G", 1);
    stage.sends("G", 2);
    stage.sends("G", 3);
    stage.until([&] { return stage.coop.proxy.values().size() == 3; });
    stage.coop.proxy.transport().close();
    const Time first = senml::from_unix_seconds(1'780'000'000);
    const CorrectionNotice correction{.id = "C",
                                      .kind = CorrectionNotice::Kind::erased,
                                      .series = std::string(roof),
                                      .from = first + std::chrono::seconds(2),
                                      .to = first + std::chrono::seconds(3)};
    CHECK(stage.town.ask([&](Mailboxes& m) { return tell_correction(m, correction, stage.now); })
              .empty());  // of a grant that begins this very moment nobody has anything
    stage.now += std::chrono::hours(1);
    CHECK(stage.town.ask([&](Mailboxes& m) { return tell_correction(m, correction, stage.now); }) ==
          std::vector<Jid>{coop_jid});
    for (int i = 0; i < 50; ++i) stage.town.turn();
    stage.coop.proxy.transport().open();
    stage.until([&] { return stage.outcome("C").has_value(); });
    CHECK(stage.outcome("C")->readings == 1);
    CHECK(stage.coop.proxy.values() == std::vector<double>{1, 3});
}

TEST_CASE(
    "R7.3: a person who turns to the other side is heard by the giver, once, and nobody else can "
    "ask") {
    Stage stage(LegalLink::joint_controller);
    stage.gives("G");
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    const RightsRequest request{
        .grant = "G", .right = PersonsRight::erase, .subject = "kersabiec@lorient.example"};
    stage.coop.ask([&](Mailboxes& m) {
        for (int i = 0; i < 2; ++i)
            pass_on(m, *m.exchange().find_held(town_jid, "G"), request, stage.now);
    });
    stage.until([&] { return stage.said(stage.town, "G", "< request"); });
    let_settle(stage.town, stage.coop);
    CHECK(stage.town.words("G") == std::vector<std::string>{"> offer", "< accept", "< request"});
    CHECK(stage.town.log_text.str().find("courant subject show kersabiec@lorient.example") !=
          std::string::npos);
    const Jid eve = address("eve@evil.example");
    stage.town.knows(eve);
    CHECK(stage.town.ask([&](Mailboxes& m) { return take_notice(m, eve, request, stage.now); })
              .empty());
}

TEST_CASE("a grant's end is announced once, in the log and to the peer, before it comes") {
    Stage stage;
    const auto days = [](int count) { return std::chrono::hours(24 * count); };
    stage.gives("G", stage.now + days(40));
    stage.gives("H");
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    CHECK(stage.town.words("G").size() == 2);
    for (int day = 9; day <= 12; ++day) {
        stage.now += days(day == 9 ? 9 : 1);
        for (int i = 0; i < 20; ++i) {
            stage.town.turn();
            stage.coop.turn();
        }
        CAPTURE(day);
        CHECK(stage.said(stage.town, "G", "> expires") == (day >= 10));
    }
    stage.until([&] { return stage.said(stage.coop, "G", "< expires"); });
    CHECK(stage.town.words("G") == std::vector<std::string>{"> offer", "< accept", "> expires"});
    CHECK(stage.town.log_text.str().find("a grant will end") != std::string::npos);
    CHECK(stage.town.words("H").size() == 2);
}

// 2026: clocks went forward on March 29 and go back on October 25 in Europe/Paris.
TEST_CASE("a whole grant's life, local midnight to local midnight over both changes of the clock") {
    const auto* paris = date::locate_zone("Europe/Paris");
    const auto midnight = [&](date::year_month_day day) {
        return Time(paris->to_sys(date::local_days(day)).time_since_epoch());
    };
    const Time begin = midnight(date::year(2026) / 3 / 29);
    const Time end = midnight(date::year(2026) / 10 / 26);
    // 23 hours and 25 hours: 211 days all the same.
    CHECK(end - begin == std::chrono::hours(24 * 211));
    Grant grant = open_grant(coop_jid, "G");
    grant.from = begin;
    grant.until = end;
    // As both who fills the outbox and who empties it ask.
    const auto goes_at = [&](Time moment) {
        const std::vector<Subscription> wanted{
            {.peer = coop_jid, .series = "*", .retain = "P1Y", .grant = "G", .added_at = {}}};
        const Audience audience(wanted, std::vector<Grant>{grant}, {}, moment);
        const bool enters = !audience.seats(roof).empty();
        CHECK(enters == obstacle(grant, moment).empty());
        return enters;
    };
    const std::chrono::nanoseconds moment{1};
    CHECK_FALSE(goes_at(begin - moment));
    CHECK(goes_at(begin));
    // The hour that does not exist and the one that comes twice are hours like others.
    for (int hour = 0; hour < 4; ++hour) CHECK(goes_at(begin + std::chrono::hours(hour)));
    const Time back = midnight(date::year(2026) / 10 / 25);
    for (int hour = 0; hour < 25; ++hour) CHECK(goes_at(back + std::chrono::hours(hour)));
    CHECK(back + std::chrono::hours(25) == end);
    CHECK(goes_at(end - moment));
    CHECK_FALSE(goes_at(end));
}

TEST_CASE("a hostile peer's notices reach nothing but its own") {
    Stage stage(LegalLink::processor);
    const Jid eve = address("eve@evil.example");
    stage.gives("G");
    stage.sends("G", 1);
    stage.until([&] { return stage.said(stage.town, "G", "< accept"); });
    stage.until([&] { return stage.coop.proxy.values().size() == 1; });
    stage.coop.knows(eve);
    stage.town.knows(eve);

    SUBCASE("another's grant") {
        for (const auto state : {GrantState::withdrawn, GrantState::erased})
            stage.coop_hears(eve, StateNotice{.grant = "G", .state = state, .at = stage.now});
        stage.town.ask([&](Mailboxes& m) {
            take_notice(m, eve, AnswerToOffer{.grant = "G", .accepted = false}, stage.now);
            return take_notice(m, eve, OutcomeNotice{.about = "G"}, stage.now);
        });
        CHECK(stage.held("G")->grant.state == GrantState::active);
        CHECK(stage.state("G") == GrantState::active);
        CHECK_FALSE(stage.outcome("G"));
    }
    SUBCASE("another's series") {
        OfferNotice offer{.grant = open_grant(coop_jid, "E"), .role = LegalLink::processor};
        stage.coop_hears(eve, offer);
        stage.coop_hears(eve, CorrectionNotice{.id = "C",
                                               .kind = CorrectionNotice::Kind::erased,
                                               .series = "*",
                                               .from = {},
                                               .to = stage.now + std::chrono::hours(1000)});
        stage.coop_hears(eve,
                         StateNotice{.grant = "E", .state = GrantState::erased, .at = stage.now});
        const auto erasures =
            stage.coop.ask([](Mailboxes& m) { return m.exchange().open_erasures(); });
        CHECK(erasures.size() == 2);
        for (const auto& erasure : erasures) CHECK_FALSE(means(erasure, roof));
        for (int i = 0; i < 20; ++i) stage.coop.turn();
        CHECK(stage.coop.proxy.values().size() == 1);
    }
    SUBCASE("an old notice, found again") {
        stage.changes("G", GrantState::withdrawn);
        stage.until([&] { return stage.outcome("G").has_value(); });
        stage.coop_hears(town_jid,
                         StateNotice{.grant = "G", .state = GrantState::active, .at = stage.now});
        stage.coop_hears(town_jid, OfferNotice{.grant = open_grant(coop_jid, "G")});
        CHECK(stage.held("G")->grant.state == GrantState::withdrawn);
    }
    SUBCASE("readings under a grant that it took back") {
        Client client(stage.network, "eve@evil.example");
        OfferNotice offer{.grant = open_grant(coop_jid, "E"), .role = LegalLink::none};
        int seq = 0;
        const auto says = [&](std::string element, const std::string& content) {
            client.says(coop_jid, fmt::format("<{0} xmlns='urn:courant:0' lane='L' seq='{1}' "
                                              "retain='P1Y' grant='E'>{2}</{0}>",
                                              element, ++seq, content));
        };
        const auto inner = [](const Notice& notice) {
            const auto body = notice_body(notice);
            return body.substr(8, body.size() - 17);
        };
        says("notice", inner(offer));
        says("readings", pack_of(eve, 7));
        says("notice", inner(StateNotice{.grant = "E", .at = stage.now}));
        const auto receipt = [&](Seq through) {
            run_until(
                [&] {
                    const auto receipts = client.receipts();
                    return !receipts.empty() && receipts.back().through == through;
                },
                client, stage.coop);
            return client.receipts().back();
        };
        CHECK(receipt(3).rejects.empty());
        run_until(
            [&] {
                const auto held =
                    stage.coop.ask([&](Mailboxes& m) { return m.exchange().find_held(eve, "E"); });
                return held && held->grant.state == GrantState::withdrawn;
            },
            client, stage.coop);
        says("readings", pack_of(eve, 8));
        const auto rejects = receipt(4).rejects;
        REQUIRE(rejects.size() == 1);
        CHECK(rejects[0].reason == "grant E is withdrawn");
        CHECK(stage.coop.proxy.values() == std::vector<double>{1, 7});
    }
    SUBCASE("a flood") {
        for (int i = 0; i < 1000; ++i)
            stage.coop_hears(eve, StateNotice{.grant = std::to_string(i), .at = stage.now});
        CHECK(stage.coop.ask([](Mailboxes& m) { return m.exchange().log_of("").size(); }) == 2);
    }
    SUBCASE("what cannot be read is refused with its number, and the lane goes on") {
        Client client(stage.network, "eve@evil.example");
        client.says(coop_jid, "<notice xmlns='urn:courant:0' lane='L' seq='1'><dance/></notice>");
        client.says(coop_jid,
                    "<notice xmlns='urn:courant:0' lane='L' seq='2'><expires grant='G' "
                    "until='2026-01-01T00:00:00Z'/></notice>");
        run_until(
            [&] {
                const auto receipts = client.receipts();
                return !receipts.empty() && receipts.back().through == 2;
            },
            client, stage.coop);
        CHECK(client.receipts()[0].rejects.size() == 1);
    }
}

}  // namespace courant::test
