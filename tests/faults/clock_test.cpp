// The machine's clock set forward and back by an hour, at random moments, under the real program:
// libfaketime gives each proxy a clock of its own that a file sets. What people call the time
// leaps; the monotonic clock, as on a real machine, does not.
//
//     COURANT_FAULT_SEED=…  COURANT_FAULT_LEAPS=100
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <thread>

#include "tests/faults/feeder.hpp"
#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif

std::filesystem::path faketime() {
    const std::filesystem::path places[] = {"/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                            "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
                                            "/usr/lib/faketime/libfaketime.so.1"};
    for (const auto& place : places)
        if (std::filesystem::exists(place)) return place;
    return {};
}

/// A proxy's clock, which runs some hours ahead: never behind, where the test's own certificates
/// would not be valid yet.
class Leaping {
  public:
    explicit Leaping(Proxy& proxy) : proxy_(proxy), file_(proxy / "clock") { show(); }

    void start() {
        proxy_.start({"env", "LD_PRELOAD=" + faketime().string(),
                      "FAKETIME_TIMESTAMP_FILE=" + file_.string(), "FAKETIME_NO_CACHE=1",
                      "FAKETIME_DONT_FAKE_MONOTONIC=1"});
    }
    /// An hour forward or back.
    void leap(std::mt19937& random) {
        ahead_ += ahead_ == 1                             ? 1
                  : ahead_ == 3                           ? -1
                  : std::bernoulli_distribution()(random) ? 1
                                                          : -1;
        show();
    }

  private:
    // In one step, so that nobody reads half of it.
    void show() const {
        auto next = file_;
        next += ".next";
        write_file(next, fmt::format("+{}h\n", ahead_));
        std::filesystem::rename(next, file_);
    }

    Proxy& proxy_;
    std::filesystem::path file_;
    int ahead_ = 2;
};

}  // namespace

TEST_CASE("clocks that leap by an hour: schedules go on, everything arrives once, nothing waits") {
    if (!servers_installed()) return;
    if (faketime().empty() || instrumented) {
        MESSAGE("skipped: " << (instrumented ? "a sanitizer and libfaketime do not go together"
                                             : "faketime is not installed"));
        return;
    }
    const auto seed = seed_of_this_run();
    std::mt19937 random(seed);
    const int leaps = static_cast<int>(asked("COURANT_FAULT_LEAPS", std::int64_t{12}));
    Stage stage;
    stage.write_files();
    Ledger ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2);
    stage.publish({&ledger}, "100ms");
    Leaping home(stage.home);
    Leaping coop(stage.coop);
    home.start();
    coop.start();
    Feeder feeder(ledger, milliseconds(20), [](Ledger& source) { source.grow(2); });
    REQUIRE(stage.wait_for(10));

    double slowest = 0;
    for (int i = 0; i < leaps; ++i) {
        std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution(0, 300)(random)));
        (std::bernoulli_distribution()(random) ? home : coop).leap(random);
        const auto then = Clock::now();
        // What is measured from now on.
        REQUIRE(stage.wait_for(feeder.readings() + 10));
        slowest = std::max(slowest, seconds_since(then));
    }
    feeder.stop();
    REQUIRE(stage.wait_for(ledger.readings()));
    CHECK(stage.wait_for_receipts());
    CHECK(wait_until([&] { return stage.filed_readings() >= ledger.readings(); }));
    CHECK(stage.home.status()["dead"] == 0);
    CHECK(stage.coop.status()["dead"] == 0);
    const Audit audit = stage.audit(ledger);
    CHECK(audit == ledger.all_once());
    CHECK(stage.filed_readings() == ledger.readings());
    tell("clock", fmt::format("{} leaps by an hour: {} readings, lost {}, twice {}, out of order "
                              "{}; the slowest new readings after a leap took {:.1f} s; seed {}",
                              leaps, ledger.readings(), audit.lost, audit.twice, audit.disorder,
                              slowest, seed));
}
