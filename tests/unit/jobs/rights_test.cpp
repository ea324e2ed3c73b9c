// Jobs, feeds and sinks where another worker may have the right to what they do.
#include <doctest/doctest.h>

#include <atomic>

#include "jobs/extract.hpp"
#include "jobs/feed_thread.hpp"
#include "jobs/receive.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace std::chrono_literals;

namespace courant::test {
namespace {

const std::vector<std::string> roof{"source roof"};
const std::vector<std::string> db{"sink db"};
const std::string other = "other@there:3";

// A desk where we are one of two workers.
struct Shared {
    Desk desk;
    Worker worker{{.id = {.resource = "we", .place = "here:1"}, .term = 60s, .period = 2ms},
                  desk.store(),
                  desk.logger()};
    Right source = worker.right("source roof");
    Right sink = worker.right("sink db");

    Shared() { desk.subscribe(subscription(coop)); }
    ~Shared() { desk.faults().mend(); }
    // As if the other had come to it while we stood still.
    void taken_by_other(const std::vector<std::string>& whats) {
        desk.ask([&](Mailboxes& m) {
            m.release_all(worker.id());
            m.hold(whats, other, 1h, std::chrono::system_clock::now());
        });
    }
    void given_back() {
        desk.ask([](Mailboxes& m) { m.release_all(other); });
    }
    Outbound outbound() {
        return {"roof",
                rules(),
                desk.store(),
                [](const std::vector<Enqueued>&) {},
                desk.counters(),
                std::make_shared<CurrentAudience>(),
                {.right = source, .obstacle = {}}};
    }
    std::unique_ptr<ExtractJob> extract(ScriptedSource::Pull pull) {
        return std::make_unique<ExtractJob>(
            "roof", std::make_unique<ScriptedSource>(std::move(pull)), outbound(), desk.logger());
    }
};

}  // namespace

TEST_CASE("a job runs only while its right is held, and at once when it comes") {
    Shared shared;
    shared.taken_by_other(roof);
    shared.worker.start();
    std::atomic<int> pulls{0};
    JobThread thread("roof", {}, shared.desk.store(), shared.desk.logger(), shared.desk.counters());
    shared.worker.on_change([&] { thread.wake(); });
    thread.add(shared.extract([&](std::string_view cursor, const Call&) {
        ++pulls;
        return numbered(cursor, 3, 3);
    }),
               Schedule::make(Triggers{}, Time{}).value(), OnWake::sleeps_on, shared.source);
    CHECK(thread.run_once(OnWake::sleeps_on));
    CHECK(pulls == 0);
    thread.start();
    shared.given_back();
    wait_until([&] { return shared.desk.outbox(coop) == run(1, 3); });
    thread.request_stop();
    wait_until([&] { return thread.finished(); });
}

TEST_CASE("an extraction that outlived its lease commits neither readings nor cursor") {
    Shared shared;
    shared.worker.start();
    const auto job = shared.extract([&](std::string_view cursor, const Call&) {
        shared.taken_by_other(roof);
        return numbered(cursor, 3, 3);
    });
    CHECK_THROWS_AS(job->run(call()), LeaseLost);
    CHECK(shared.desk.outbox(coop).empty());
    CHECK(shared.desk.ask([](Mailboxes& m) { return m.cursor("roof"); }).empty());
}

TEST_CASE("a sink moves on only for the worker that has the right to it") {
    Shared shared;
    shared.worker.start();
    shared.desk.arrives(readings(2));
    ReceiveJob job("db", std::make_unique<ScriptedSink>([&](const senml::Pack& pack, const Call&) {
                       shared.taken_by_other(db);
                       return std::vector<Verdict>(
                           pack.size(), {.outcome = Verdict::Outcome::rejected, .reason = "no"});
                   }),
                   {{"*"}, 24h}, shared.desk.store(), shared.desk.logger(), shared.desk.counters(),
                   shared.sink);
    CHECK_THROWS_AS(job.run(call()), LeaseLost);
    CHECK(shared.desk.ask([](Mailboxes& m) { return m.delivered("db"); }) == 0);
    CHECK(shared.desk.dead().empty());
}

TEST_CASE("what another worker delivered while the app made us wait is not offered again") {
    Shared shared;
    shared.desk.arrives(readings(2));
    std::vector<std::size_t> offered;
    auto verdict = Verdict::Outcome::later;
    ReceiveJob job("db", std::make_unique<ScriptedSink>([&](const senml::Pack& pack, const Call&) {
                       offered.push_back(pack.size());
                       return std::vector<Verdict>(pack.size(), {.outcome = verdict, .reason = {}});
                   }),
                   {{"*"}, 24h}, shared.desk.store(), shared.desk.logger(), shared.desk.counters());
    CHECK_THROWS_AS(job.run(call()), Error);
    shared.desk.ask([](Mailboxes& m) { m.set_delivered("db", 1); });
    verdict = Verdict::Outcome::delivered;
    shared.desk.arrives(readings(5, 3));
    CHECK(job.run(call()) == Progress::more);
    CHECK(offered == std::vector<std::size_t>{2, 5});
    CHECK(shared.desk.ask([](Mailboxes& m) { return m.delivered("db"); }) == 2);
}

TEST_CASE("a feed runs with the worker that has the right, is asked to end when it loses it") {
    Shared shared;
    shared.taken_by_other(roof);
    shared.worker.start();
    class Line : public Feed {
      public:
        Line(std::atomic<int>& began, std::atomic<int>& ended) : began_(began), ended_(ended) {}
        void run(const Emit& emit, std::stop_token stop) override {
            emit(readings(1, ++began_), {});
            while (!stop.stop_requested()) std::this_thread::yield();
            ++ended_;
        }

      private:
        std::atomic<int>& began_;
        std::atomic<int>& ended_;
    };
    std::atomic<int> began{0};
    std::atomic<int> ended{0};
    FeedThread thread("roof", std::make_unique<Line>(began, ended), shared.outbound(), {},
                      shared.desk.store(), shared.desk.logger(), shared.source);
    thread.start();
    CHECK(began == 0);
    shared.given_back();
    wait_until([&] { return shared.desk.outbox(coop) == run(1, 1); });
    shared.taken_by_other(roof);
    wait_until([&] { return ended == 1; });
    shared.given_back();
    wait_until([&] { return shared.desk.outbox(coop) == run(1, 2); });
    thread.request_stop();
    wait_until([&] { return thread.finished(); });
}

TEST_CASE("what a feed said while it had the right is stored when a store that was away is back") {
    Shared shared;
    Worker worker({.id = {.resource = "short", .place = "here:2"}, .term = 100ms, .period = 2ms},
                  shared.desk.store(), shared.desk.logger());
    const Right right = worker.right("source roof");
    worker.start();
    std::atomic<bool> speak{false};
    std::atomic<bool> said{false};
    class Line : public Feed {
      public:
        explicit Line(std::atomic<bool>& speak, std::atomic<bool>& said)
            : speak_(speak), said_(said) {}
        void run(const Emit& emit, std::stop_token stop) override {
            while (!speak_ && !stop.stop_requested()) std::this_thread::yield();
            if (stop.stop_requested() && !speak_) return;
            if (!said_.exchange(true)) emit(readings(1), {});
            while (!stop.stop_requested()) std::this_thread::yield();
        }

      private:
        std::atomic<bool>& speak_;
        std::atomic<bool>& said_;
    };
    JobRules quick;
    quick.retry_first = quick.retry_max = 1ms;
    FeedThread thread("roof", std::make_unique<Line>(speak, said), shared.outbound(), quick,
                      shared.desk.store(), shared.desk.logger(), right);
    thread.start();
    shared.desk.faults().fail();
    speak = true;
    wait_until([&] { return said.load(); });
    wait_until([&] { return !right.held(); });
    shared.desk.faults().mend();
    wait_until([&] { return shared.desk.outbox(coop) == run(1, 1); });
    thread.request_stop();
    wait_until([&] { return thread.finished(); });
    worker.stop();
}

}  // namespace courant::test
