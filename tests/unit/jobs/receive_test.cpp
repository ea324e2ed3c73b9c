#include "jobs/receive.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// An app that writes down what it is offered and answers as the test says.
struct App {
    std::vector<std::vector<double>> offers;
    std::function<Verdict(double)> answer = [](double) { return Verdict{}; };

    std::unique_ptr<Sink> sink() {
        return std::make_unique<ScriptedSink>([this](const senml::Pack& pack, const Call&) {
            offers.emplace_back();
            std::vector<Verdict> verdicts;
            for (const auto& record : pack.records()) {
                offers.back().push_back(record.number);
                verdicts.push_back(answer(record.number));
            }
            return verdicts;
        });
    }
    std::vector<double> all() const {
        std::vector<double> all;
        for (const auto& offer : offers) all.insert(all.end(), offer.begin(), offer.end());
        return all;
    }
};

constexpr auto later = Verdict::Outcome::later;
constexpr auto rejected = Verdict::Outcome::rejected;

std::unique_ptr<ReceiveJob> receive(Desk& desk, std::unique_ptr<Sink> sink,
                                    const std::string& adapter = "db",
                                    ReceiveRules how = {{"*"}, 24h}) {
    return std::make_unique<ReceiveJob>(adapter, std::move(sink), std::move(how), desk.store(),
                                        desk.logger(), desk.counters());
}

void deliver_all(ReceiveJob& job) {
    while (job.run(call()) == Progress::more) {
    }
}

std::int64_t position(Desk& desk, std::string_view sink = "db") {
    return desk.ask([&](Mailboxes& m) { return m.delivered(sink); });
}

}  // namespace

TEST_CASE("what arrived is delivered in order, once, and the position moves") {
    Desk desk;
    App app;
    for (int i = 0; i < 100; ++i) desk.arrives(readings(2, 2 * i + 1));
    const auto job = receive(desk, app.sink());
    deliver_all(*job);
    CHECK(app.all() == run(1, 200));
    CHECK(position(desk) == 100);
    deliver_all(*job);
    deliver_all(*receive(desk, app.sink()));
    CHECK(app.all() == run(1, 200));
    CHECK(desk.dead().empty());
}

TEST_CASE("a sink gets the series that it is configured for; the others are passed over") {
    Desk desk;
    App app;
    senml::Pack pack = readings(1);
    add(pack, indexes, at(1), 50);
    desk.arrives(pack);
    desk.arrives(readings(1, 60, indexes));
    deliver_all(*receive(desk, app.sink(), "db", {{"*/index"}, 24h}));
    CHECK(app.all() == std::vector<double>{50, 60});
    CHECK(position(desk) == 2);
}

TEST_CASE("what the app refuses becomes a dead letter that can be tried again") {
    Desk desk;
    App app;
    app.answer = [](double value) {
        return value == 2 ? Verdict{rejected, "no such host"} : Verdict{};
    };
    desk.arrives(readings(3));
    deliver_all(*receive(desk, app.sink()));
    CHECK(position(desk) == 1);
    const auto dead = desk.dead();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].origin == DeadOrigin::sink);
    CHECK(dead[0].whom == "db");
    CHECK(dead[0].lane == LaneId{"L"});
    CHECK(dead[0].seq == 1);
    CHECK(dead[0].record == 2);
    CHECK(dead[0].reason == "no such host");
    CHECK(dead[0].envelope.grant == "g-1");
    CHECK(numbers_of(dead[0].payload) == run(2, 2));
    CHECK(app.offers.size() == 1);
}

TEST_CASE("what the app does not take for now is offered again, alone, and holds the position") {
    Desk desk;
    App app;
    bool busy = true;
    app.answer = [&](double value) {
        return value == 2 && busy ? Verdict{later, "the item is new"} : Verdict{};
    };
    desk.arrives(readings(3));
    desk.arrives(readings(1, 4));
    const auto job = receive(desk, app.sink());
    CHECK_THROWS_AS(job->run(call()), Error);
    CHECK_THROWS_AS(job->run(call()), Error);
    CHECK(position(desk) == 0);
    CHECK(desk.dead().empty());
    busy = false;
    deliver_all(*job);
    CHECK(app.offers == std::vector<std::vector<double>>{{1, 2, 3, 4}, {2}, {2}});
    CHECK(position(desk) == 2);
}

TEST_CASE("who says later for too long loses the reading to the dead letters, and goes on") {
    Desk desk;
    App app;
    app.answer = [](double value) {
        return value == 2 ? Verdict{later, "the item is new"} : Verdict{};
    };
    desk.arrives(readings(3));
    deliver_all(*receive(desk, app.sink(), "db", {{"*"}, 0s}));
    CHECK(position(desk) == 1);
    REQUIRE(desk.dead().size() == 1);
    CHECK(desk.dead()[0].reason.find("the item is new") != std::string::npos);
    CHECK(numbers_of(desk.dead()[0].payload) == run(2, 2));
}

