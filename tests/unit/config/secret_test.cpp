#include "proxy-core/config/secret.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace courant;

TEST_CASE("a secret never prints") {
    const Secret secret("pomme");
    std::ostringstream out;
    out << secret;
    CHECK(out.str() == "***");
    CHECK(fmt::format("{} {:>5}", secret, secret) == "***   ***");
    CHECK(secret.reveal() == "pomme");
}

TEST_CASE("an empty secret prints like any other") {
    CHECK(Secret().empty());
    CHECK(fmt::format("{}", Secret()) == "***");
}
