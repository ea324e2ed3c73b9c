#include "jobs/audience.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "proxy-core/access/series_pattern.hpp"
#include "senml/name.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// Who gets a series, as "peer/retain".
std::vector<std::string> who(const Audience& audience, std::string_view name) {
    std::vector<std::string> who;
    for (const auto seat : audience.seats(name)) {
        const Destination& to = audience.destinations().at(seat);
        who.push_back(to.peer.to_string() + "/" + to.retain);
    }
    return who;
}

using Who = std::vector<std::string>;

}  // namespace

TEST_CASE("a series goes to who named it and to whose pattern fits, in either spelling") {
    const std::vector<Subscription> all{
        subscription(coop, "zabbix@lorient.example/school@lorient.example/pv/power"),
        subscription(analyst, "*/power"), subscription(address("third@x.example"), "*/index")};
    const Audience audience = audience_of(all);
    for (const std::string_view name :
         {power, std::string_view("zabbix@lorient.example/school@lorient.example/pv/power")})
        CHECK(who(audience, name) == Who{"bmhs@coop.example/P3Y", "dash@analyst.example/P3Y"});
    CHECK(who(audience, indexes) == Who{"third@x.example/P3Y"});
    CHECK(who(audience, "urn:dev:ow:10e2073a01080063").empty());
}

TEST_CASE("a peer gets a series once, as its first subscription that fits says") {
    const Audience audience = audience_of(
        {subscription(coop, "*/pv/*", "P1Y"), subscription(coop, "*", "P9Y"),
         subscription(coop, "zabbix@lorient.example/school@lorient.example/index", "P5Y")});
    CHECK(who(audience, power) == Who{"bmhs@coop.example/P1Y"});
    CHECK(who(audience, indexes) == Who{"bmhs@coop.example/P9Y"});
}

TEST_CASE("what is found by name and remembered is what trying every subscription finds") {
    std::vector<Subscription> all;
    for (int i = 0; i < 300; ++i) {
        const std::string house =
            fmt::format("zabbix@lorient.example/house{}@lorient.example", i % 50);
        const Jid peer = address(fmt::format("p{}@coop.example", i % 20));
        all.push_back(subscription(peer, i % 3 == 0 ? house + "/*" : house + "/power",
                                   fmt::format("P{}Y", 1 + i % 4)));
    }
    RememberedAudience audience(std::make_shared<const Audience>(audience_of(all)));
    for (int round = 0; round < 2; ++round)
        for (int house = 0; house < 60; ++house)
            for (const auto* level : {"power", "index"}) {
                const std::string name =
                    fmt::format("zabbix@lorient.example/house{}@lorient.example/{}", house, level);
                std::vector<Jid> served;
                std::vector<Destination> expected;
                for (const Subscription& one : all) {
                    if (!series_matches(one.series, name)) continue;
                    if (std::find(served.begin(), served.end(), one.peer) != served.end()) continue;
                    served.push_back(one.peer);
                    expected.push_back({one.peer, one.retain, one.grant});
                }
                std::sort(expected.begin(), expected.end());
                std::vector<Destination> found;
                for (const auto seat : audience.seats(senml::Name::parse(name)->senml()))
                    found.push_back(audience.audience().destinations()[seat]);
                CHECK(found == expected);
            }
}

TEST_CASE("the audience is made anew when subscriptions have changed, and only then") {
    Desk desk;
    CurrentAudience current;
    const auto get = [&] { return desk.ask([&](Mailboxes& m) { return current.get(m, at(0)); }); };
    const auto nobody = get();
    CHECK(nobody->destinations().empty());
    CHECK(get() == nobody);
    desk.subscribe(subscription(coop));
    const auto one = get();
    CHECK(one->destinations().size() == 1);
    desk.ask([](Mailboxes& m) { m.set_note("something", "else"); });
    CHECK(get() == one);
}

TEST_CASE("who has no valid grant is not there, and nobody else suffers from that") {
    const std::vector<Subscription> all{subscription(coop, "*", "P3Y", "G"),
                                        subscription(analyst, "*", "P3Y", "H"),
                                        subscription(address("third@x.example"), "*")};
    Grant ends = open_grant(coop, "G");
    ends.until = at(10);
    Grant begins = open_grant(analyst, "H");
    begins.from = at(5);
    const std::vector<Grant> grants{ends, begins};
    const auto heard = [&](Time now) { return who(Audience(all, grants, {}, now), power); };
    CHECK(heard(at(4)) == Who{"bmhs@coop.example/P3Y"});
    CHECK(heard(at(5)) == Who{"bmhs@coop.example/P3Y", "dash@analyst.example/P3Y"});
    CHECK(heard(at(10)) == Who{"dash@analyst.example/P3Y"});
    CHECK(Audience(all, grants, {}, at(4)).until() == at(5));
    CHECK(Audience(all, grants, {}, at(5)).until() == at(10));
    CHECK(Audience(all, grants, {}, at(10)).until() == Time::max());
    ends.state = GrantState::limited;
    CHECK(who(Audience(all, std::vector{ends, begins}, {}, at(5)), power) ==
          Who{"dash@analyst.example/P3Y"});
}

