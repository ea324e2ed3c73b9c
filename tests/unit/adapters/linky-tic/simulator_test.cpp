// The simulated meter: a whole day read through the adapter, and a clean end.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "adapters/linky-tic/simulator/household.hpp"
#include "adapters/linky-tic/simulator/meter_output.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/adapters/linky-tic/bench_meter.hpp"

using namespace courant;
using namespace courant::linky;
using namespace courant::test;

namespace {

// The simulator as a process; ended with this.
class Simulator {
  public:
    explicit Simulator(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), COURANT_LINKY_SIMULATOR);
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            std::vector<char*> pointers;
            for (auto& argument : arguments) pointers.push_back(argument.data());
            pointers.push_back(nullptr);
            ::dup2(ends[1], STDOUT_FILENO);
            ::execv(pointers[0], pointers.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) device += c;
        ::close(ends[0]);
    }
    ~Simulator() {
        if (child_ > 0) end(SIGKILL);
    }
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    // Sends a signal (0: none) and waits; the exit status, or -1.
    int end(int signal) {
        int status = 0;
        if (signal != 0) ::kill(child_, signal);
        ::waitpid(std::exchange(child_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::string device;

  private:
    pid_t child_ = 0;
};

}  // namespace

TEST_CASE(
    "the synthetic household draws 7 to 20 kWh a day, the same each time, and the meter counts "
    "it") {
    const auto start = senml::from_unix_seconds(1'768'435'200);
    Household a(start, 0);
    Household b(start, 0);
    a.advance(start + std::chrono::hours{24});
    for (int minute = 1; minute <= 1440; ++minute) b.advance(start + std::chrono::minutes{minute});
    CHECK(a.watt_hours() > 7'000);
    CHECK(a.watt_hours() < 20'000);
    CHECK(a.watt_hours() == doctest::Approx(b.watt_hours()));
}

TEST_CASE("simulated frames have right checksums and the season's time") {
    CHECK(horodate_of(senml::from_unix_seconds(1'790'172'639)) == "E260923161039");
    CHECK(horodate_of(senml::from_unix_seconds(1'553'353'839)) == "H190323161039");
    for (const auto mode : {Mode::historique, Mode::standard}) {
        const auto frames =
            frames_of(frame_of(Household(senml::from_unix_seconds(1'768'435'200), 5), mode));
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].bad.empty());
        CHECK(frames[0].groups.size() >= 10);
    }
}

TEST_CASE(
    "a whole simulated day comes through the adapter: 1440 minutes, the load curve, a growing "
    "index") {
    const TempDir folder;
    Simulator simulator({"--link", (folder / "meter").string(), "--mode", "standard", "--start",
                         "2026-01-15T00:00:00Z", "--interval-seconds", "60", "--frames", "1440",
                         "--speedup", "0"});
    CHECK(simulator.device == folder / "meter");
    const auto feed = linky_tic_adapter().feed(linky_settings({{"device", simulator.device}}));
    std::set<senml::Time> minutes;
    std::set<senml::Time> curve;
    std::size_t refused_count = 0;
    double last_index = 0;
    std::stop_source stop;
    feed->run(
        [&](senml::Pack readings, std::vector<Refused> refused) {
            refused_count += refused.size();
            for (const auto& record : readings.records()) {
                const auto name = readings.name(record.name);
                if (name.ends_with("/power/apparent")) minutes.insert(record.time);
                if (name.ends_with("/power/drawn")) curve.insert(record.time);
                if (name.ends_with("/index/drawn")) {
                    CHECK(record.number >= last_index);
                    last_index = record.number;
                }
            }
            if (minutes.size() == 1440) stop.request_stop();
        },
        stop.get_token());
    CHECK(minutes.size() == 1440);
    CHECK(*minutes.begin() == senml::from_unix_seconds(1'768'435'200));
    CHECK(*minutes.rbegin() == senml::from_unix_seconds(1'768'435'200 + 1439 * 60));
    CHECK(curve.size() == 49);  // the two before midnight, and 47 that end within the day
    CHECK(refused_count == 0);
    CHECK(simulator.end(0) == 0);
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(folder / "meter")));
}

TEST_CASE("SIGTERM ends the simulator cleanly, also while nobody reads") {
    const TempDir folder;
    Simulator simulator(
        {"--link", (folder / "meter").string(), "--mode", "historique", "--speedup", "0"});
    CHECK(std::filesystem::is_symlink(folder / "meter"));
    CHECK(simulator.end(SIGTERM) == 0);
    CHECK_FALSE(std::filesystem::is_symlink(folder / "meter"));
}

TEST_CASE("the simulator tells wrong options from other faults") {
    Simulator unknown({"--colour", "red"});
    CHECK(unknown.end(0) == 2);
    Simulator wrong({"--mode", "modern"});
    CHECK(wrong.end(0) == 1);
}
