// Killed at any moment and delivered again: nothing lost, nothing doubled, never half a wide file.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;

namespace {

constexpr int pack_count = 40;

// Pack `i`; every fifth brings an old time once more with another value.
senml::Pack pack(int i) {
    senml::Pack pack;
    const auto name = pack.intern_name(power_senml);
    const auto watt = pack.intern_unit("W");
    for (int k = 0; k < 50; ++k)
        pack.add(name, watt, senml::from_unix_seconds(1'600'000'000 + i * 50 + k), i * 50 + k);
    if (i % 5 == 4)
        pack.add(name, watt, senml::from_unix_seconds(1'600'000'000 + (i - 2) * 50), -i);
    return pack;
}

void deliver_all(const std::filesystem::path& folder, const Given& given) {
    const auto sink = csv_sink(folder, given);
    for (int i = 0; i < pack_count; ++i) sink->deliver(pack(i), call_now());
}

void deliver_until_killed(const std::filesystem::path& folder, const Given& given,
                          std::chrono::microseconds life) {
    const pid_t child = ::fork();
    if (child == 0) {
        deliver_all(folder, given);
        ::_exit(0);
    }
    REQUIRE(child > 0);
    ::usleep(static_cast<useconds_t>(life.count()));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

void survives_kills(const Given& given, const std::string& file_name) {
    const TempDir undisturbed;
    deliver_all(undisturbed.path(), given);
    const auto expected = content(undisturbed / file_name);
    REQUIRE(std::count(expected.begin(), expected.end(), '\n') == pack_count * 50 + 1);
    std::minstd_rand random(7);
    for (int round = 0; round < 12; ++round) {
        const TempDir folder;
        for (int kill = 0; kill < 3; ++kill)
            deliver_until_killed(folder.path(), given,
                                 std::chrono::microseconds{random() % 20'000});
        const auto left = content(folder / file_name);
        if (file_name == "readings.csv") CHECK((left.empty() || left.back() == '\n'));
        deliver_all(folder.path(), given);
        CHECK(content(folder / file_name) == expected);
    }
}

}  // namespace

TEST_CASE(
    "layout series: killed at any moment, delivered again, the files are as if nothing had "
    "happened") {
    survives_kills({}, "town@lorient.example+school@lorient.example+power.csv");
}

TEST_CASE(
    "layout wide: killed at any moment, delivered again, the file is as if nothing had happened") {
    survives_kills({{"layout", "wide"}}, "readings.csv");
}
