// Several workers on one store, as PostgreSQL allows it. Leases are the same in every store, so
// that a file will do here.
#include "jobs/worker.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <sstream>

#include "tests/unit/jobs/desk.hpp"

using namespace std::chrono_literals;

namespace courant::test {
namespace {

// A worker with its own connection to the store.
class Colleague {
  public:
    Colleague(const SqliteHome& home, const std::string& name, const std::vector<std::string>& able,
              std::chrono::milliseconds term = 60s)
        : store_(std::make_unique<FaultyStore>(home.open_shared(), faults_)),
          worker_({.id = {.resource = name, .place = "here:1"}, .term = term, .period = 5ms},
                  store_, {LogLevel::info, LogFormat::text, log_}) {
        for (const auto& what : able) rights_[what] = worker_.right(what);
        worker_.on_change([this] { ++changes_; });
    }

    Worker& worker() { return worker_; }
    StoreThread& store() { return store_; }
    StoreFaults& faults() { return faults_; }
    const Right& right(const std::string& what) { return rights_.at(what); }
    bool holds(const std::string& what) { return worker_.holds(what); }
    int changes() const { return changes_; }

  private:
    StoreFaults faults_;
    std::ostringstream log_;
    StoreThread store_;
    Worker worker_;
    std::map<std::string, Right> rights_;
    std::atomic<int> changes_{0};
};

std::vector<std::string> lanes_of(StoreThread& store, int peers) {
    return store.ask([&](Mailboxes& m) {
        std::vector<std::string> lanes;
        for (int i = 0; i < peers; ++i) {
            const auto to = address("p" + std::to_string(i) + "@coop.example");
            lanes.push_back("lane " + m.enqueue({to, {}, "x", 1}, at(0)).first.value);
        }
        return lanes;
    });
}

// A worker of this machine whose process is over.
std::string ended_worker() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    std::string text = WorkerId::of_this_process("courant").text();
    const auto own = std::to_string(getpid());
    return text.replace(text.find(":" + own + ":") + 1, own.size(), std::to_string(child));
}

const std::vector<std::string> both{"source roof", "source cellar"};

}  // namespace

TEST_CASE("the only one on its store holds everything and asks nobody") {
    const auto worker = Worker::alone();
    const Right right = worker->right("source roof");
    worker->start();
    CHECK(right.held());
    CHECK(worker->holds("lane L"));
    CHECK(worker->id().empty());
    CHECK(right.wait({}));
    worker->stop();
    CHECK(Right().held());
}

TEST_CASE("whoever was killed on this machine is followed at once, whoever lives is not") {
    std::string gone = ended_worker();
    CHECK(WorkerId::is_gone(gone));
    CHECK_FALSE(WorkerId::is_gone(WorkerId::of_this_process("courant").text()));
    CHECK_FALSE(WorkerId::is_gone(gone.replace(gone.find('@') + 1, 1, "another")));
    CHECK_FALSE(WorkerId::is_gone("courant-1@elsewhere"));
    CHECK_FALSE(WorkerId::is_gone(""));
}

TEST_CASE("the leases of one that was killed on this machine are free for the next at its start") {
    const SqliteHome home;
    const std::string gone = ended_worker();
    Colleague one(home, "one", both);
    one.store().ask([&](Mailboxes& m) {
        const auto now = std::chrono::system_clock::now();
        m.hold(std::vector<std::string>{"worker " + gone, both[0]}, gone, 1h, now);
        m.hold(std::vector<std::string>{"worker two@here:2", both[1]}, "two@here:2", 1h, now);
        m.set_note(Worker::session_note(gone), "online");
    });
    SUBCASE("as the store is there") {
        one.worker().start();
        CHECK(one.right(both[0]).held());
    }
    SUBCASE("as soon as the store is there") {
        one.faults().fail();
        one.worker().start();
        one.faults().mend();
        CHECK(one.right(both[0]).wait({}));
    }
    CHECK_FALSE(one.right(both[1]).held());
    CHECK(
        one.store().ask([&](Mailboxes& m) { return m.note(Worker::session_note(gone)); }).empty());
}

TEST_CASE("what was somebody else's for a while, unnoticed, is held in a new tenure") {
    const SqliteHome home;
    Colleague one(home, "one", both);
    one.worker().start();
    const auto token = one.right("source roof").wait({});
    REQUIRE(token);
    const auto roof = one.worker().tenure("source roof");
    const auto cellar = one.worker().tenure("source cellar");
    REQUIRE(roof);
    CHECK(one.worker().tenure("source attic") == std::nullopt);
    one.store().ask([&](Mailboxes& m) {
        m.release("source roof", one.worker().id());
        m.hold(std::vector<std::string>{"source roof"}, "other@there:3", 1h,
               std::chrono::system_clock::now());
        m.release_all("other@there:3");
    });
    wait_until([&] { return token->stop_requested(); });
    wait_until([&] { return one.holds("source roof"); });
    CHECK(one.worker().tenure("source roof") != roof);
    CHECK(one.worker().tenure("source cellar") == cellar);
}

TEST_CASE("a worker holds what it can do from its start, and what comes, and gives it back") {
    const SqliteHome home;
    Colleague one(home, "one", both);
    const auto lanes = lanes_of(one.store(), 3);
    one.worker().start();
    for (const auto& what : both) CHECK(one.right(what).held());
    for (const auto& lane : lanes) CHECK(one.holds(lane));
    CHECK_FALSE(one.holds("source other"));
    const auto more = lanes_of(one.store(), 4).back();
    CHECK_FALSE(one.holds(more));
    one.worker().hurry();
    wait_until([&] { return one.holds(more); });
    const auto token = one.right("source roof").wait({});
    REQUIRE(token);
    one.worker().stop();
    CHECK_FALSE(one.right("source roof").held());
    CHECK(token->stop_requested());
    CHECK(one.store().ask([](Mailboxes& m) { return m.leases({}); }).empty());
}

