#include "proxy-core/federation/notice.hpp"

#include <doctest/doctest.h>

#include "tests/unit/federation/some_notices.hpp"

using namespace courant;
using namespace courant::test;

TEST_CASE("a notice is read as it was written, of whatever kind it is") {
    for (const Notice& notice : some_notices()) {
        const auto body = notice_body(notice);
        CAPTURE(body);
        CHECK(is_notice(body));
        const auto read = read_notice(body);
        REQUIRE(read);
        CHECK(*read == notice);
        CHECK_FALSE(word_of(*read).empty());
        CHECK_FALSE(subject_of(*read).empty());
    }
}

TEST_CASE("what is no notice is not taken for one, and says why") {
    CHECK_FALSE(is_notice("<sensml/>"));
    const auto fault = [](const std::string& content) {
        const auto read = read_notice("<notice>" + content + "</notice>");
        REQUIRE_FALSE(read);
        return read.error();
    };
    const std::string offer = "<offer grant='G' subject='*' series='*' purpose='p' ";
    const std::string times = "from='2026-01-01T00:00:00Z' ";
    CHECK(fault("") == "there is no notice in it");
    CHECK(fault("<dance/>") == "<dance> is no notice that we know");
    CHECK(fault("<accept/>") == "<accept>: grant= is missing");
    CHECK(fault("<withdraw grant='G'/>") == "<withdraw>: at= is missing");
    CHECK(fault("<withdraw grant='G' at='yesterday'/>") == "<withdraw>: at= is no time");
    CHECK(fault("<withdraw grant='" + std::string(257, 'g') + "' at='2026-01-01T00:00:00Z'/>") ==
          "<withdraw>: grant= is longer than 256 bytes");
    CHECK(fault(offer + times + "basis='consent'/>") == "<offer>: retain= is missing");
    CHECK(fault(offer + times + "basis='consent' retain='soon'/>") ==
          "<offer>: retain= is no ISO 8601 duration");
    CHECK(fault(offer + times + "basis='greed' retain='P1Y'/>") ==
          "<offer>: basis= is none that we know");
    CHECK(fault(offer + times + "basis='consent' retain='P1Y' role='king'/>") ==
          "<offer>: role= is none that we know");
    CHECK(fault(offer + times + "basis='consent' retain='P1Y'><consent mode='asker'/></offer>") ==
          "<consent>: collected-at= is missing");
    CHECK(fault("<correction id='C' kind='rectified' series='a' from='2026-01-02T00:00:00Z' "
                "to='2026-01-01T00:00:00Z'/>") == "<correction>: to= is not after from=");
    CHECK(fault("<outcome about='G' outcome='kept' readings='-1'/>") ==
          "<outcome>: readings= is no number");
}
