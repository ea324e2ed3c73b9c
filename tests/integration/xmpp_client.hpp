// What the tests of sessions share: a session with a diary, and a federation of two real servers.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/xmpp_session.hpp"
#include "tests/support/xmpp_servers.hpp"

namespace courant::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

inline Jid jid(const std::string& text) {
    return Jid::parse(text).value();
}

struct Diary : TransportListener {
    std::vector<Jid> online;
    std::vector<SessionLoss> losses;
    std::vector<std::string> stanzas;
    void on_online(const Jid& full_jid) override { online.push_back(full_jid); }
    void on_offline(const SessionLoss& loss) override { losses.push_back(loss); }
    void on_stanza(std::string_view stanza) override {
        // Presences, our own among them, are not what these tests count.
        if (!stanza.starts_with("<presence")) stanzas.emplace_back(stanza);
    }
};

/// A session with what it told.
struct Client {
    Diary diary;
    XmppSession session;

    explicit Client(const XmppSettings& settings) : session(settings) { session.open(); }

    /// Polls until `reached`, at most for `patience`; returns whether it was.
    bool until(const std::function<bool()>& reached, std::chrono::milliseconds patience = 20s) {
        const auto deadline = Clock::now() + patience;
        while (!reached() && Clock::now() < deadline) session.poll(20ms, diary);
        return reached();
    }
    bool until_online(std::size_t times = 1) {
        return until([&] { return diary.online.size() >= times; });
    }
    bool until_lost(std::size_t times = 1) {
        return until([&] { return diary.losses.size() >= times; });
    }
};

inline XmppSettings settings_for(const XmppServers& servers, XmppServer& server,
                                 const std::string& local) {
    XmppSettings settings;
    settings.account = jid(local + "@" + server.domain());
    settings.password = "secret-" + local;
    settings.servers = {server.address()};
    settings.ca_file = servers.ca_file().string();
    settings.backoff_first = 50ms;
    settings.backoff_max = 200ms;
    return settings;
}

inline bool both_installed() {
    const bool there =
        XmppServers::installed(ServerKind::prosody) && XmppServers::installed(ServerKind::ejabberd);
    if (!there) MESSAGE("Prosody or ejabberd is not installed: nothing is tested");
    return there;
}

/// The federation that most tests share: starting it takes longer than using it.
struct Federation {
    XmppServers servers;
    XmppServer& coop = servers.add(ServerKind::prosody, "coop.example",
                                   {{"zabbix", "secret-zabbix"}, {"ana", "secret-ana"}});
    XmppServer& lorient = servers.add(ServerKind::ejabberd, "lorient.example",
                                      {{"meter", "secret-meter"}, {"ana", "secret-ana"}});

    XmppSettings settings(XmppServer& server, const std::string& local) {
        return settings_for(servers, server, local);
    }
};

inline Federation& federation() {
    static Federation one;
    return one;
}

/// Polls all until `reached`, at most for `patience`; returns whether it was.
inline bool pump_until(const std::vector<Client*>& clients, const std::function<bool()>& reached,
                       std::chrono::milliseconds patience = 30s) {
    const auto deadline = Clock::now() + patience;
    while (!reached() && Clock::now() < deadline) {
        for (Client* client : clients) client->session.poll(1ms, client->diary);
    }
    return reached();
}

/// Two organisations' sessions, online.
struct Pair {
    Client a, b;

    Pair()
        : Pair(federation().settings(federation().coop, "zabbix"),
               federation().settings(federation().lorient, "meter")) {}
    Pair(const XmppSettings& of_a, const XmppSettings& of_b) : a(of_a), b(of_b) {
        REQUIRE(a.until_online());
        REQUIRE(b.until_online());
    }

    bool until(const std::function<bool()>& reached) { return pump_until({&a, &b}, reached); }

    std::string message(const Client& to, int id, const std::string& payload) const {
        return fmt::format("<message to='{}' id='{}'><x xmlns='urn:example'>{}</x></message>",
                           to.diary.online.back().to_string(), id, payload);
    }

    /// Whether the payload comes out as it went in.
    bool exchange(Client& from, Client& to, const std::string& payload) {
        to.diary.stanzas.clear();
        from.session.send(message(to, 7, payload));
        const bool arrived = until([&] { return !to.diary.stanzas.empty(); }) &&
                             to.diary.stanzas[0].find(">" + payload + "<") != std::string::npos;
        if (!arrived && !to.diary.stanzas.empty()) MESSAGE(to.diary.stanzas[0].substr(0, 500));
        return arrived;
    }
};

}  // namespace courant::test
