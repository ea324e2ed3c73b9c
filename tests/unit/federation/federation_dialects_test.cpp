// Lanes to peers of other dialects: Quoalise clients and XEP-0060 services.
#include <fmt/format.h>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

constexpr std::string_view town = "meter@town.example";

std::size_t stanzas_with(const Client& client, std::string_view name, std::string_view space) {
    std::size_t found = 0;
    for (const Element& stanza : client.heard()) found += stanza.child(name, space) ? 1 : 0;
    return found;
}

}  // namespace

TEST_CASE("a push whose session ended before the server had it goes again") {
    MemoryNetwork network;
    Proxy proxy(network, town);
    Client alice(network, "alice@coop.example");
    proxy.knows(alice.jid(), Dialect::quoalise);
    network.clog(proxy.jid());
    proxy.sends(alice.jid(), 1);
    let_settle(proxy, alice);
    CHECK(proxy.waiting() == 1);
    network.cut(proxy.jid());
    network.unclog(proxy.jid());
    let_settle(proxy, alice);
    CHECK(alice.heard().empty());
    CHECK(proxy.waiting() == 1);
    network.mend(proxy.jid());
    run_until([&] { return proxy.waiting() == 0; }, proxy, alice);
    let_settle(proxy, alice);
    CHECK(stanzas_with(alice, "quoalise", "urn:quoalise:0") == 1);
}

TEST_CASE("a service that says nothing gets its first item again, and no question of ours") {
    MemoryNetwork network;
    Proxy proxy(network, town);
    Client service(network, "pubsub.town.example");
    proxy.knows(service.jid(), Dialect::pubsub);
    proxy.ask(
        [&](Mailboxes& m) { put_publication(m, "", {.node = "n", .series = "s", .licence = {}}); });
    const auto answers = [&](const Element& iq) {
        service.says(fmt::format("<iq type='result' to='{}' id='{}'/>", iq.attribute("from"),
                                 iq.attribute("id")));
    };
    // One is acknowledged, so that a proxy could be asked for it.
    proxy.sends(service.jid(), 1);
    run_until([&] { return service.heard().size() == 1; }, proxy, service);
    answers(service.heard()[0]);
    run_until([&] { return proxy.waiting() == 0; }, proxy, service);
    proxy.sends(service.jid(), 1);
    run_until([&] { return service.heard().size() >= 4; }, proxy, service);
    for (std::size_t i = 1; i < service.heard().size(); ++i) {
        CHECK(service.heard()[i].name == "iq");
        CHECK(service.heard()[i].attribute("id") == service.heard()[1].attribute("id"));
    }
    answers(service.heard()[1]);
    run_until([&] { return proxy.waiting() == 0; }, proxy, service);
}

TEST_CASE("a peer that turns out to be a client is spoken to as one from then on") {
    MemoryNetwork network;
    Proxy proxy(network, town);
    Client alice(network, "alice@coop.example");
    proxy.knows(alice.jid());
    proxy.sends(alice.jid(), 1);
    run_until([&] { return stanzas_with(alice, "readings", courant_namespace) > 0; }, proxy, alice);
    proxy.knows(alice.jid(), Dialect::quoalise);
    run_until([&] { return proxy.waiting() == 0; }, proxy, alice);
    CHECK(stanzas_with(alice, "quoalise", "urn:quoalise:0") == 1);
}

TEST_CASE("texts become dead letters, and the numbers beside them go") {
    MemoryNetwork network;
    Proxy proxy(network, town);
    Client alice(network, "alice@coop.example");
    proxy.knows(alice.jid(), Dialect::quoalise);
    proxy.sends(alice.jid(),
                {"<sensml xmlns='urn:ietf:params:xml:ns:senml'>"
                 "<senml n='meter:town.example/school:town.example/pv/power' t='1780000000' v='1'/>"
                 "<senml n='meter:town.example/school:town.example/door' t='1780000000' vs='open'/>"
                 "</sensml>"});
    run_until([&] { return proxy.waiting() == 0; }, proxy, alice);
    let_settle(proxy, alice);
    CHECK(stanzas_with(alice, "quoalise", "urn:quoalise:0") == 1);
    const auto dead = proxy.dead();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].record == 2);
    CHECK(dead[0].payload.find("open") != std::string::npos);
}

TEST_CASE("of two series in a push the one that came back is set aside, record by record") {
    MemoryNetwork network;
    Proxy proxy(network, town);
    Client alice(network, "alice@coop.example");
    proxy.knows(alice.jid(), Dialect::quoalise);
    proxy.sends(
        alice.jid(),
        {"<sensml xmlns='urn:ietf:params:xml:ns:senml'>"
         "<senml n='meter:town.example/school:town.example/pv/power' t='1780000000' v='1'/>"
         "<senml n='meter:town.example/school:town.example/pv/energy' t='1780000000' v='2'/>"
         "</sensml>"});
    run_until([&] { return proxy.waiting() == 0 && alice.heard().size() == 2; }, proxy, alice);
    for (int twice = 0; twice < 2; ++twice)
        alice.says(fmt::format("<message type='error' to='{}' id='{}'/>", town,
                               alice.heard()[1].attribute("id")));
    run_until([&] { return !proxy.dead().empty(); }, proxy, alice);
    let_settle(proxy, alice);
    REQUIRE(proxy.dead().size() == 1);
    CHECK(proxy.dead()[0].record == 2);
    // Nobody else can complain in its name.
    Client eve(network, "eve@evil.example");
    eve.says(fmt::format("<message type='error' to='{}' id='{}'/>", town,
                         alice.heard()[0].attribute("id")));
    let_settle(proxy, alice, eve);
    CHECK(proxy.dead().size() == 1);
}

TEST_CASE("pushes keep to the pace that the deployed servers keep") {
    MemoryNetwork network;
    FederationSettings settings = patient();
    settings.lanes.bytes_per_second = 1'000'000'000;
    Proxy proxy(network, town, settings);
    Client alice(network, "alice@coop.example");
    proxy.knows(alice.jid(), Dialect::quoalise);
    std::string pack = "<sensml xmlns='urn:ietf:params:xml:ns:senml'>";
    for (int i = 0; i < 5'000; ++i)
        pack += fmt::format(
            "<senml n='meter:town.example/school:town.example/pv/power' t='{}' "
            "v='1'/>",
            1'780'000'000 + i);
    pack += "</sensml>";
    proxy.sends(alice.jid(), {pack});
    run_until([&] { return proxy.waiting() == 0; }, proxy, alice);
    // The first one is paid for half a minute.
    proxy.sends(alice.jid(), 1);
    let_settle(proxy, alice);
    CHECK(proxy.waiting() == 1);
    CHECK(alice.heard().size() == 1);
}
