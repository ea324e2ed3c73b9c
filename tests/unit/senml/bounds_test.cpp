// A stranger's text costs no more than its size.
#include <doctest/doctest.h>

#include "packs.hpp"
#include "senml/detail/interner.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

TEST_CASE("a long base name and many names are refused before they fill the memory") {
    std::string text = R"([{"bn":")" + std::string(60'000, 'a') + R"(","n":"0","v":0})";
    for (int i = 1; i < 2000; ++i) text += R"(,{"n":")" + std::to_string(i) + R"(","v":0})";
    text += ']';
    ReadOptions options{.now = noon};
    options.max_names = 10'000'000;
    CHECK(json_fault(text, options) == "record 167: the names take more room than is accepted");
    options.max_names = 200'000'000;
    CHECK(good_json(text, options).size() == 2000);
}

TEST_CASE("names that were seen with a base name are not put together again") {
    // Linear: 20 000 records under a base name of 60 000 bytes, two names in turn.
    std::string text = R"([{"bn":")" + std::string(60'000, 'a') + R"(","n":"0","v":0})";
    for (int i = 1; i < 20'000; ++i)
        text += i % 2 == 0 ? R"(,{"n":"0","v":0})" : R"(,{"n":"1","v":0})";
    const Pack pack = good_json(text + ']');
    CHECK(pack.size() == 20'000);
    CHECK(pack.name_count() == 2);
    CHECK(pack.name_bytes() == 2 * 60'001);
}

TEST_CASE("a time beyond 10^18 seconds is refused, however many digits it is written with") {
    for (const auto* time : {"1e18", "1000000000000000000", "1000000000000000000.000000000"}) {
        CAPTURE(time);
        const auto pack = R"([{"bt":)" + std::string{time} + R"(},{"bt":0,"n":"a","v":1}])";
        CHECK(json_fault(pack).empty());
        CHECK(convert(Format::json, Format::cbor, pack, {.now = noon}));
    }
    for (const auto* time : {"1.1e18", "1000000000000000001", "1000000000000000000.000000001",
                             "17000026843545600000", "-17000026843545600000.5"}) {
        CAPTURE(time);
        CHECK(json_fault(R"([{"bt":)" + std::string{time} + R"(},{"bt":0,"n":"a","v":1}])") ==
              "record 1: bt is out of range (RFC 8428 4.5.3)");
    }
}

TEST_CASE("the longest name is a choice") {
    ReadOptions options{.now = noon};
    options.max_name = 3;
    CHECK(json_fault(R"([{"bn":"ab","n":"c","v":1}])", options).empty());
    CHECK(json_fault(R"([{"bn":"ab","n":"cd","v":1}])", options) ==
          "record 1: the name is longer than 3 bytes (RFC 8428 4.5.1)");
}

TEST_CASE("a faulty name is reported for every record that has it") {
    const auto faults = validate(
        Format::json, R"([{"n":"a b","v":1},{"n":"c","v":1},{"n":"a b","v":1}])", {.now = noon});
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].record == 1);
    CHECK(faults[1].record == 3);
}

TEST_CASE("strings are found again, however many and however alike they are") {
    detail::Interner table;
    std::vector<std::string> strings = {
        "", std::string(1, '\0'), std::string(2, '\0'), "a", std::string("a\0", 2), "\xff", "\xfe"};
    for (int i = 0; i < 3000; ++i) strings.push_back("meter/" + std::to_string(i * 7919 % 5000));
    for (int i = 0; i < 400; ++i) strings.emplace_back(static_cast<std::size_t>(i) + 2, 'x');
    for (std::size_t i = 0; i < strings.size(); ++i) {
        REQUIRE(table.intern(strings[i]) == i);
        REQUIRE(table[i] == strings[i]);
    }
    for (std::size_t i = strings.size(); i-- > 0;) CHECK(table.intern(strings[i]) == i);
    CHECK(table.size() == strings.size());
    const detail::Interner copy = table;
    table.clear();
    CHECK(table.intern("new") == 0);
    CHECK(detail::Interner(copy).intern(strings[77]) == 77);
}
