#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/lasting_fault.hpp"
#include "proxy-core/observe/log.hpp"

using namespace courant;
using namespace std::chrono_literals;

namespace {

// "2026-03-01T10:15:00.120Z " is 25 characters.
std::string after_time(const std::string& line) {
    return line.substr(25);
}

std::string text_line(std::string_view event, LogFields fields) {
    std::ostringstream out;
    Logger(LogLevel::info, LogFormat::text, out).info(event, fields);
    return after_time(out.str());
}

std::string json_line(std::string_view event, LogFields fields) {
    std::ostringstream out;
    Logger(LogLevel::info, LogFormat::json, out).warning(event, fields);
    const auto line = out.str();
    CHECK(line.starts_with("{\"time\":\""));
    return line.substr(line.find("\"level\""));
}

}  // namespace

TEST_CASE("an event is one line for people") {
    CHECK(text_line("message sent", {{"peer", "dash@coop.test"}, {"seq", 1042}, {"late", false}}) ==
          "info message sent peer=dash@coop.test seq=1042 late=false\n");
    CHECK(text_line("odd", {{"why", "no = sign\n\"here\""}, {"empty", ""}, {"ratio", 0.5}}) ==
          "info odd why=\"no = sign\\n\\\"here\\\"\" empty=\"\" ratio=0.5\n");
}

TEST_CASE("an event is one JSON object for machines") {
    CHECK(
        json_line("message sent", {{"peer", "dash@coop.test"}, {"seq", 1042U}, {"late", true}}) ==
        "\"level\":\"warning\",\"event\":\"message sent\",\"peer\":\"dash@coop.test\",\"seq\":1042,"
        "\"late\":true}\n");
    CHECK(json_line("x", {{"n", std::nan("")}, {"m", std::numeric_limits<std::int64_t>::min()}}) ==
          "\"level\":\"warning\",\"event\":\"x\",\"n\":null,\"m\":-9223372036854775808}\n");
}

TEST_CASE("nothing that a peer chooses breaks a line") {
    const std::string evil =
        "a\"b\\c\r\nd\x01\x1b[31m\xff\xc3\xa9\xe2\x80\xa8\xc2\x85\xed\xa0\x80 {} %v";
    CHECK(json_line("x", {{"t", evil}}) ==
          "\"level\":\"warning\",\"event\":\"x\",\"t\":\"a\\\"b\\\\c\\r\\nd\\u0001\\u001b["
          "31m\xef\xbf\xbd\xc3\xa9"
          "\\u2028\\u0085\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd {} %v\"}\n");
    CHECK(text_line("two\nlines", {{"t", "a\u2028b"}}) == "info two\\nlines t=a\\u2028b\n");
}

TEST_CASE("only events of the level and above are written") {
    std::ostringstream out;
    const Logger logger(LogLevel::warning, LogFormat::text, out);
    logger.debug("no");
    logger.info("no");
    CHECK(out.str().empty());
    CHECK_FALSE(logger.writes(LogLevel::info));
    logger.error("yes");
    CHECK(after_time(out.str()) == "error yes\n");
}

TEST_CASE("a fault is told when it begins and when it ends, not at every try") {
    std::ostringstream out;
    LastingFault fault(Logger(LogLevel::info, LogFormat::text, out), "extract roof");
    const auto begin = senml::from_unix_seconds(1'800'000'000);
    fault.succeeded(begin);
    CHECK(out.str().empty());
    for (int i = 0; i < 100; ++i) fault.failed("the app is away", begin + i * 1s);
    CHECK(fault.lasting());
    CHECK(fault.failures() == 100);
    CHECK(after_time(out.str()) ==
          "warning fault begins what=\"extract roof\" reason=\"the app is away\"\n");
    out.str("");
    fault.failed("password refused", begin + 100s);
    fault.failed("the app is away", begin + 101s);
    CHECK(after_time(out.str()) ==
          "warning fault goes on for another reason what=\"extract roof\" reason=\"password "
          "refused\"\n");
    out.str("");
    fault.succeeded(begin + 2min);
    fault.succeeded(begin + 3min);
    CHECK(after_time(out.str()) ==
          "info fault is over what=\"extract roof\" lasted=2m failures=102\n");
    CHECK_FALSE(fault.lasting());
}

TEST_CASE("reasons with changing details do not flood") {
    std::ostringstream out;
    LastingFault fault(Logger(LogLevel::info, LogFormat::text, out), "session");
    for (int i = 0; i < 100; ++i) fault.failed("port " + std::to_string(i), senml::Time{});
    const auto text = out.str();
    CHECK(std::count(text.begin(), text.end(), '\n') == 5);
}

TEST_CASE("a counter is the same wherever it is asked for") {
    Counters counters;
    auto& refused =
        counters.get("courant_messages_refused_total", {{"peer", "a@b"}, {"reason", "loop"}});
    refused.add();
    counters.get("courant_messages_refused_total", {{"reason", "loop"}, {"peer", "a@b"}}).add(2);
    counters.get("courant_messages_refused_total", {{"peer", "c@d"}}).add();
    CHECK(refused.value() == 3);
    CHECK(counters.snapshot().size() == 2);
}

TEST_CASE("counters are written as Prometheus reads them") {
    Counters counters;
    counters.get("courant_pings_total").add(7);
    counters.get("courant_dead_letters_total", {{"origin", "a\"b\\c\nd"}}).add();
    counters.get("courant_dead_letters_total", {{"origin", "sink"}});
    std::ostringstream out;
    counters.write_prometheus(out);
    CHECK(out.str() ==
          "# TYPE courant_dead_letters_total counter\n"
          "courant_dead_letters_total{origin=\"a\\\"b\\\\c\\nd\"} 1\n"
          "courant_dead_letters_total{origin=\"sink\"} 0\n"
          "# TYPE courant_pings_total counter\n"
          "courant_pings_total 7\n");
}

TEST_CASE("a counter that is named unlike the others is refused") {
    Counters counters;
    CHECK_THROWS_AS(counters.get("pings_total"), std::logic_error);
    CHECK_THROWS_AS(counters.get("courant_pings"), std::logic_error);
    CHECK_THROWS_AS(counters.get("courant_Pings_total"), std::logic_error);
}

TEST_CASE("threads may count and make counters at once") {
    Counters counters;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&counters] {
            for (int i = 0; i < 2000; ++i)
                counters.get("courant_tries_total", {{"n", std::to_string(i % 20)}}).add();
        });
    threads.clear();
    const auto samples = counters.snapshot();
    CHECK(samples.size() == 20);
    for (const auto& sample : samples) CHECK(sample.value == 400);
}
