// Sessions with real servers, Prosody and ejabberd, when all goes well.
#include "proxy-core/federation/xmpp_session.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/integration/xmpp_client.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

TEST_CASE("a session begins on Prosody and on ejabberd, with a resource of ours") {
    if (!both_installed()) return;
    Federation& f = federation();
    for (XmppServer* server : {&f.coop, &f.lorient}) {
        CAPTURE(server->domain());
        Client client(f.settings(*server, "ana"));
        REQUIRE_MESSAGE(client.until_online(), server->log_tail());
        CHECK(client.diary.losses.empty());
        CHECK(client.diary.online[0].bare() == jid("ana@" + server->domain()));
        CHECK(client.diary.online[0].resource().starts_with("courant-"));
        CHECK(client.session.queued_bytes() < 20);
    }
}

TEST_CASE("180 kB in one stanza arrive unchanged at the other organisation, both ways") {
    if (!both_installed()) return;
    Pair pair;
    std::string pack;
    while (pack.size() < 180'000) pack += fmt::format("<r v=\"{}\">&lt;1.5&amp;é</r>", pack.size());
    CHECK(pair.exchange(pair.a, pair.b, pack));
    CHECK(pair.exchange(pair.b, pair.a, pack));
}

TEST_CASE("2000 stanzas pushed at once arrive in order, and the queue tells the truth") {
    if (!both_installed()) return;
    Pair pair;
    const std::string payload(200, 'x');
    for (int i = 0; i < 2000; ++i) pair.a.session.send(pair.message(pair.b, i, payload));
    CHECK(pair.a.session.queued_bytes() > 2000 * payload.size());
    CHECK(pair.until([&] { return pair.b.diary.stanzas.size() >= 2000; }));
    CHECK(pair.a.session.queued_bytes() == 0);
    REQUIRE(pair.b.diary.stanzas.size() == 2000);
    for (int i = 0; i < 2000; ++i) {
        const std::string& stanza = pair.b.diary.stanzas[static_cast<std::size_t>(i)];
        if (stanza.find(fmt::format("id=\"{}\"", i)) == std::string::npos) {
            FAIL("out of order at ", i, ": ", stanza);
        }
    }
}

TEST_CASE("what was sent before close() arrives") {
    if (!both_installed()) return;
    Pair pair;
    for (int i = 0; i < 300; ++i) {
        pair.a.session.send(pair.message(pair.b, i, std::string(1000, 'x')));
    }
    pair.a.session.close();
    CHECK(pair.b.until([&] { return pair.b.diary.stanzas.size() >= 300; }));
    CHECK(pair.a.diary.losses.empty());
}

TEST_CASE("a stanza beyond our bounds is dropped, counted and told, and harms nothing") {
    if (!both_installed()) return;
    Federation& f = federation();
    XmppSettings strict = f.settings(f.coop, "ana");
    strict.max_stanza_bytes = 10'000;
    strict.max_stanza_depth = 16;
    Pair pair(f.settings(f.lorient, "ana"), strict);
    std::vector<std::string> refusals;
    pair.b.session.when_refused([&](std::string_view why) { refusals.emplace_back(why); });

    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "<a>";
    for (int i = 0; i < 1000; ++i) deep += "</a>";
    pair.a.session.send(pair.message(pair.b, 1, std::string(20'000, 'x')));
    pair.a.session.send(pair.message(pair.b, 2, deep));
    CHECK(pair.exchange(pair.a, pair.b, "<small/>"));
    CHECK(pair.b.session.refused() == 2);
    REQUIRE(refusals.size() == 2);
    CHECK(refusals[0].find("10000 is the limit") != std::string::npos);
    CHECK(refusals[1] == "more than 16 elements within each other");
}

TEST_CASE(
    "a server that is down at first is waited for; killed and back, it has us back, present") {
    if (!both_installed()) return;
    for (const ServerKind kind : {ServerKind::prosody, ServerKind::ejabberd}) {
        XmppServers servers;
        XmppServer& server = servers.add_stopped(kind, "energie.example",
                                                 {{"ana", "secret-ana"}, {"bo", "secret-bo"}});
        Client ana(settings_for(servers, server, "ana"));
        REQUIRE(ana.until_lost(2));
        CHECK_MESSAGE(ana.diary.losses[0].reason.find("Connection refused") != std::string::npos,
                      ana.diary.losses[0].reason);
        CHECK(!ana.diary.losses[0].needs_operator);
        server.start();
        REQUIRE_MESSAGE(ana.until_online(), server.log_tail());

        const std::size_t losses = ana.diary.losses.size();
        server.kill();
        CHECK(ana.until_lost(losses + 1));
        server.start();
        REQUIRE(ana.until_online(2));
        CHECK(ana.diary.online[0] == ana.diary.online[1]);

        // Only a resource that sent presence gets what is for the bare JID.
        Client bo(settings_for(servers, server, "bo"));
        REQUIRE(bo.until_online());
        bo.session.send("<message to='ana@energie.example'><hello xmlns='urn:example'/></message>");
        CHECK(pump_until({&ana, &bo}, [&] { return !ana.diary.stanzas.empty(); }));
        // An orderly end is one, too.
        const std::size_t before = ana.diary.losses.size();
        server.stop();
        CHECK(ana.until_lost(before + 1));
    }
}

TEST_CASE("wake() from another thread ends poll() at once") {
    XmppSettings settings;
    settings.account = jid("ana@coop.example");
    settings.servers = {"127.0.0.1:1"};
    XmppSession session(settings);
    Diary diary;
    std::thread waker([&] { session.wake(); });
    session.poll(24h, diary);
    waker.join();
    CHECK(diary.losses.empty());
}
