#include "jobs/job_thread.hpp"

#include <doctest/doctest.h>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// A job of a test's own making, and how often it ran.
class ScriptedJob : public Job {
  public:
    using Run = std::function<Progress(const Call&)>;
    ScriptedJob(std::string name, std::atomic<int>& runs, Run work)
        : name_(std::move(name)), runs_(runs), work_(std::move(work)) {}
    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override {
        const Progress progress = work_(call);
        ++runs_;
        return progress;
    }

  private:
    std::string name_;
    std::atomic<int>& runs_;
    Run work_;
};

Progress nothing(const Call&) {
    return Progress::done;
}

/// At the start of the program, and never again.
Schedule at_start() {
    return Schedule::make(Triggers{}, Time{}).value();
}

/// Not in the life of a test.
Schedule some_day() {
    Triggers triggers;
    triggers.at_start = false;
    triggers.every = 24h * 365 * 100;
    return Schedule::make(triggers, std::chrono::system_clock::now()).value();
}

JobRules quick() {
    JobRules quick;
    quick.retry_first = 1ms;
    quick.retry_max = 2ms;
    return quick;
}

/// A thread with one job or more.
struct Workshop {
    Desk desk;
    JobThread thread;

    explicit Workshop(const JobRules& how = quick())
        : thread("roof", how, desk.store(), desk.logger(), desk.counters()) {}
    void add(const std::string& name, std::atomic<int>& runs, ScriptedJob::Run work,
             Schedule schedule = at_start(), OnWake on_wake = OnWake::sleeps_on) {
        thread.add(std::make_unique<ScriptedJob>(name, runs, std::move(work)), std::move(schedule),
                   on_wake);
    }
    void end() {
        thread.request_stop();
        wait_until([&] { return thread.finished(); });
    }
    JobState state(const std::string& job) {
        return desk.ask([&](Mailboxes& m) { return m.job_state(job); }).value();
    }
};

}  // namespace

TEST_CASE("a job that has more to do is called again at once, one that is done is not") {
    std::atomic<int> runs{0}, wakes{0};
    Workshop workshop;
    workshop.add("extract roof", runs,
                 [&](const Call&) { return runs < 3 ? Progress::more : Progress::done; });
    workshop.add("clock", wakes, nothing, some_day(), OnWake::runs);
    workshop.thread.start();
    wait_until([&] { return runs == 4; });
    for (int i = 1; i <= 5; ++i) {
        workshop.thread.wake();
        wait_until([&] { return wakes > i; });
    }
    CHECK(runs == 4);
}

TEST_CASE("jobs run at the times of their schedules") {
    std::atomic<int> runs{0};
    std::atomic<std::int64_t> second{0};
    JobRules how = quick();
    how.clock = [&] { return at(second); };
    Workshop workshop(how);
    Triggers triggers;
    triggers.at_start = false;
    triggers.every = 1h;
    workshop.add("extract roof", runs, nothing, Schedule::make(triggers, at(0)).value());
    workshop.add("clock", runs, nothing, some_day());
    std::atomic<int> wakes{0};
    workshop.add("wakes", wakes, nothing, some_day(), OnWake::runs);
    const auto wake = [&] {
        const int before = wakes;
        workshop.thread.wake();
        wait_until([&] { return wakes > before; });
    };
    workshop.thread.start();
    wake();
    wake();
    CHECK(runs == 0);
    second = 3'600;
    wake();
    wait_until([&] { return runs == 1; });
    wake();
    wake();
    CHECK(runs == 1);
}

TEST_CASE("a clock that is set back by an hour stops no job") {
    for (const bool has_run : {true, false}) {
        std::atomic<int> hours_back{0};
        JobRules how = quick();
        how.clock = [&] {
            return std::chrono::system_clock::now() - std::chrono::hours(hours_back);
        };
        std::atomic<int> runs{0};
        Workshop workshop(how);
        Triggers triggers;
        triggers.at_start = has_run;
        triggers.every = 20ms;
        const auto schedule = Schedule::make(triggers, how.clock()).value();
        if (!has_run) hours_back = 1;
        workshop.add("extract roof", runs, nothing, schedule);
        workshop.thread.start();
        if (has_run) wait_until([&] { return runs == 1; });
        hours_back = 1;
        const int before = runs;
        wait_until([&] { return runs > before + 2; });
        workshop.end();
    }
}

