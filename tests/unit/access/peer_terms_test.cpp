#include "proxy-core/access/peer_terms.hpp"

#include <doctest/doctest.h>

using namespace courant;
using namespace std::chrono_literals;

TEST_CASE("nothing goes to a peer before its agreement, after it, or while it is suspended") {
    const auto day = [](int number) {
        return senml::from_unix_seconds(1'780'000'000 + std::int64_t{86'400} * number);
    };
    PeerTerms terms{
        .link = LegalLink::processor, .agreement = "A-7", .from = day(1), .until = day(9)};
    CHECK_FALSE(obstacle(terms, day(1) - 1ns).empty());
    CHECK(obstacle(terms, day(1)).empty());
    CHECK(obstacle(terms, day(9) - 1ns).empty());
    CHECK_FALSE(obstacle(terms, day(9)).empty());
    terms.suspended = "audit";
    CHECK(obstacle(terms, day(2)) == "the peer is suspended: audit");
    CHECK(obstacle(PeerTerms{}, day(0)).empty());
}

TEST_CASE("links are read as they are written") {
    for (const auto link : {LegalLink::none, LegalLink::processor, LegalLink::joint_controller,
                            LegalLink::separate_controller})
        CHECK(legal_link_from(to_word(link)) == link);
    CHECK_FALSE(legal_link_from("friend"));
}
