#include "proxy-core/federation/rate_cap.hpp"

#include <doctest/doctest.h>

using courant::RateCap;
using namespace std::chrono_literals;

namespace {

constexpr RateCap::Instant start{};

/// How many bytes go in that time, in pieces of one size, asked every millisecond.
std::int64_t goes(RateCap& cap, std::int64_t piece, std::chrono::seconds time) {
    std::int64_t bytes = 0;
    for (auto now = start; now < start + time; now += 1ms)
        while (cap.opens_at() <= now && bytes < 100'000'000) {
            cap.spend(piece, now);
            bytes += piece;
        }
    return bytes;
}

}  // namespace

TEST_CASE("in t seconds go t + 1 times the rate and at most one piece more") {
    for (const std::int64_t piece : {1, 100, 4'000, 25'000}) {
        CAPTURE(piece);
        RateCap cap(10'000);
        const auto bytes = goes(cap, piece, 20s);
        CHECK(bytes >= 200'000);
        CHECK(bytes <= 210'000 + piece);
    }
}

TEST_CASE("what was not used does not add up beyond a burst") {
    RateCap cap(10'000);
    cap.spend(10'000, start + 3600s);
    CHECK(cap.opens_at() == start + 3600s);
    cap.spend(5'000, start + 3600s);
    CHECK(cap.opens_at() == start + 3600s + 500ms);
}

TEST_CASE("without a cap everything goes") {
    RateCap cap(0);
    CHECK(goes(cap, 1'000'000, 1s) >= 100'000'000);
}