TEST_CASE("a subscription gets what its grant is about and nothing more") {
    Grant school = open_grant(coop, "G");
    school.subject = "school@lorient.example";
    school.series = "*/power";
    const std::vector<Subscription> all{subscription(coop, "*", "P3Y", "G")};
    const Audience audience(all, std::vector{school}, {}, at(0));
    CHECK(who(audience, power) == Who{"bmhs@coop.example/P3Y"});
    CHECK(who(audience, indexes).empty());
    CHECK(who(audience, "zabbix:lorient.example/home:lorient.example/pv/power").empty());
    const std::vector<Subscription> of_another{subscription(analyst, "*", "P3Y", "G")};
    CHECK(who(Audience(of_another, std::vector{school}, {}, at(0)), power).empty());
}

TEST_CASE("a peer that is suspended or whose agreement is over gets nothing") {
    const std::vector<Subscription> all{subscription(coop, "*", "P3Y", "G")};
    const std::vector<Grant> grants{open_grant(coop, "G")};
    Peer peer{.jid = coop};
    peer.terms.until = at(10);
    const auto heard = [&](Time now) {
        return who(Audience(all, grants, std::vector{peer}, now), power).size();
    };
    CHECK(heard(at(9)) == 1);
    CHECK(heard(at(10)) == 0);
    CHECK(Audience(all, grants, std::vector{peer}, at(9)).until() == at(10));
    peer.terms.suspended = "audit";
    CHECK(heard(at(9)) == 0);
}

TEST_CASE("the audience is made anew when a grant begins or ends, and when one is withdrawn") {
    Desk desk;
    CurrentAudience current;
    const auto heard = [&](Time now) {
        return desk.ask([&](Mailboxes& m) { return who(*current.get(m, now), power).size(); });
    };
    desk.ask([](Mailboxes& m) {
        m.put_peer({.jid = coop});
        Grant grant = open_grant(coop, "G");
        grant.from = at(5);
        grant.until = at(10);
        m.access().add_grant(grant);
        m.put_subscription(subscription(coop, "*", "P3Y", "G"));
    });
    CHECK(heard(at(4)) == 0);
    CHECK(heard(at(5)) == 1);
    CHECK(heard(at(10)) == 0);
    CHECK(heard(at(7)) == 1);  // the clock was set back
    desk.ask(
        [](Mailboxes& m) { m.access().set_grant_state("G", GrantState::withdrawn, "", at(7)); });
    CHECK(heard(at(7)) == 0);
}

TEST_CASE("R4.1: a subject that objected is left out of grants for many, and only it") {
    const std::string persons = "zabbix:lorient.example/kersabiec:lorient.example/power";
    const std::vector<Subscription> all{subscription(coop, "*", "P1Y", "many"),
                                        subscription(analyst, "*", "P1Y", "alone")};
    std::vector<Grant> grants{open_grant(coop, "many"), open_grant(analyst, "alone")};
    // Given to the analyst by the person itself: that has a state of its own.
    grants[1].subject = "kersabiec@lorient.example";
    const std::vector<Objection> objections{{.subject = "kersabiec@lorient.example",
                                             .kind = GrantState::limited,
                                             .reason = "disputed",
                                             .since = at(0),
                                             .until = at(100)}};
    const Audience audience(all, grants, {}, at(0), objections);
    CHECK(who(audience, persons) == Who{"dash@analyst.example/P1Y"});
    CHECK(who(audience, power) == Who{"bmhs@coop.example/P1Y"});
    CHECK(audience.until() == at(100));
    const Audience after(all, grants, {}, at(100), objections);
    CHECK(who(after, persons).size() == 2);
}

TEST_CASE("R4.1: what is extracted after an objection does not enter the outbox") {
    Desk desk;
    desk.subscribe(subscription(coop));
    auto door = desk.outbound();
    door.put(readings(1), {}, "1", at(1));
    CHECK(desk.outbox(coop) == run(1, 1));
    desk.ask([](Mailboxes& m) {
        m.subjects().put_objection(
            {.subject = "school@lorient.example", .reason = "no", .since = at(2)});
    });
    door.put(readings(1, 2), {}, "2", at(3));
    CHECK(desk.outbox(coop) == run(1, 1));
    desk.ask([](Mailboxes& m) { m.subjects().remove_objection("school@lorient.example"); });
    door.put(readings(1, 3), {}, "3", at(4));
    CHECK(desk.outbox(coop) == std::vector<double>{1, 3});
}
