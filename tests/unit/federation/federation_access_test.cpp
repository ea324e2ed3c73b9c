// What may no longer go does not go, and who may not send is not heard.
#include <doctest/doctest.h>

#include "tests/support/open_grant.hpp"
#include "tests/unit/federation/proxies.hpp"

namespace courant::test {
namespace {

const Jid coop_jid = address("bmhs@coop.example");

/// A proxy whose clock the test sets, and somebody who gets its readings.
struct Town {
    MemoryNetwork network;
    Time now = senml::from_unix_seconds(1'780'000'000);
    Proxy town;
    Proxy coop;

    Town()
        : town(network, "zabbix@lorient.example",
               [this] {
                   FederationSettings settings = quick();
                   settings.clock = [this] { return now; };
                   return settings;
               }()),
          coop(network, "bmhs@coop.example") {
        coop.knows(town.jid());
        town.knows(coop.jid());
    }
    Grant grants(const std::string& id, std::optional<Time> until = std::nullopt) {
        Grant grant = open_grant(coop.jid(), id);
        grant.until = until;
        town.ask([&](Mailboxes& m) { m.access().add_grant(grant); });
        return grant;
    }
    void sends(const std::string& grant, double value) {
        town.federation().outbox_grew(town.ask([&](Mailboxes& m) {
            const auto [lane, seq] =
                m.enqueue({coop.jid(),
                           {.retain = "P1Y", .grant = grant, .hops = {town.jid()}},
                           pack_of(town.jid(), value),
                           1},
                          now);
            return std::vector<Enqueued>{{lane, coop.jid(), seq}};
        }));
    }
    void ends(const std::string& grant) {
        town.ask([&](Mailboxes& m) {
            return m.access().set_grant_state(grant, GrantState::withdrawn, "", now);
        });
    }
    void suspends(const std::string& why) {
        for (Proxy* proxy : {&town, &coop}) {
            const Jid peer = (proxy == &town ? coop : town).jid();
            proxy->ask([&](Mailboxes& m) {
                auto known = *m.find_peer(peer);
                known.terms.suspended = why;
                m.put_peer(known);
            });
        }
    }
};

}  // namespace

TEST_CASE("R4.1: what waited while its grant was withdrawn does not go, and the lane goes on") {
    Town stage;
    stage.grants("G");
    stage.grants("H");
    stage.coop.transport().close();
    stage.town.transport().close();
    stage.sends("G", 1);
    stage.sends("H", 2);
    stage.sends("G", 3);
    stage.sends("H", 4);
    stage.ends("G");
    stage.coop.transport().open();
    stage.town.transport().open();
    run_until([&] { return stage.town.waiting() == 0; }, stage.town, stage.coop);
    CHECK(stage.coop.values() == std::vector<double>{2, 4});
    for (const auto& stanza : stage.network.sent())
        CHECK(stanza.text.find("v='1'") == std::string::npos);
    CHECK(stage.coop.dead().empty());
}

TEST_CASE("R4.1: what waited until its grant ran out does not go; one that ends stops no other") {
    Town stage;
    const Time end = stage.now + std::chrono::hours(1);
    stage.grants("G", end);
    stage.grants("H");
    stage.coop.transport().close();
    stage.town.transport().close();
    stage.sends("G", 1);
    stage.sends("H", 2);
    SUBCASE("a moment before") {
        stage.now = end - std::chrono::nanoseconds(1);
        stage.coop.transport().open();
        stage.town.transport().open();
        run_until(
            [&] {
                return stage.coop.values() == std::vector<double>{1, 2};
            },
            stage.town, stage.coop);
    }
    SUBCASE("then") {
        stage.now = end;
        stage.coop.transport().open();
        stage.town.transport().open();
        run_until([&] { return stage.town.waiting() == 0; }, stage.town, stage.coop);
        CHECK(stage.coop.values() == std::vector<double>{2});
    }
}

TEST_CASE("a suspended peer gets nothing and gives nothing; what waits goes when it is over") {
    Town stage;
    stage.grants("G");
    stage.suspends("audit");
    stage.sends("G", 1);
    let_settle(stage.town, stage.coop);
    CHECK(stage.coop.values().empty());
    CHECK(stage.town.waiting() == 1);

    Client zabbix(stage.network, "linky@lorient.example");
    stage.coop.knows(zabbix.jid());
    stage.coop.ask([&](Mailboxes& m) {
        auto peer = *m.find_peer(zabbix.jid());
        peer.terms.suspended = "audit";
        m.put_peer(peer);
    });
    zabbix.says(stage.coop.jid(), "<readings xmlns='urn:courant:0' lane='L' seq='1' retain='P3Y'>" +
                                      pack_of(zabbix.jid(), 7) + "</readings>");
    run_until([&] { return !zabbix.heard().empty(); }, stage.town, stage.coop, zabbix);
    CHECK(zabbix.heard()[0].attribute("type") == "error");
    CHECK(zabbix.receipts().empty());
    CHECK(stage.coop.count("courant_messages_barred_total") >= 1);

    stage.suspends("");
    run_until([&] { return stage.coop.values() == std::vector<double>{1}; }, stage.town,
              stage.coop);
}

TEST_CASE("a stranger is told how to be admitted, and the operator sees that it asked") {
    Town stage;
    stage.coop.federation().offer({.node = "n",
                                   .title = "N",
                                   .may_run = peers_only(stage.coop.jid()),
                                   .form = [](Time) { return Form{}; },
                                   .run = [](CommandQuestion, CommandReply) {}});
    Client eve(stage.network, "eve@evil.example");
    SUBCASE("with readings") {
        eve.says(stage.coop.jid(),
                 "<readings xmlns='urn:courant:0' lane='L' seq='1' retain='P3Y'>" +
                     pack_of(eve.jid(), 7) + "</readings>");
    }
    SUBCASE("where we are") {
        eve.says(stage.coop.jid(), "<where xmlns='urn:courant:0'/>");
    }
    SUBCASE("with a command") {
        eve.says("<iq type='set' id='q' to='" + stage.coop.jid().to_string() + "/courant" +
                 "'><command xmlns='http://jabber.org/protocol/commands' node='n'/></iq>");
    }
    run_until([&] { return !eve.heard().empty(); }, stage.coop, eve);
    const Element& answer = eve.heard()[0];
    CHECK(answer.attribute("type") == "error");
    CHECK(stage.network.sent().back().text.find("courant peer add eve@evil.example") !=
          std::string::npos);
    const auto requests =
        stage.coop.ask([](Mailboxes& m) { return m.access().admission_requests(); });
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].jid == eve.jid());
    CHECK(stage.coop.values().empty());
}

}  // namespace courant::test