TEST_CASE("a second worker takes its share, and all of it when the first one stops") {
    const SqliteHome home;
    Colleague one(home, "one", both);
    const auto lanes = lanes_of(one.store(), 6);
    one.worker().start();
    Colleague two(home, "two", both);
    two.worker().start();
    const auto count = [&](Colleague& of) {
        return std::count_if(lanes.begin(), lanes.end(),
                             [&](const auto& lane) { return of.holds(lane); });
    };
    wait_until([&] { return count(two) == 3 && count(one) == 3; });
    wait_until([&] {
        return one.holds("source roof") + one.holds("source cellar") == 1 &&
               two.holds("source roof") + two.holds("source cellar") == 1;
    });
    for (const auto& lane : lanes) {
        CHECK(one.holds(lane) != two.holds(lane));
        const auto holder = one.holds(lane) ? "one" : "two";
        wait_until([&] { return one.worker().resource_of_holder(lane) == holder; });
        wait_until([&] { return two.worker().resource_of_holder(lane) == holder; });
    }
    one.worker().stop();
    wait_until([&] { return count(two) == 6; });
    CHECK(two.holds("source roof"));
    CHECK(two.holds("source cellar"));
    CHECK(two.changes() > 0);
}

TEST_CASE("a worker that is configured for less gets less") {
    const SqliteHome home;
    Colleague one(home, "one", both);
    one.worker().start();
    Colleague two(home, "two", {});
    two.worker().start();
    const auto lanes = lanes_of(one.store(), 2);
    one.worker().hurry();
    two.worker().hurry();
    wait_until([&] { return two.holds(lanes[0]) || two.holds(lanes[1]); });
    CHECK(one.right("source roof").held());
    CHECK(one.right("source cellar").held());
}

TEST_CASE("who goes without a word is followed when its leases have run out, and not before") {
    const SqliteHome home;
    const std::vector<std::string> roof{"source roof"};
    Colleague two(home, "two", roof);
    // As a worker that was killed leaves them.
    two.store().ask([&](Mailboxes& m) {
        const auto now = std::chrono::system_clock::now();
        m.hold(std::vector<std::string>{"worker dead@there:2", "able dead@there:2 source roof",
                                        "source roof"},
               "dead@there:2", 300ms, now);
    });
    two.worker().start();
    CHECK_FALSE(two.right("source roof").held());
    const auto token = two.right("source roof").wait({});
    CHECK(token);
    CHECK(two.right("source roof").held());
    two.store().ask([&](Mailboxes& m) { two.right("source roof").insist(m); });
}

TEST_CASE(
    "a worker whose store is away stops believing in its leases, and is stopped by the store") {
    const SqliteHome home;
    Colleague one(home, "one", both, 200ms);
    one.worker().start();
    const auto token = one.right("source roof").wait({});
    REQUIRE(token);
    CHECK_FALSE(token->stop_requested());
    one.faults().fail();
    wait_until([&] { return !one.right("source roof").held(); });
    wait_until([&] { return token->stop_requested(); });
    one.faults().mend();
    CHECK(one.right("source roof").wait({}));

    std::stop_source given_up;
    given_up.request_stop();
    one.faults().fail();
    wait_until([&] { return !one.right("source roof").held(); });
    CHECK_FALSE(one.right("source roof").wait(given_up.get_token()));
    one.faults().mend();
}

TEST_CASE("under a lease that is another's nothing is committed, whatever the worker believes") {
    const SqliteHome home;
    Colleague one(home, "one", both);
    one.worker().start();
    one.store().ask([&](Mailboxes& m) {
        m.release("source roof", one.worker().id());
        m.hold(std::vector<std::string>{"source roof"}, "other@there:3", 1h,
               std::chrono::system_clock::now());
    });
    CHECK_THROWS_AS(one.store().ask([&](Mailboxes& m) {
        m.set_cursor("roof", "1");
        one.right("source roof").insist(m);
    }),
                    LeaseLost);
    CHECK(one.store().ask([](Mailboxes& m) { return m.cursor("roof"); }).empty());
    wait_until([&] { return !one.right("source roof").held(); });
}

TEST_CASE("the sessions of workers that are long gone are forgotten") {
    const SqliteHome home;
    Colleague one(home, "one", {});
    one.store().ask([](Mailboxes& m) {
        m.hold(std::vector<std::string>{"worker dead@there:2"}, "dead@there:2", 1s, at(0));
        m.set_note(Worker::session_note("dead@there:2"), "online");
        m.set_note(Worker::session_note("live@there:2"), "online");
    });
    one.worker().start();
    CHECK(one.store()
              .ask([](Mailboxes& m) { return m.note(Worker::session_note("dead@there:2")); })
              .empty());
    CHECK_FALSE(one.store()
                    .ask([](Mailboxes& m) { return m.note(Worker::session_note("live@there:2")); })
                    .empty());
}

TEST_CASE("a worker's resource is found in its id") {
    const auto id = WorkerId::of_this_process("courant");
    CHECK(WorkerId::resource_in(id.text()) == id.resource);
    CHECK(id.resource.starts_with("courant-"));
    CHECK(id.resource != WorkerId::of_this_process("courant").resource);
    CHECK(WorkerId::resource_in("a@b@host:1") == "a@b");
}

}  // namespace courant::test
