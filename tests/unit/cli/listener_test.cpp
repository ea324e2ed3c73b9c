// What `courant listen` makes of what arrives.
#include "cli/history/listener.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "senml/codec.hpp"

using namespace courant;
using namespace courant::cli;

namespace {

const std::string roof = "zabbix:lorient.example/school:lorient.example/pv/power";
const std::string door = "zabbix:lorient.example/school:lorient.example/door/text";

Time at(int second) {
    return senml::from_unix_seconds(1'780'000'000 + second);
}

/// A listener, and what it writes.
struct Desk {
    explicit Desk(ListenRules rules) : listener(std::move(rules), console) {}

    void arrives(std::int64_t position, const senml::Pack& pack) {
        take(position, senml::write(senml::Format::xml, pack).value());
    }
    void take(std::int64_t position, std::string body) {
        Arrival arrival;
        arrival.position = position;
        arrival.message.peer = Jid::parse("zabbix@lorient.example").value();
        arrival.message.body = std::move(body);
        arrival.message.stored_at = at(0);
        listener.take(arrival);
    }

    std::istringstream in;
    std::ostringstream out, err;
    Console console{in, out, err};
    Listener listener;
};

senml::Pack watts(int count) {
    senml::Pack pack;
    for (int i = 0; i < count; ++i)
        pack.add(pack.intern_name(roof), pack.intern_unit("W"), at(i), i);
    return pack;
}

}  // namespace

TEST_CASE("each reading is a line with its series, and only wanted ones are shown") {
    Desk desk({.series = {"*/pv/*"}});
    senml::Pack pack = watts(2);
    pack.add_text(pack.intern_name(door), senml::no_unit, at(3), "open");
    desk.arrives(1, pack);
    const std::string name = "zabbix@lorient.example/school@lorient.example/pv/power";
    CHECK(desk.out.str() == "series,time,value,unit\n" + name + ",2026-05-28T20:26:40Z,0,W\n" +
                                name + ",2026-05-28T20:26:41Z,1,W\n");
    CHECK(desk.err.str().empty());
    CHECK(desk.listener.position() == 1);
}

TEST_CASE("it ends after so many, in the middle of a message too") {
    Desk desk({.format = ReadingFormat::ndjson, .count = 3});
    desk.arrives(1, watts(2));
    CHECK_FALSE(desk.listener.over());
    desk.arrives(2, watts(2));
    CHECK(desk.listener.over());
    std::istringstream lines(desk.out.str());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        CHECK(senml::read(senml::Format::json, '[' + line + ']', {.now = {}}));
    CHECK(count == 3);
}

TEST_CASE("in SenML each message is a pack on a line of its own") {
    Desk desk({.format = ReadingFormat::senml});
    desk.arrives(1, watts(2));
    desk.arrives(2, watts(3));
    std::istringstream lines(desk.out.str());
    std::string line;
    std::getline(lines, line);
    CHECK(senml::read(senml::Format::json, line, {.now = {}}).value() == watts(2));
    std::getline(lines, line);
    CHECK(senml::read(senml::Format::json, line, {.now = {}}).value() == watts(3));
}

TEST_CASE(
    "what was removed before it was shown is told, and what cannot be shown costs itself only") {
    Desk desk({.after = 4});
    desk.arrives(5, watts(1));
    CHECK(desk.err.str().empty());
    desk.arrives(8, watts(1));
    CHECK(desk.err.str().find("2 messages were delivered and removed") != std::string::npos);
    senml::Pack pack = watts(1);
    pack.add_text(pack.intern_name(door), senml::no_unit, at(3), "two\nlines");
    pack.add(pack.intern_name(roof), senml::no_unit, at(4), 44);
    desk.arrives(9, pack);
    CHECK(desk.err.str().find("several lines") != std::string::npos);
    CHECK(desk.out.str().find(",44,") != std::string::npos);
    desk.take(10, "no pack");
    CHECK(desk.err.str().find("a message of zabbix@lorient.example cannot be read") !=
          std::string::npos);
    CHECK(desk.listener.position() == 10);
}

TEST_CASE("it ends when nobody reads any more") {
    Desk desk({});
    desk.out.setstate(std::ios::badbit);
    desk.arrives(1, watts(1));
    CHECK(desk.listener.over());
}
