// Who asks for the past gets a page, a refusal or a fault; an app that hangs keeps only its own
// askers waiting.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <sstream>

#include "jobs/history_desk.hpp"
#include "jobs/kept_history.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const std::string live = "zabbix:lorient.example/school:lorient.example/pv/power";
const std::string stuck = "zabbix:lorient.example/school:lorient.example/stuck/power";
const std::string exhausted = "zabbix:lorient.example/school:lorient.example/quota/power";
const Jid coop = Jid::parse("bmhs@coop.example/x").value();
const Jid self = Jid::parse("zabbix@lorient.example").value();

Time at(int second) {
    return senml::from_unix_seconds(1'700'000'000 + second);
}

/// One reading a second, without end.
class Ticking : public History {
  public:
    bool speaks(std::string_view series) const override { return series == live; }
    void read(const HistoryRange& range, const Call& call, const TakeHistory& take) override {
        for (Time from = range.from; from < range.to;) {
            senml::Pack chunk;
            const auto name = chunk.intern_name(range.series);
            for (; chunk.size() < call.max_readings && from < range.to;
                 from += std::chrono::seconds(1))
                chunk.add(name, senml::no_unit, from,
                          std::chrono::duration<double>(from - at(0)).count());
            if (!take(chunk)) return;
        }
    }
};

/// Waits until it is asked to end.
class Stuck : public History {
  public:
    bool speaks(std::string_view series) const override { return series == stuck; }
    void read(const HistoryRange&, const Call& call, const TakeHistory&) override {
        entered.set_value();
        std::promise<void> ended;
        const std::stop_callback on_stop(call.stop, [&] { ended.set_value(); });
        ended.get_future().wait();
        throw Error("/var/secret/app.db: locked", Retry::worthwhile);
    }
    std::promise<void> entered;
};

/// Says that its quota is used up, behind the first five readings.
class Exhausted : public History {
  public:
    bool speaks(std::string_view series) const override { return series == exhausted; }
    void read(const HistoryRange& range, const Call&, const TakeHistory& take) override {
        ++calls;
        senml::Pack chunk;
        for (Time from = range.from; from < std::min(range.to, at(5));
             from += std::chrono::seconds(1))
            chunk.add(chunk.intern_name(range.series), senml::no_unit, from, 1);
        take(chunk);
        throw QuotaReached("429", std::chrono::hours(1));
    }
    static inline std::atomic<int> calls{0};
};

/// A desk with all of them.
struct Office {
    explicit Office(HistoryRules rules = {}, const std::string& resolution = {},
                    HistoryPace pace = {}) {
        std::vector<NamedHistory> histories;
        histories.push_back({"quota", std::make_unique<Exhausted>()});
        histories.push_back({"live", std::make_unique<Ticking>(), pace});
        auto waiting = std::make_unique<Stuck>();
        entered = waiting->entered.get_future();
        histories.push_back({"stuck", std::move(waiting)});
        desk =
            std::make_unique<HistoryDesk>(std::move(histories), store, grants_may_read(self), rules,
                                          Logger(LogLevel::info, LogFormat::text, log), counters);
        store.ask([&](Mailboxes& m) {
            m.put_peer({.jid = coop.bare(), .added_at = Time{}});
            Grant grant = open_grant(coop.bare(), "G");
            grant.series = "zabbix@lorient.example/school@*/power";
            grant.resolution = resolution;
            m.access().add_grant(grant);
        });
    }

    std::future<HistoryOutcome> asks(const std::string& series, Time from, Time to,
                                     const Jid& asker = coop, std::stop_token stop = {}) {
        return asks({.asker = asker, .range = {series, from, to}, .stop = std::move(stop)});
    }
    std::future<HistoryOutcome> asks(HistoryQuestion question) {
        auto answer = std::make_shared<std::promise<HistoryOutcome>>();
        desk->ask(std::move(question),
                  [answer](HistoryOutcome outcome) { answer->set_value(std::move(outcome)); });
        return answer->get_future();
    }
    std::vector<RecordedCall> calls() {
        return store.ask([](Mailboxes& m) { return m.calls().calls(0, 100); });
    }
    void ends_grant() {
        store.ask([](Mailboxes& m) {
            m.access().set_grant_state("G", GrantState::withdrawn, "", now());
        });
    }
    static Time now() { return std::chrono::system_clock::now(); }

    SqliteHome home;
    StoreThread store{home.open({})};
    std::ostringstream log;
    Counters counters;
    std::future<void> entered;
    std::unique_ptr<HistoryDesk> desk;
};

}  // namespace

