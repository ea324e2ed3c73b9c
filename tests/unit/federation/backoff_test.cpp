#include "proxy-core/federation/backoff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using courant::Backoff;
using namespace std::chrono_literals;

TEST_CASE("the ceiling doubles with every attempt and stays at the maximum") {
    CHECK(Backoff::ceiling(500ms, 60s, 0) == 500ms);
    CHECK(Backoff::ceiling(500ms, 60s, 1) == 1s);
    CHECK(Backoff::ceiling(500ms, 60s, 6) == 32s);
    CHECK(Backoff::ceiling(500ms, 60s, 7) == 60s);
    CHECK(Backoff::ceiling(500ms, 60s, 4'000'000'000u) == 60s);
    CHECK(Backoff::ceiling(1ms, Backoff::Duration::max(), 1000) == Backoff::Duration::max());
}

TEST_CASE("no wait is longer than its ceiling, and waits fill the range down to nothing") {
    std::vector<std::int64_t> tenths(10);
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff(1s, 8s, seed);
        for (unsigned attempt = 0; attempt < 6; ++attempt) {
            const auto wait = backoff.next();
            CHECK(wait >= 0ms);
            CHECK(wait <= Backoff::ceiling(1s, 8s, attempt));
            if (attempt == 5)
                ++tenths[static_cast<std::size_t>(std::min<std::int64_t>(9, wait.count() / 800))];
        }
    }
    for (const auto count : tenths) CHECK(count > 50);
}

TEST_CASE("one seed gives the same waits at every run, two seeds give different ones") {
    const auto waits = [](std::uint64_t seed) {
        Backoff backoff(1s, 60s, seed);
        std::vector<Backoff::Duration> drawn;
        for (int i = 0; i < 8; ++i) drawn.push_back(backoff.next());
        return drawn;
    };
    CHECK(waits(7) == waits(7));
    CHECK(waits(7) != waits(8));
}

TEST_CASE("after a success the waits begin small again") {
    Backoff backoff(10ms, 10min, 1);
    for (int i = 0; i < 20; ++i) backoff.next();
    CHECK(backoff.attempts() == 20);
    backoff.reset();
    CHECK(backoff.attempts() == 0);
    CHECK(backoff.next() <= 10ms);
}
