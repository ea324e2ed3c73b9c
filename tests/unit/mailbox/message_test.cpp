#include "proxy-core/mailbox/message.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "proxy-core/mailbox/lane_id.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE("every quality has a word, in rising order, and reads back") {
    const auto* expected = "missing estimated raw corrected validated invoiced ";
    std::string words;
    for (const auto quality : {Quality::missing, Quality::estimated, Quality::raw,
                               Quality::corrected, Quality::validated, Quality::invoiced}) {
        words += std::string(to_word(quality)) + ' ';
        CHECK(quality_from(to_word(quality)) == quality);
    }
    CHECK(words == expected);
    CHECK(Quality::missing < Quality::estimated);
    CHECK(Quality::validated < Quality::invoiced);
    CHECK_FALSE(quality_from("Raw"));
    CHECK_FALSE(quality_from(""));
}

TEST_CASE("every origin of a dead letter has a word and reads back") {
    for (const auto origin :
         {DeadOrigin::source, DeadOrigin::sent, DeadOrigin::arrived, DeadOrigin::sink}) {
        CHECK_FALSE(to_word(origin).empty());
        CHECK(dead_origin_from(to_word(origin)) == origin);
    }
    CHECK_FALSE(dead_origin_from("elsewhere"));
}

TEST_CASE("lane ids never meet, and sort by age") {
    std::set<LaneId> ids;
    for (int i = 0; i < 1000; ++i) ids.insert(make_lane_id(at(0)));
    CHECK(ids.size() == 1000);
    for (const auto& id : ids) {
        CHECK(id.value.size() == 26);
        CHECK(id.value.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
        CHECK(id < make_lane_id(at(1)));
    }
    // The ULID for this millisecond begins with these ten characters.
    CHECK(make_lane_id(Time(std::chrono::milliseconds(1469918176385)))
              .value.starts_with("01ARYZ6S41"));
}

}  // namespace courant::test