TEST_CASE("a range comes page by page, without a hole and without a reading twice") {
    HistoryRules rules;
    rules.page_bytes = 1000;
    Office office(rules);
    std::vector<double> values;
    int pages = 0;
    for (std::optional<Time> from = at(0); from; ++pages) {
        const auto outcome = office.asks(live, *from, at(100)).get();
        REQUIRE(outcome);
        for (const auto& record : outcome->readings.records()) values.push_back(record.number);
        from = outcome->next;
    }
    CHECK(pages > 5);
    REQUIRE(values.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("under a resolution only whole periods come, each once, wherever pages and ranges end") {
    HistoryRules rules;
    rules.page_bytes = 160;
    rules.aggregation.series = {{.series = "*/power", .meaning = Meaning::mean}};
    // Minutes begin at 40 seconds of this test's time; the last one is under way.
    rules.clock = [] { return at(1'000); };
    Office office(rules, "PT1M");
    std::map<Time, double> periods;
    for (int second = 0; second < 1'000; second += 37) {
        for (std::optional<Time> from = at(second); from;) {
            const auto outcome = office.asks(live, *from, at(second + 37)).get();
            REQUIRE(outcome);
            for (const auto& record : outcome->readings.records())
                CHECK(periods.emplace(record.time, record.number).second);
            CHECK((!outcome->next || *outcome->next > *from));
            from = outcome->next;
        }
    }
    REQUIRE(periods.size() == 16);
    int begin = 40;
    for (const auto& [time, mean] : periods) {
        CHECK(time == at(begin));
        CHECK(mean == begin + 29.5);
        begin += 60;
    }
    const auto long_range = office.asks(live, at(0), at(2'000)).get();
    REQUIRE(long_range);
    CHECK(long_range->readings.size() == 2);
    CHECK(long_range->next == at(160));
}

TEST_CASE("under a resolution a past of which nobody said what it means is not told") {
    HistoryRules rules;
    rules.clock = [] { return at(1'000); };
    Office office(rules, "PT1M");
    const auto outcome = office.asks(live, at(0), at(500)).get();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == "app-fails");
    office.desk.reset();
    CHECK(office.log.str().find("nobody has said what its numbers mean") != std::string::npos);
    CHECK(office.log.str().find("[[series]]") != std::string::npos);
}

TEST_CASE("of several grants the finest counts that reaches back far enough") {
    HistoryRules rules;
    rules.aggregation.series = {{.series = "*", .meaning = Meaning::mean}};
    rules.clock = [] { return at(100'000); };
    Office office(rules, "PT1H");
    office.store.ask([](Mailboxes& m) {
        Grant grant = open_grant(coop.bare(), "fine");
        grant.history = "PT1H";
        m.access().add_grant(grant);
    });
    CHECK(office.asks(live, at(99'990), at(100'000)).get()->readings.size() == 10);
    CHECK(office.asks(live, at(90'000), at(100'000)).get()->readings.size() == 2);
}

TEST_CASE("who is granted nothing gets the same words whether there is such a series or not") {
    Office office;
    const Jid other = Jid::parse("dash@town.example/y").value();
    office.store.ask([&](Mailboxes& m) { m.put_peer({.jid = other.bare(), .added_at = Time{}}); });
    const auto there = office.asks(live, at(0), at(1), other).get();
    const auto not_there =
        office.asks("zabbix:lorient.example/x:lorient.example/y", at(0), at(1), other).get();
    REQUIRE_FALSE(there);
    REQUIRE_FALSE(not_there);
    CHECK(there.error().kind == CommandRefusal::Kind::forbidden);
    CHECK(not_there.error().kind == there.error().kind);
    CHECK(there.error().text.find("granted nothing") != std::string::npos);
    CHECK(not_there.error().text.find("granted nothing") != std::string::npos);
}

TEST_CASE("a stranger is told how to be admitted") {
    Office office;
    const auto outcome =
        office.asks(live, at(0), at(1), Jid::parse("eve@evil.example/z").value()).get();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().text.find("courant peer add eve@evil.example") != std::string::npos);
}

TEST_CASE("what nobody speaks is told to who might have read it") {
    Office office;
    const auto outcome =
        office.asks("zabbix:lorient.example/school:lorient.example/other/power", at(0), at(1))
            .get();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == CommandRefusal::Kind::bad_request);
}

TEST_CASE("an app that hangs keeps only its own askers waiting, and not more than so many") {
    HistoryRules rules;
    rules.most_waiting = 1;
    Office office(rules);
    auto first = office.asks(stuck, at(0), at(1));
    office.entered.wait();
    auto second = office.asks(stuck, at(0), at(1));
    const auto third = office.asks(stuck, at(0), at(1)).get();
    REQUIRE_FALSE(third);
    CHECK(third.error().kind == CommandRefusal::Kind::busy);
    CHECK(office.asks(live, at(0), at(1)).get());
}

TEST_CASE("who no longer waits ends the call, and the asker is told nothing of our files") {
    Office office;
    std::stop_source leaves;
    auto answer = office.asks(stuck, at(0), at(1), coop, leaves.get_token());
    office.entered.wait();
    leaves.request_stop();
    const auto outcome = answer.get();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == CommandRefusal::Kind::upstream);
    CHECK(outcome.error().code == "app-away");
    CHECK(outcome.error().text.find("secret") == std::string::npos);
    office.desk.reset();
    CHECK(office.log.str().find("/var/secret/app.db") != std::string::npos);
}

TEST_CASE("the desk ends with a call under way") {
    Office office;
    auto answer = office.asks(stuck, at(0), at(1));
    office.entered.wait();
    CHECK(office.desk->stop(std::chrono::seconds(30)));
    CHECK_FALSE(answer.get());
}

TEST_CASE("a call stands in the book while the app is asked, and then what came of it") {
    Office office;
    std::stop_source leaves;
    auto answer = office.asks(stuck, at(0), at(9), coop, leaves.get_token());
    office.entered.wait();
    REQUIRE(office.calls().size() == 1);
    const RecordedCall call = office.calls()[0];
    CHECK(call.asker == coop.bare());
    CHECK(call.series == stuck);
    CHECK(call.from == at(0));
    CHECK(call.to == at(9));
    CHECK(call.grant == "G");
    CHECK(call.state == CallState::started);
    leaves.request_stop();
    CHECK_FALSE(answer.get());
    CHECK(office.calls()[0].state == CallState::failed);
    CHECK_FALSE(office.calls()[0].error.empty());
}

TEST_CASE("where the store lets no call in, the app is not asked") {
    Office office;
    // As if the code above the store believed in a grant that there is not.
    const MayRead credulous = [](Mailboxes&, const Jid&, const HistoryRange&, Time) {
        return HistoryRight{.grant = "none"};
    };
    std::vector<NamedHistory> histories;
    histories.push_back({"quota", std::make_unique<Exhausted>()});
    HistoryDesk desk(std::move(histories), office.store, credulous, {},
                     Logger(LogLevel::info, LogFormat::text, office.log), office.counters);
    Exhausted::calls = 0;
    std::promise<HistoryOutcome> answer;
    desk.ask({.asker = coop, .range = {exhausted, at(0), at(9)}},
             [&](HistoryOutcome outcome) { answer.set_value(std::move(outcome)); });
    CHECK_FALSE(answer.get_future().get());
    CHECK(Exhausted::calls == 0);
}

TEST_CASE("the pages of a request are one call, counted and digested over all of them") {
    HistoryRules rules;
    rules.page_bytes = 1000;
    Office office(rules);
    HistoryQuestion question{.asker = coop, .range = {live, at(0), at(40)}, .request = "r1"};
    senml::Pack all;
    for (std::optional<Time> from = at(0); from;) {
        question.range.from = *from;
        const auto page = office.asks(question).get();
        REQUIRE(page);
        for (std::size_t i = 0; i < page->readings.size(); ++i) all.add_from(page->readings, i);
        question.so_far = page->so_far;
        from = page->next;
        CHECK(office.calls().at(0).state == (from ? CallState::started : CallState::ok));
    }
    ReadingChain chain;
    chain.add(all);
    CHECK(question.so_far.readings == 40);
    CHECK(question.so_far.digest == chain);
    REQUIRE(office.calls().size() == 1);
    CHECK(office.calls()[0].readings == 40);
    CHECK(office.calls()[0].through == at(40));
    CHECK(office.calls()[0].digest == chain.text());
}

TEST_CASE("a request is not gone on with when its grant has ended between two pages") {
    Office office;
    HistoryQuestion question{.asker = coop, .range = {live, at(0), at(9)}, .request = "r1"};
    question.until = at(99);
    REQUIRE(office.asks(question).get());
    office.ends_grant();
    CHECK_FALSE(office.asks(question).get());
    CHECK(office.calls().at(0).pages == 1);
}

TEST_CASE("who cancels a request ends the call under way, and its asker alone can") {
    Office office;
    auto answer = office.asks({.asker = coop, .range = {stuck, at(0), at(9)}, .request = "r1"});
    office.entered.wait();
    const auto cancels = [&](const Jid& asker) {
        std::promise<std::int64_t> ended;
        office.desk->cancel(asker, "r1", [&](auto number) { ended.set_value(number.value()); });
        return ended.get_future().get();
    };
    CHECK(cancels(Jid::parse("dash@town.example/y").value()) == 0);
    CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    CHECK(cancels(coop) == 1);
    CHECK(answer.get().error().text == "cancelled");
    CHECK(office.calls().at(0).state == CallState::cancelled);
}

TEST_CASE("an app is asked for no longer range than it allows, and the rest is the next page") {
    Office office({}, {}, {.longest_range = std::chrono::seconds(7)});
    const auto page = office.asks(live, at(0), at(20)).get();
    REQUIRE(page);
    CHECK(page->readings.size() == 7);
    CHECK(page->next == at(7));
    CHECK_FALSE(office.asks(live, at(14), at(20)).get()->next);
}

TEST_CASE("an app is not asked sooner than it allows; who would wait too long is told when") {
    HistoryRules rules;
    rules.longest_wait = std::chrono::milliseconds(0);
    Office office(rules, {}, {.pause = std::chrono::hours(1)});
    REQUIRE(office.asks(live, at(0), at(2)).get());
    const auto before = Office::now();
    const auto page = office.asks(live, at(0), at(2)).get();
    REQUIRE(page);
    CHECK(page->readings.empty());
    REQUIRE(page->not_before);
    CHECK(*page->not_before > before + std::chrono::minutes(30));
}

TEST_CASE("a pause that is short enough is waited for") {
    Office office({}, {}, {.pause = std::chrono::milliseconds(30)});
    for (int i = 0; i < 3; ++i) CHECK(office.asks(live, at(0), at(2)).get()->readings.size() == 2);
}

TEST_CASE(
    "what came before a quota was used up goes out, and the app is left alone until it says") {
    Office office;
    Exhausted::calls = 0;
    const auto page = office.asks(exhausted, at(0), at(9)).get();
    REQUIRE(page);
    CHECK(page->readings.size() == 5);
    CHECK(page->next == at(4) + std::chrono::nanoseconds(1));
    for (int i = 0; i < 3; ++i) {
        const auto later = office.asks(exhausted, *page->next, at(9)).get();
        REQUIRE(later);
        CHECK(later->not_before);
    }
    CHECK(Exhausted::calls == 1);
    CHECK(office.calls().at(0).state == CallState::started);
}

TEST_CASE("the archive answers where no app has a history, page by page") {
    Office office;
    const std::string meter = "zabbix:lorient.example/school:lorient.example/meter/power";
    office.store.ask([&](Mailboxes& m) {
        senml::Pack sent;
        for (int i = 0; i < 2500; ++i)
            sent.add(sent.intern_name(meter), sent.intern_unit("W"), at(i), i);
        m.past().keep(sent, Quality::raw, Office::now() + std::chrono::hours(1));
    });
    KeptHistory archive(office.store);
    senml::Pack all;
    archive.read({meter, at(10), at(2400)},
                 {.now = Office::now(),
                  .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
                  .stop = {}},
                 [&](const senml::Pack& chunk) {
                     for (std::size_t i = 0; i < chunk.size(); ++i) all.add_from(chunk, i);
                     return true;
                 });
    REQUIRE(all.size() == 2390);
    for (int i = 0; i < 2390; ++i) CHECK(all[static_cast<std::size_t>(i)].number == i + 10);
}
