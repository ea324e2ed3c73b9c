#include "adapters/zabbix/trapper.hpp"

#include <doctest/doctest.h>

using namespace courant::zabbix;
using namespace std::string_view_literals;

TEST_CASE("a request is framed as Zabbix reads it") {
    CHECK(frame("{}") == "ZBXD\x01\x02\0\0\0\0\0\0\0{}"sv);
    const std::string big = frame(std::string(70'000, ' '));
    CHECK(big.substr(5, 4) == "\x70\x11\x01\0"sv);
}

TEST_CASE("an answer is awaited until it is whole") {
    const auto answer = "ZBXD\x01\x02\0\0\0\0\0\0\0{}"sv;
    for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        const auto part = unframe(answer.substr(0, cut));
        REQUIRE(part);
        CHECK_FALSE(*part);
    }
    CHECK(**unframe(answer) == "{}");
}

TEST_CASE("what is no answer of Zabbix is told at once") {
    CHECK_FALSE(unframe("HT"));
    CHECK_FALSE(unframe("HTTP/1.1 400 Bad Request\r\n"));
    CHECK_FALSE(unframe("ZBXD\x03\x02\0\0\0\0\0\0\0{}"sv));
    CHECK_FALSE(unframe("ZBXD\x01\xff\xff\xff\xff\0\0\0\0"sv));
}

TEST_CASE("the counters are read") {
    CHECK(
        read_answer(
            R"({"response":"success","info":"processed: 6; failed: 2; total: 8; seconds spent: 0.000129"})") ==
        Tally{6, 2});
    CHECK_FALSE(read_answer(R"({"response":"failed","info":"cannot parse"})"));
    CHECK(read_answer(R"({"response":"failed","info":"cannot parse"})")
              .error()
              .find("cannot parse") != std::string::npos);
    CHECK_FALSE(read_answer(R"({"response":"success","info":"fine"})"));
    CHECK_FALSE(read_answer("no json"));
    CHECK_FALSE(read_answer("[1]"));
    CHECK_FALSE(read_answer(""));
}

TEST_CASE("every value goes with clock and ns") {
    CHECK(request_entry("roof", "p[\"a\"]", "é", {1795150244, 0}) ==
          R"({"clock":1795150244,"host":"roof","key":"p[\"a\"]","ns":0,"value":"é"})");
    CHECK_FALSE(request_entry("roof", "p", "\xff", {1, 0}));
}
