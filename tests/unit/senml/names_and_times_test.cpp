// Conformance points C and D, and N where it is about packs: names and times.
#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::string named(std::string_view name) {
    return R"([{"n":")" + std::string{name} + R"(","v":1}])";
}

std::string timed(std::string_view fields) {
    return R"([{"n":"a","v":1,)" + std::string{fields} + "}]";
}

std::string time_of(std::string_view fields) {
    return time_at(good_json(timed(fields)), 0);
}

}  // namespace

TEST_CASE("24, 27 every byte of the name is of A-Z a-z 0-9 - : . / _") {
    CHECK_FALSE(refused(named("AZaz09-:./_")));
    for (const auto* wrong : {"a b", "a@b", "a#", "a[0]", "a%", "a~", "a+", "é", "a\\u0000", "a;b",
                              "a\\\"b", "a\\\\b", "a,b", "a=b", "a!b", "a*", "センサー"}) {
        CAPTURE(wrong);
        CHECK(refused(named(wrong)));
    }
    CHECK(json_fault(named("a@b")) ==
          "record 1: the name has a character outside A-Z a-z 0-9 - : . / _: '@' (RFC 8428 4.5.1)");
}

TEST_CASE("25 the first byte of the name is a letter or a digit") {
    for (const auto* wrong : {"-a", ":a", ".a", "/a", "_a"}) {
        CAPTURE(wrong);
        CHECK(refused(named(wrong)));
    }
    CHECK_FALSE(refused(named("0a")));
}

TEST_CASE("26 an empty name is an error; the rule is about the whole name, not its parts") {
    CHECK(json_fault(R"([{"v":1}])") == "record 1: the name is empty (RFC 8428 4.5.1)");
    CHECK(refused(R"([{"n":"","v":1}])"));
    CHECK(refused(R"([{"bv":1},{"n":"a","v":1}])"));
    CHECK_FALSE(refused(R"([{"bn":"a","n":"/b","v":1}])"));
    CHECK(refused(R"([{"bn":"/","n":"b","v":1}])"));
    CHECK_FALSE(refused(R"([{"bn":"/"},{"bn":"a","v":1}])"));
    CHECK(refused(R"([{"bn":"a#","n":"b","v":1}])"));
    CHECK(refused(R"([{"bn":"a","v":1},{"n":"_","v":1},{"n":"~","v":1}])"));
}

TEST_CASE("27 a named rule lets a leading slash or an @ pass, never by default") {
    ReadOptions lwm2m{.now = noon, .names = NameRule::lwm2m};
    CHECK(json_fault(named("/3/0/1"), lwm2m).empty());
    CHECK_FALSE(json_fault(named("/3@0"), lwm2m).empty());
    CHECK_FALSE(json_fault(named("_3"), lwm2m).empty());
    CHECK(refused(named("/3/0/1")));
}

TEST_CASE("103, 104 names with @ pass the federated rule only, split between bn and n anywhere") {
    const std::string name = "a@s.example/b@t.example/c";
    ReadOptions federated{.now = noon, .names = NameRule::federated};
    for (std::size_t cut = 0; cut <= name.size(); ++cut) {
        const auto text =
            R"([{"bn":")" + name.substr(0, cut) + R"(","n":")" + name.substr(cut) + R"(","v":1}])";
        CHECK(name_at(good_json(text, federated), 0) == name);
        CHECK(refused(text));
        ReadOptions strict{.now = noon, .profile = Profile::strict};
        CHECK_FALSE(json_fault(text, strict).empty());
    }
    CHECK_FALSE(json_fault(named("a b@s/x"), federated).empty());
}

TEST_CASE("28 URNs are names, and names are not cut") {
    CHECK_FALSE(refused(named("urn:dev:ow:10e2073a01080063")));
    CHECK_FALSE(refused(named("urn:dev:ops:32473-Refrigerator-5002")));
    CHECK_FALSE(refused(named(std::string(65'535, 'a'))));
    CHECK(refused(named(std::string(65'536, 'a'))));
}

TEST_CASE("29 the sum decides: 268435455.99999997 is relative, 268435456 absolute") {
    CHECK(time_of(R"("t":268435455.99999997)") == "1868435455.99999997");
    CHECK(time_of(R"("t":268435456)") == "268435456");
    CHECK(time_of(R"("bt":268435456)") == "268435456");
    CHECK(good_json(timed(R"("t":268435456)"))[0].time ==
          std::chrono::sys_days{std::chrono::year{1978} / 7 / 4} + std::chrono::hours{21} +
              std::chrono::minutes{24} + std::chrono::seconds{16});
}

TEST_CASE("30 bt and t are added before the time is judged") {
    CHECK(time_of(R"("bt":1300000000,"t":-5)") == "1299999995");
    CHECK(time_of(R"("bt":100,"t":268435400)") == "268435500");
    CHECK(time_of(R"("bt":268435456,"t":-1)") == "1868435455");
    CHECK(time_of(R"("bt":10000000000,"t":-9000000000)") == "1000000000");
}

TEST_CASE("31 zero is now, below is past, above future; large negatives are relative") {
    CHECK(time_of(R"("t":0)") == "1600000000");
    CHECK(time_of(R"("t":-3600)") == "1599996400");
    CHECK(time_of(R"("t":3600)") == "1600003600");
    CHECK(time_of(R"("t":-1500000000)") == "100000000");
    CHECK(time_of(R"("t":-2000000000)") == "-400000000");
    CHECK(time_of(R"("t":-10000000000)") == "-8400000000");
}

TEST_CASE("a time outside the range of Time is refused, never wrapped") {
    CHECK(json_fault(timed(R"("t":-11000000000)")) ==
          "record 1: the time is outside the years 1678 to 2261 (RFC 8428 4.5.3)");
    CHECK(refused(timed(R"("t":9300000000)")));
    CHECK(refused(timed(R"("t":1e300)")));
    CHECK(refused(timed(R"("t":1e17,"bt":1e18)")));
    CHECK(refused(timed(R"("bt":1e19)")));
}

TEST_CASE("32 all relative times of a pack are relative to the one now that the caller passes") {
    const auto pack = good_json(R"([{"n":"a","v":1},{"n":"a","t":1,"v":1}])",
                                {.now = Time{Span{1'700'000'000'000'000'001}}});
    CHECK(time_at(pack, 0) == "1700000000.000000001");
    CHECK(time_at(pack, 1) == "1700000001.000000001");
}

TEST_CASE("34 times keep their nanoseconds from text to text") {
    for (const auto* text : {"1735689600.123456", "1234567890.123456789", "1596719815.117644",
                             "4102444800.000000001"}) {
        CAPTURE(text);
        const auto pack = good_json(timed("\"t\":" + std::string{text}));
        CHECK(time_at(pack, 0) == text);
        CHECK(write(Format::json, pack).value().find(text) != std::string::npos);
    }
}

TEST_CASE("35 seconds are POSIX seconds: days of 86400, no leap seconds, no time zones") {
    CHECK(time_of(R"("bt":1483228799,"t":1)") == "1483228800");
    CHECK(good_json(timed(R"("t":1483228800)"))[0].time ==
          std::chrono::sys_days{std::chrono::year{2017} / 1 / 1});
}