TEST_CASE("a failure is tried again after a pause, kept in the store, and told at its two ends") {
    std::atomic<int> runs{0};
    std::atomic<int> failures{0};
    Workshop workshop;
    workshop.add("extract roof", runs, [&](const Call&) {
        if (++failures <= 3) throw Error("no route to host", Retry::worthwhile);
        return Progress::done;
    });
    workshop.thread.start();
    wait_until([&] { return runs == 1; });
    workshop.end();
    CHECK(failures == 4);
    const auto state = workshop.state("extract roof");
    CHECK(state.failures == 0);
    CHECK(state.last_error.empty());
    CHECK(state.last_success);
    CHECK(workshop.desk.counters()
              .get("courant_job_failures_total", {{"job", "extract roof"}})
              .value() == 3);
    const std::string log = workshop.desk.log();
    CHECK(log.find("no route to host") != std::string::npos);
    CHECK(log.find("no route to host") == log.rfind("no route to host"));
}

TEST_CASE("every exception is a failure of the job, and of nothing else") {
    std::atomic<int> tries{0}, runs{0}, others{0};
    Workshop workshop;
    workshop.add("bad", runs, [&](const Call&) -> Progress {
        ++tries;
        throw std::out_of_range("a bug");
    });
    workshop.add("good", others, nothing);
    workshop.thread.start();
    wait_until([&] { return tries >= 4 && others == 1; });
    workshop.end();
    CHECK(workshop.state("bad").last_error == "a bug");
    CHECK(workshop.state("bad").failures >= 3);
}

TEST_CASE("waking runs the jobs that want it, and does not cut a back-off short") {
    JobRules how = quick();
    how.retry_first = how.retry_max = 10'000h;
    std::atomic<int> tries{0}, runs{0}, wakes{0}, others{0};
    Workshop workshop(how);
    workshop.add(
        "receive db", runs,
        [&](const Call&) -> Progress {
            ++tries;
            throw Error("down", Retry::worthwhile);
        },
        some_day(), OnWake::runs);
    workshop.add("receive file", wakes, nothing, some_day(), OnWake::runs);
    workshop.add("extract", others, nothing, some_day(), OnWake::sleeps_on);
    workshop.thread.start();
    wait_until([&] { return wakes == 1; });
    for (int i = 1; i <= 20; ++i) {
        workshop.thread.wake();
        wait_until([&] { return wakes > i; });
    }
    CHECK(tries == 1);
    CHECK(others == 0);
}

TEST_CASE("no job runs twice at once, however it is woken") {
    std::atomic<int> inside{0}, most{0}, runs{0}, others{0};
    Workshop workshop;
    const auto work = [&](const Call&) {
        most = std::max(most.load(), ++inside);
        std::this_thread::yield();
        --inside;
        return runs % 3 == 0 ? Progress::more : Progress::done;
    };
    workshop.add("one", runs, work, at_start(), OnWake::runs);
    workshop.add("two", others, work, at_start(), OnWake::runs);
    workshop.thread.start();
    std::vector<std::thread> wakers;
    for (int i = 0; i < 3; ++i)
        wakers.emplace_back([&] {
            while (runs < 200) workshop.thread.wake();
        });
    for (auto& waker : wakers) waker.join();
    workshop.end();
    CHECK(most == 1);
}

TEST_CASE("what is remembered of a job survives the end of the program") {
    Desk desk;
    const auto fail_once = [&] {
        std::atomic<int> runs{0};
        JobThread thread("roof", quick(), desk.store(), desk.logger(), desk.counters());
        thread.add(std::make_unique<ScriptedJob>(
                       "extract roof", runs,
                       [](const Call&) -> Progress { throw Error("away", Retry::worthwhile); }),
                   at_start(), OnWake::sleeps_on);
        CHECK_FALSE(thread.run_once(OnWake::sleeps_on));
    };
    fail_once();
    desk.reopen();
    fail_once();
    desk.reopen();
    const auto state = desk.ask([](Mailboxes& m) { return m.job_state("extract roof"); });
    REQUIRE(state);
    CHECK(state->failures == 2);
    CHECK(state->last_error == "away");
    CHECK(state->last_start);
}

