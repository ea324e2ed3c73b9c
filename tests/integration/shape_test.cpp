// Less than all of a series, across two real servers: a peer asks for it, gets what its grant lets
// go, and no more of the past either.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "senml/number.hpp"
#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;
using nlohmann::json;

namespace {

// The means of the half hours in these lines, two by two.
Lines hours_of(const Lines& halves) {
    Lines hours;
    const auto value = [](const std::string& line) {
        return std::stod(line.substr(line.find(',') + 1));
    };
    for (std::size_t i = 0; i + 1 < halves.size(); i += 2) {
        std::string mean;
        courant::senml::append_number(mean, (value(halves[i]) + value(halves[i + 1])) / 2);
        hours.push_back(halves[i].substr(0, halves[i].find(',') + 1) + mean + ",W");
    }
    return hours;
}

}  // namespace

TEST_CASE("a peer that is granted hours gets hours, live and of the past, whatever it asks for") {
    FederationOfTwo two;
    const Household household = made_up(two.home / "meter.csv", 2000, two.home.jid());
    two.publish(household);
    const std::string consumption = "home@home.test/house@home.test/consumption/power";
    const std::string pv = "home@home.test/house@home.test/pv/power";
    const Lines hours = hours_of(household.expected.at(consumption));
    REQUIRE(hours.size() == 1000);
    const auto everything = json::parse(two.home.expect({"grant", "list", "--json"}));
    two.home.expect({"grant", "withdraw", everything.at(0).at("grant")});
    two.home.expect({"grant", "add", "coop@coop.test", "*/consumption/*", "--purpose", "test",
                     "--basis", "not-personal", "--resolution", "PT1H", "--history", "P99Y"});
    two.home.start();
    REQUIRE(wait_until([&] { return two.home.log().find("session began") != std::string::npos; }));
    two.coop.start();

    const auto request = [&](const std::string& series) {
        const Answer answer = two.coop.command(
            {"subscription", "request", "home@home.test", series, "--every", "PT15M", "--json"});
        INFO(answer.err);
        REQUIRE(answer.code == 0);
        return json::parse(answer.out).at(0);
    };
    const json given = request(consumption);
    CHECK(given.at("status") == "active");
    CHECK(given.at("every") == "PT1H");
    CHECK(request(pv).at("status") == "waiting");
    CHECK(json::parse(two.home.expect({"subscription", "requests", "--json"})).at(0).at("series") ==
          pv);

    // The last hour has nothing behind it that would say that it is over.
    const Lines over(hours.begin(), hours.end() - 1);
    CHECK(wait_until([&] { return two.received(consumption).size() >= over.size(); }));
    CHECK(two.received(consumption) == over);
    CHECK(two.received(pv).empty());

    const Answer past = two.coop.command({"history", "home@home.test", consumption, "--from",
                                          "2011-01-01", "--to", "2012-01-01", "--days", "7"});
    INFO(past.err);
    CHECK(past.code == 0);
    std::string expected = "time,value,unit\n";
    for (const std::string& line : hours) expected += line + '\n';
    CHECK(past.out == expected);

    two.coop.expect({"subscription", "cancel", "home@home.test", consumption});
    for (const json& one : json::parse(two.home.expect({"subscription", "list", "--json"})))
        CHECK(one.at("series") != consumption);
}
