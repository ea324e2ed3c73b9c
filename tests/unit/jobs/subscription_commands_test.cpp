#include "jobs/subscription_commands.hpp"

#include <date/tz.h>
#include <doctest/doctest.h>

#include <future>
#include <map>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using Status = SubscriptionAnswer::Status;
using Kind = CommandRefusal::Kind;

namespace {

const std::string roof = "zabbix@lorient.example/school@lorient.example/pv/power";
const date::time_zone& utc = *date::locate_zone("UTC");

Grant hours_of_pv(std::string id = "hours", const Jid& peer = coop) {
    Grant grant = open_grant(peer, std::move(id));
    grant.series = "*/pv/*";
    grant.retain = "P1Y";
    grant.resolution = "PT1H";
    return grant;
}

/// A proxy with a peer and what it is granted.
struct House : Desk {
    explicit House(const std::vector<Grant>& grants = {hours_of_pv()}) {
        ask([&](Mailboxes& m) {
            for (const Jid& peer : {coop, analyst}) m.put_peer({.jid = peer});
            for (const Grant& grant : grants) m.access().add_grant(grant);
        });
    }
    SubscriptionOutcome subscribe(const SubscriptionWish& wish) {
        return ask([&](Mailboxes& m) { return courant::subscribe(m, wish, utc, at(0)); });
    }
    std::vector<Subscription> subscriptions() {
        return ask([](Mailboxes& m) { return m.subscriptions(); });
    }
    std::vector<SubscriptionRequest> requests() {
        return ask([](Mailboxes& m) { return m.shapes().requests(); });
    }
    /// As it comes from a peer's session, with these fields.
    CommandOutcome run(const Command& command, const std::map<std::string, std::string>& fields,
                       const std::string& asker = "bmhs@coop.example/x") {
        CommandQuestion question{.asker = address(asker), .form = {}, .now = at(0), .stop = {}};
        for (const auto& [name, value] : fields)
            question.form.fields.push_back({.var = name, .values = {value}});
        std::promise<CommandOutcome> answer;
        command.run(question, CommandReply([&](CommandOutcome outcome) {
                        answer.set_value(std::move(outcome));
                    }));
        return answer.get_future().get();
    }
    Command subscribing() { return subscribe_command(store(), self, "UTC", logger()); }
    Command unsubscribing() { return unsubscribe_command(store(), self, logger()); }
};

}  // namespace

TEST_CASE("what a grant covers stands at once, as coarse as it lets it go") {
    House house;
    const auto answer = house.subscribe(
        {.peer = coop, .series = roof, .shape = {.every = "PT15M"}, .retain = "P9Y"});
    REQUIRE(answer);
    CHECK(answer->status == Status::active);
    REQUIRE(house.subscriptions().size() == 1);
    const Subscription stands = house.subscriptions()[0];
    CHECK(stands.shape.every == "PT1H");
    CHECK(stands.retain == "P1Y");
    CHECK(stands.grant == "hours");
    CHECK(answer->subscription.shape == stands.shape);
    CHECK(house.requests().empty());
}

TEST_CASE("a coarser period is given if it is made of whole ones that are granted") {
    House house;
    CHECK(house.subscribe({.peer = coop, .series = roof, .shape = {.every = "PT2H"}}));
    CHECK(house.subscriptions()[0].shape.every == "PT2H");
    CHECK(house.subscribe({.peer = coop, .series = roof, .shape = {.every = "P1D"}}));
    const auto odd = house.subscribe({.peer = coop, .series = roof, .shape = {.every = "PT90M"}});
    REQUIRE_FALSE(odd);
    CHECK(odd.error().kind == Kind::bad_request);
    CHECK(house.subscriptions()[0].shape.every == "P1D");
}

TEST_CASE("what no grant covers waits for the administrator, whether it exists or not") {
    House house;
    for (const std::string& series : {std::string("*"), roof + "/no/such/thing@", roof}) {
        const auto answer = house.subscribe({.peer = analyst, .series = series});
        REQUIRE(answer);
        CHECK(answer->status == Status::waiting);
    }
    CHECK(house.subscriptions().empty());
    REQUIRE(house.requests().size() == 3);
    CHECK(house.subscribe({.peer = analyst, .series = roof, .shape = {.every = "P1D"}}));
    CHECK(house.requests().size() == 3);
}

TEST_CASE("a grant that is over covers nothing, and nothing is wider than its pattern") {
    Grant over = hours_of_pv();
    over.until = at(0);
    House house({over});
    CHECK(house.subscribe({.peer = coop, .series = roof})->status == Status::waiting);
    House other;
    for (const auto* series : {"*", "*/power", "zabbix@lorient.example/*"})
        CHECK(other.subscribe({.peer = coop, .series = series})->status == Status::waiting);
    CHECK(other.subscribe({.peer = coop, .series = "*/pv/power"})->status == Status::active);
}