TEST_CASE("a time that passed while the program was down is made up for, once") {
    Desk desk;
    Triggers daily;
    daily.at_start = false;
    daily.every = 24h;
    JobRules how = quick();
    std::atomic<int> runs{0}, wakes{0};
    const auto run_on = [&](int day) {
        how.clock = [=] { return at(std::int64_t{86'400} * day); };
        JobThread thread("roof", how, desk.store(), desk.logger(), desk.counters());
        thread.add(std::make_unique<ScriptedJob>("extract roof", runs, nothing),
                   Schedule::make(daily, how.clock()).value(), OnWake::sleeps_on);
        thread.add(std::make_unique<ScriptedJob>("clock", wakes, nothing), some_day(),
                   OnWake::runs);
        thread.start();
        for (int i = 0; i < 3; ++i) {
            const int before = wakes;
            thread.wake();
            wait_until([&] { return wakes > before; });
        }
        thread.request_stop();
        wait_until([&] { return thread.finished(); });
    };
    desk.ask([](Mailboxes& m) {
        JobState state;
        state.job = "extract roof";
        state.last_start = at(0);
        m.set_job_state(state);
    });
    run_on(5);
    CHECK(runs == 1);
    run_on(5);
    CHECK(runs == 1);
    run_on(6);
    CHECK(runs == 2);
}

TEST_CASE("a job is told by when it must be over, and when the program stops") {
    JobRules how = quick();
    how.timeout = 5min;
    std::atomic<int> runs{0};
    std::atomic<bool> started{false};
    Workshop workshop(how);
    std::chrono::steady_clock::duration allowed{};
    workshop.add("extract roof", runs, [&](const Call& call) {
        allowed = call.deadline - std::chrono::steady_clock::now();
        started = true;
        while (!call.stop.stop_requested()) std::this_thread::yield();
        return Progress::done;
    });
    workshop.thread.start();
    wait_until([&] { return started.load(); });
    workshop.end();
    CHECK(allowed > 4min);
    CHECK(allowed <= 5min);
}

TEST_CASE("a call that hangs is seen, and can be left behind") {
    std::atomic<bool> stuck{false}, let_go{false};
    std::atomic<int> runs{0};
    Workshop workshop;
    workshop.add("extract roof", runs, [&](const Call&) {
        stuck = true;
        let_go.wait(false);
        return Progress::done;
    });
    CHECK_FALSE(workshop.thread.running());
    workshop.thread.start();
    wait_until([&] { return stuck.load(); });
    const auto call = workshop.thread.running();
    REQUIRE(call);
    CHECK(call->job == "extract roof");
    wait_until([&] { return workshop.thread.running()->lasts > 5ms; });
    workshop.thread.request_stop();
    CHECK_FALSE(workshop.thread.finished());
    workshop.thread.abandon();
    let_go = true;
    let_go.notify_all();
    wait_until([&] { return workshop.thread.finished(); });
    CHECK_FALSE(workshop.thread.running());
}

TEST_CASE("run_once runs the jobs of one kind until they have no more to do") {
    std::atomic<int> extracts{0}, receives{0};
    Workshop workshop;
    workshop.add("extract", extracts,
                 [&](const Call&) { return extracts < 4 ? Progress::more : Progress::done; });
    workshop.add("receive", receives, nothing, some_day(), OnWake::runs);
    CHECK(workshop.thread.run_once(OnWake::sleeps_on));
    CHECK(extracts == 5);
    CHECK(receives == 0);
    CHECK(workshop.thread.run_once(OnWake::runs));
    CHECK(receives == 1);
}

TEST_CASE("a stop ends run_once between two calls, and the call is told of it") {
    std::atomic<int> extracts{0}, others{0};
    std::stop_source stop;
    Workshop workshop;
    workshop.add("extract", extracts, [&](const Call& call) {
        if (extracts == 2) stop.request_stop();
        CHECK(call.stop.stop_requested() == (extracts == 2));
        return Progress::more;
    });
    workshop.add("other", others, nothing);
    CHECK_FALSE(workshop.thread.run_once(OnWake::sleeps_on, stop.get_token()));
    CHECK(extracts == 3);
    CHECK(others == 0);
}

TEST_CASE("a store that fails does not stop the jobs that do not need it") {
    std::atomic<int> runs{0};
    Workshop workshop;
    workshop.add("job", runs, nothing, at_start(), OnWake::runs);
    workshop.desk.faults().fail();
    workshop.thread.start();
    for (int i = 1; i <= 5; ++i) {
        workshop.thread.wake();
        wait_until([&] { return runs > i; });
    }
    workshop.desk.faults().mend();
    workshop.end();
}
