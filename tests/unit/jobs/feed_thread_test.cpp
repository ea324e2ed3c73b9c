#include "jobs/feed_thread.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// A feed of a test's own making.
class ScriptedFeed : public Feed {
  public:
    using Run = std::function<void(const Emit&, const std::stop_token&)>;
    explicit ScriptedFeed(Run work) : work_(std::move(work)) {}
    void run(const Emit& emit, std::stop_token stop) override { work_(emit, stop); }

  private:
    Run work_;
};

/// What a feed does until it is asked to stop.
void wait_for(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
}

struct Meter {
    Desk desk;
    std::unique_ptr<FeedThread> thread;

    Meter() { desk.subscribe(subscription(coop)); }
    ~Meter() { desk.faults().mend(); }
    void feeds(ScriptedFeed::Run work, std::chrono::milliseconds retry = 1ms) {
        JobRules how;
        how.retry_first = how.retry_max = retry;
        thread =
            std::make_unique<FeedThread>("meter", std::make_unique<ScriptedFeed>(std::move(work)),
                                         desk.outbound(), how, desk.store(), desk.logger());
        thread->start();
    }
    void end() {
        thread->request_stop();
        wait_until([&] { return thread->finished(); });
    }
    JobState state() {
        return desk.ask([](Mailboxes& m) { return m.job_state("feed meter"); })
            .value_or(JobState{});
    }
};

}  // namespace

TEST_CASE("what a feed emits is in the outbox when emit returns") {
    Meter meter;
    std::atomic<int> durable{0};
    meter.feeds([&](const Emit& emit, const std::stop_token& stop) {
        for (int i = 1; i <= 10; ++i) {
            emit(readings(1, i), {});
            if (meter.desk.outbox(coop).size() == static_cast<std::size_t>(i)) ++durable;
        }
        wait_for(stop);
    });
    wait_until([&] { return meter.desk.outbox(coop).size() == 10; });
    meter.end();
    CHECK(durable == 10);
    CHECK(meter.desk.outbox(coop) == run(1, 10));
    CHECK(meter.state().last_success);
}

TEST_CASE("what a feed found and could not use is a dead letter") {
    Meter meter;
    meter.feeds([](const Emit& emit, const std::stop_token& stop) {
        emit({}, {{"group PAPP", "wrong checksum", "PAPP 00750 X"}});
        wait_for(stop);
    });
    wait_until([&] { return meter.desk.dead().size() == 1; });
    CHECK(meter.desk.dead()[0].whom == "roof");  // the outbound of the desk has that name
    CHECK(meter.desk.dead()[0].payload == "PAPP 00750 X");
    meter.end();
}

TEST_CASE("while the store fails emit waits, and nothing is lost") {
    Meter meter;
    std::atomic<int> emitted{0};
    meter.desk.faults().fail();
    meter.feeds([&](const Emit& emit, const std::stop_token& stop) {
        for (int i = 1; i <= 3; ++i) {
            emit(readings(1, i), {});
            ++emitted;
        }
        wait_for(stop);
    });
    wait_until([&] { return meter.desk.faults().failures() >= 3; });
    CHECK(emitted == 0);
    meter.desk.faults().mend();
    wait_until([&] { return emitted == 3; });
    meter.end();
    CHECK(meter.desk.outbox(coop) == run(1, 3));
    CHECK(meter.desk.log().find("the disk is full") != std::string::npos);
}

TEST_CASE("a feed that waits for the store can be stopped") {
    Meter meter;
    meter.desk.faults().fail();
    meter.feeds([&](const Emit& emit, const std::stop_token&) { emit(readings(1), {}); }, 10'000h);
    wait_until([&] { return meter.desk.faults().failures() >= 1; });
    meter.end();
}

TEST_CASE("a feed that ends is begun again, with its failures counted until it emits") {
    Meter meter;
    std::atomic<int> runs{0};
    meter.feeds([&](const Emit& emit, const std::stop_token& stop) {
        if (++runs <= 3) throw Error("the line is dead", Retry::worthwhile);
        if (runs == 4) {
            wait_until([&] { return meter.state().failures == 3; });
            CHECK(meter.state().last_error == "the line is dead");
            emit(readings(1), {});
        }
        wait_for(stop);
    });
    wait_until([&] { return meter.desk.outbox(coop).size() == 1; });
    wait_until([&] { return meter.state().failures == 0; });
    CHECK(meter.state().last_error.empty());
    meter.end();
    CHECK(runs == 4);
}

TEST_CASE("a feed that returns without an error is begun again too") {
    Meter meter;
    std::atomic<int> runs{0};
    meter.feeds([&](const Emit&, const std::stop_token&) { ++runs; });
    wait_until([&] { return runs >= 3; });
    meter.end();
}