TEST_CASE(
    "patience goes on where it was when the program begins anew, and begins with the arrival") {
    Desk desk;
    App app;
    app.answer = [](double) { return Verdict{later, "the item is new"}; };
    const auto run_at = [&](std::int64_t hour) {
        Call then = call();
        then.now = at(hour * 3'600);
        receive(desk, app.sink())->run(then);
    };
    desk.arrives(readings(1));
    // It lay there for days before anybody offered it: that is not the app's fault.
    CHECK_THROWS_AS(run_at(100), Error);
    desk.reopen();
    CHECK_THROWS_AS(run_at(123), Error);
    CHECK(position(desk) == 0);
    desk.reopen();
    CHECK_NOTHROW(run_at(124));
    CHECK(position(desk) == 1);
    CHECK(desk.dead().size() == 1);

    desk.arrives(readings(1, 2));
    CHECK_THROWS_AS(run_at(125), Error);
    CHECK(desk.dead().size() == 1);
}

TEST_CASE("what arrived after the first refusal has a patience of its own") {
    Desk desk;
    App app;
    app.answer = [](double) { return Verdict{later, "the item is new"}; };
    const auto run_at = [&](std::int64_t hour) {
        Call then = call();
        then.now = at(hour * 3'600);
        receive(desk, app.sink())->run(then);
    };
    desk.arrives(readings(1));
    CHECK_THROWS_AS(run_at(0), Error);
    desk.arrives(readings(1, 2), at(20 * 3'600));
    CHECK_THROWS_AS(run_at(24), Error);
    CHECK(position(desk) == 0);
    CHECK_NOTHROW(run_at(44));
    CHECK(position(desk) == 2);
    CHECK(desk.dead().size() == 2);
}

TEST_CASE("a sink that throws leaves the position where it was, and gets the same again") {
    Desk desk;
    App app;
    bool away = true;
    app.answer = [&](double) {
        if (away) throw Error("no route to host", Retry::worthwhile);
        return Verdict{};
    };
    desk.arrives(readings(3));
    const auto job = receive(desk, app.sink());
    CHECK_THROWS_AS(job->run(call()), Error);
    CHECK(position(desk) == 0);
    away = false;
    deliver_all(*job);
    CHECK(app.offers.back() == run(1, 3));
    CHECK(position(desk) == 1);
}

TEST_CASE("a sink that answers for other readings than it got is not believed") {
    Desk desk;
    desk.arrives(readings(3));
    const auto job =
        receive(desk, std::make_unique<ScriptedSink>(
                          [](const senml::Pack&, const Call&) { return std::vector<Verdict>(2); }));
    CHECK_THROWS_AS(job->run(call()), Error);
    CHECK(position(desk) == 0);
}

TEST_CASE("of two sinks the one that is down delays the other by nothing") {
    Desk desk;
    App up, down;
    down.answer = [](double) -> Verdict { throw Error("down", Retry::worthwhile); };
    desk.arrives(readings(5));
    const auto broken = receive(desk, down.sink(), "broken");
    const auto works = receive(desk, up.sink(), "works");
    CHECK_THROWS_AS(broken->run(call()), Error);
    deliver_all(*works);
    CHECK(up.all() == run(1, 5));
    CHECK(position(desk, "works") == 1);
    CHECK(position(desk, "broken") == 0);
}

TEST_CASE("while the store fails nothing is offered twice and no dead letter is lost") {
    Desk desk;
    App app;
    app.answer = [&](double) {
        desk.faults().fail();  // between the delivery and the position's commit
        return Verdict{rejected, "no"};
    };
    desk.arrives(readings(1));
    const auto job = receive(desk, app.sink());
    CHECK_THROWS_AS(job->run(call()), StoreError);
    desk.faults().mend();
    CHECK(position(desk) == 0);
    CHECK(desk.dead().empty());
    CHECK(job->run(call()) == Progress::more);
    CHECK(app.offers.size() == 1);
    CHECK(position(desk) == 1);
    CHECK(desk.dead().size() == 1);
}

TEST_CASE("whichever commit is the last before the end, position and dead letter stand together") {
    for (int commits = 0; commits < 5; ++commits) {
        CAPTURE(commits);
        Desk desk;
        App app;
        app.answer = [](double) { return Verdict{rejected, "no"}; };
        desk.arrives(readings(1));
        desk.faults().fail_after(commits);
        try {
            receive(desk, app.sink())->run(call());
        } catch (const StoreError&) {
            // The end, as far as this process is concerned.
        }
        desk.faults().mend();
        CHECK(desk.dead().size() == static_cast<std::size_t>(position(desk)));
    }
}

TEST_CASE("after a crash the same batch is offered again") {
    Desk desk;
    App app;
    app.answer = [](double value) { return value == 3 ? Verdict{later, "busy"} : Verdict{}; };
    desk.arrives(readings(3));
    CHECK_THROWS_AS(receive(desk, app.sink())->run(call()), Error);
    desk.reopen();
    app.answer = [](double) { return Verdict{}; };
    deliver_all(*receive(desk, app.sink()));
    CHECK(app.offers.back() == run(1, 3));
}

TEST_CASE("a batch stays near the most readings that a call may bring") {
    Desk desk;
    App app;
    for (int i = 0; i < 10; ++i) desk.arrives(readings(100, 100 * i + 1));
    const auto job = receive(desk, app.sink());
    Call small = call();
    small.max_readings = 150;
    CHECK(job->run(small) == Progress::more);
    CHECK(app.offers.at(0).size() == 200);
}

TEST_CASE("R3.6: a message whose subject had it erased is passed over, and is no dead letter") {
    Desk desk;
    App app;
    for (int i = 1; i <= 3; ++i) desk.arrives(readings(1, i));
    desk.ask([](Mailboxes& m) {
        const Rewritten emptied[]{{.position = 2, .body = "", .records = 0}};
        m.subjects().rewrite_inbox(emptied);
    });
    deliver_all(*receive(desk, app.sink()));
    CHECK(app.all() == std::vector<double>{1, 3});
    CHECK(position(desk) == 3);
    CHECK(desk.dead().empty());
}
