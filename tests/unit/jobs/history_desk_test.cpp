// Who asks for the past gets a page, a refusal or a fault; an app that hangs keeps only its own
// askers waiting.
#include <doctest/doctest.h>

#include <future>
#include <map>
#include <sstream>

#include "jobs/history_desk.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const std::string live = "zabbix:lorient.example/school:lorient.example/pv/power";
const std::string stuck = "zabbix:lorient.example/school:lorient.example/stuck/power";
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

/// A desk with both.
struct Office {
    explicit Office(HistoryRules rules = {}, const std::string& resolution = {}) {
        std::vector<NamedHistory> histories;
        histories.push_back({"live", std::make_unique<Ticking>()});
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
        auto answer = std::make_shared<std::promise<HistoryOutcome>>();
        desk->ask({.asker = asker, .range = {series, from, to}, .stop = std::move(stop)},
                  [answer](HistoryOutcome outcome) { answer->set_value(std::move(outcome)); });
        return answer->get_future();
    }

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
