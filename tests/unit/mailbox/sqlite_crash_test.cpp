// Crashes, and what a backlog costs: everything here happens in processes of its own or at length.
#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <string>

#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {
namespace {

// A child process that works on a store and reports through a pipe, until it is killed.
class Child {
  public:
    template <class F>
    explicit Child(F work) {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
        pid_ = fork();
        if (pid_ == 0) {
            close(ends[0]);
            work(ends[1]);
            _exit(0);
        }
        close(ends[1]);
        reports_ = ends[0];
    }
    ~Child() {
        kill();
        close(reports_);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// The next report; 0 when the child is gone.
    std::int64_t report() const {
        std::int64_t value = 0;
        return read(reports_, &value, sizeof value) == sizeof value ? value : 0;
    }
    pid_t pid() const { return pid_; }
    /// kill -9, and waits until it has happened.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

  private:
    pid_t pid_ = 0;
    int reports_ = -1;
};

void tell(int pipe, std::int64_t value) {
    if (write(pipe, &value, sizeof value) != sizeof value) _exit(1);
}

// Commits small groups for ever; reports the last number of each when it is durable.
void commit_for_ever(const SqliteHome& home, int pipe) {
    const auto store = home.open({});
    for (;;) {
        Seq last = 0;
        store->commit([&](Mailboxes& m) {
            for (int i = 0; i < 3; ++i)
                last =
                    m.enqueue(outgoing("bmhs@coop.example", std::string(700, 'x')), at(0)).second;
            m.set_cursor("roof", std::to_string(last));
            for (Seq seq = last - 2; seq <= last; ++seq) m.take_in(incoming(seq), at(0));
        });
        tell(pipe, last);
    }
}

std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_measurable = false;
#else
constexpr bool memory_is_measurable = true;
#endif

}  // namespace

TEST_CASE("kill -9 at any moment: what was committed is there, and whole") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    const SqliteHome home;
    Seq before = 0;
    for (int round = 0; round < 20; ++round) {
        Seq reported = before;
        {
            Child child([&](int pipe) { commit_for_ever(home, pipe); });
            const auto reports = std::uniform_int_distribution<int>(1, 40)(random);
            for (int i = 0; i < reports; ++i) reported = child.report();
            // Somewhere inside one of the next commits.
            const auto moment =
                std::chrono::steady_clock::now() +
                std::chrono::microseconds(std::uniform_int_distribution<int>(0, 1000)(random));
            while (std::chrono::steady_clock::now() < moment) {
            }
            child.kill();
            for (auto more = child.report(); more != 0; more = child.report()) reported = more;
        }
        const auto store = home.open({});
        store->read([&](Mailboxes& m) {
            const auto lane = m.outgoing_lanes().at(0);
            CHECK(lane.next > reported);
            CHECK(lane.next <= reported + 4);
            CHECK(m.cursor("roof") == std::to_string(lane.next - 1));
            CHECK(numbers(m.outbox(lane.lane, 0, everything)) == run(1, lane.next - 1));
            CHECK(numbers(m.inbox(0, everything)) == run(1, lane.next - 1));
            CHECK(m.incoming_lanes().at(0).next == lane.next);
            before = lane.next - 1;
        });
    }
    SQLite::Database database(home.path().string(), SQLite::OPEN_READONLY);
    CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("the lock names the process that runs and dies with it") {
    const SqliteHome home;
    Child child([&](int pipe) {
        const auto store = home.open({});
        tell(pipe, 1);
        for (;;) pause();
    });
    REQUIRE(child.report() == 1);
    std::string complaint;
    try {
        home.open({});
    } catch (const StoreError& error) {
        complaint = error.what();
    }
    CHECK(complaint.find("process " + std::to_string(child.pid()) + " runs on this store") !=
          std::string::npos);
    CHECK_NOTHROW(home.open_shared());
    child.kill();
    CHECK_NOTHROW(home.open({}));
}

TEST_CASE("a backlog of 200,000 messages costs no memory, and the log stays small") {
    constexpr std::int64_t backlog = 200'000;
    constexpr std::int64_t bound = std::int64_t{24} << 20;
    const SqliteHome home;
    const auto store = home.open({});
    malloc_trim(0);  // or what earlier tests left free would hide what this one takes
    const auto start = resident_bytes();
    LaneId lane;
    for (std::int64_t i = 0; i < backlog; i += 1000)
        lane = fill(*store, "bmhs@coop.example", 1000, std::string(300, 'x'));
    std::uintmax_t log = std::filesystem::file_size(home.path().string() + "-wal");
    std::int64_t peak = resident_bytes();
    Seq seen = 0;
    for (;;) {
        const auto page = commit(*store, [&](Mailboxes& m) {
            m.acknowledge(lane, seen);
            return m.outbox(lane, seen, {1000, PageLimit{}.bytes});
        });
        if (page.empty()) break;
        CHECK(page.front().seq == seen + 1);
        seen = page.back().seq;
        peak = std::max(peak, resident_bytes());
        log = std::max(log, std::filesystem::file_size(home.path().string() + "-wal"));
    }
    CHECK(seen == backlog);
    CHECK(log < std::uintmax_t{16} << 20);
    MESSAGE("grew by ", (peak - start) >> 10, " KiB; longest log ", log >> 10, " KiB");
    if (memory_is_measurable) CHECK(peak - start < bound);
}

}  // namespace courant::test
