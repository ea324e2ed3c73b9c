#include "proxy-core/federation/server_round.hpp"

#include <doctest/doctest.h>

using namespace courant;
using enum AfterFailure;

TEST_CASE("one server alone is tried again after a pause") {
    ServerRound round(1);
    CHECK(round.current() == 0);
    CHECK(round.failed() == pause);
    CHECK(round.current() == 0);
    CHECK(round.failed() == pause);
}

TEST_CASE("each server has its turn at once, in order, before there is a pause") {
    ServerRound round(3);
    for (int again = 0; again < 2; ++again) {
        CHECK(round.current() == 0);
        CHECK(round.failed() == another);
        CHECK(round.current() == 1);
        CHECK(round.failed() == another);
        CHECK(round.current() == 2);
        CHECK(round.failed() == pause);
    }
    CHECK(round.current() == 0);
}

TEST_CASE("when a session with the second that lasted is lost, the first is tried at once") {
    ServerRound round(2);
    CHECK(round.failed() == another);
    CHECK(round.current() == 1);
    round.lasted();
    CHECK(round.failed() == another);
    CHECK(round.current() == 0);
    // Still dead, and the second had its turn just now.
    CHECK(round.failed() == pause);
    CHECK(round.current() == 0);
}

TEST_CASE("servers that greet and hang up are not visited in turns without a pause") {
    ServerRound round(2);
    int pauses = 0;
    for (int hung_up = 0; hung_up < 100; ++hung_up)
        if (round.failed() == pause) ++pauses;
    CHECK(pauses == 50);
}