TEST_CASE("of several grants the peer says which one it means") {
    House house({hours_of_pv("one"), hours_of_pv("two")});
    const auto which = house.subscribe({.peer = coop, .series = roof});
    REQUIRE_FALSE(which);
    CHECK(which.error().text.find("one (test) two (test)") != std::string::npos);
    CHECK(house.subscribe({.peer = coop, .series = roof, .grant = "two"})->status ==
          Status::active);
    CHECK(house.subscribe({.peer = analyst, .series = roof, .grant = "two"})->status ==
          Status::waiting);
    CHECK(house.subscriptions()[0].grant == "two");
}

TEST_CASE("what a peer can make us keep is bounded, and each peer for itself") {
    House house;
    for (int i = 0; i < most_subscription_requests; ++i)
        CHECK(house.subscribe({.peer = analyst, .series = "a" + std::to_string(i)}));
    const auto full = house.subscribe({.peer = analyst, .series = "one more"});
    REQUIRE_FALSE(full);
    CHECK(full.error().kind == Kind::busy);
    CHECK(house.subscribe({.peer = analyst, .series = "a0"}));
    CHECK(house.subscribe({.peer = coop, .series = "x"})->status == Status::waiting);
    for (int i = 0; i < most_asked_subscriptions; ++i)
        CHECK(house.subscribe({.peer = coop, .series = "x/pv/" + std::to_string(i)}));
    CHECK_FALSE(house.subscribe({.peer = coop, .series = "x/pv/more"}));
    CHECK(house.subscribe({.peer = coop, .series = "x/pv/0"}));
}

TEST_CASE("a request that was refused says so when it comes again, until a grant covers it") {
    House house;
    house.subscribe({.peer = coop, .series = "*/index"});
    house.ask([](Mailboxes& m) {
        auto request = m.shapes().requests().at(0);
        request.refusal = "not without an agreement";
        m.shapes().put_request(request);
    });
    const auto again = house.subscribe({.peer = coop, .series = "*/index"});
    REQUIRE(again);
    CHECK(again->status == Status::refused);
    CHECK(again->note == "not without an agreement");
    house.run(house.unsubscribing(), {{"series", "*/index"}});
    CHECK(house.subscribe({.peer = coop, .series = "*/index"})->status == Status::refused);
    house.ask([](Mailboxes& m) { m.access().add_grant(open_grant(coop, "all")); });
    CHECK(house.subscribe({.peer = coop, .series = "*/index"})->status == Status::active);
}

TEST_CASE("a peer ends what is its own and nothing else") {
    House house({hours_of_pv(), hours_of_pv("others", analyst)});
    CHECK(house.subscribe({.peer = coop, .series = roof}));
    CHECK(house.subscribe({.peer = analyst, .series = roof}));
    CHECK(house.subscribe({.peer = coop, .series = "*"}));
    CHECK(house.run(house.unsubscribing(), {{"series", roof}}));
    REQUIRE(house.subscriptions().size() == 1);
    CHECK(house.subscriptions()[0].peer == analyst);
    CHECK(house.requests().size() == 1);
    CHECK(house.run(house.unsubscribing(), {{"series", "*"}}));
    CHECK(house.requests().empty());
}

TEST_CASE("the command says in its answer what is given") {
    House house;
    const auto answer = house.run(house.subscribing(), {{"series", std::string(power)},
                                                        {"every", "PT15M"},
                                                        {"dead_band", "0.5"},
                                                        {"heartbeat", "P1D"},
                                                        {"quality", "validated"}});
    REQUIRE(answer);
    CHECK(answer->payload ==
          "<subscription xmlns='urn:courant:0' status='active' series='" + roof +
              "' every='PT1H' dead-band='0.5' heartbeat='P1D' quality='validated' retain='P1Y' "
              "grant='hours'/>");
    CHECK(answer->form.value("status") == "active");
    CHECK(house.subscriptions()[0].peer == coop);
    CHECK(house.log().find("a peer asked for a subscription") != std::string::npos);
}

TEST_CASE("a wish that cannot be one is told what is wrong with it") {
    House house;
    const std::vector<std::pair<std::string, std::map<std::string, std::string>>> cases{
        {"series", {}},
        {"series", {{"series", "a b"}}},
        {"series", {{"series", std::string(600, 'a')}}},
        {"every", {{"series", roof}, {"every", "15m"}}},
        {"every", {{"series", roof}, {"every", "P1DT1H"}}},
        {"dead_band", {{"series", roof}, {"dead_band", "much"}}},
        {"dead_band", {{"series", roof}, {"dead_band", "-1"}}},
        {"dead_band", {{"series", roof}, {"dead_band", "nan"}}},
        {"heartbeat", {{"series", roof}, {"heartbeat", "PT1H"}}},
        {"heartbeat", {{"series", roof}, {"dead_band", "1"}, {"heartbeat", "1h"}}},
        {"quality", {{"series", roof}, {"quality", "good"}}},
        {"retain", {{"series", roof}, {"retain", "long"}}}};
    for (const auto& [field, fields] : cases) {
        const auto answer = house.run(house.subscribing(), fields);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == Kind::bad_request);
        CHECK_MESSAGE(answer.error().text.starts_with(field + ":"), answer.error().text);
    }
    CHECK(house.subscriptions().empty());
    CHECK(house.requests().empty());
}
