// Sessions in trouble: servers that refuse us, that we refuse, that die, freeze or misbehave.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "proxy-core/error.hpp"
#include "proxy-core/federation/xmpp_session.hpp"
#include "tests/integration/xmpp_client.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// Accepts one client on loopback and says the given pieces, one after each thing that it hears;
/// then it is silent.
class ScriptedServer {
  public:
    explicit ScriptedServer(std::vector<std::string> pieces)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), pieces_(std::move(pieces)) {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* address = reinterpret_cast<sockaddr*>(&any);
        socklen_t size = sizeof any;
        REQUIRE(::bind(listener_, address, size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, address, &size) == 0);
        port_ = ntohs(any.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        join();
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string address() const { return fmt::format("127.0.0.1:{}", port_); }
    /// Everything that the client said until it hung up.
    const std::string& heard() {
        join();
        return heard_;
    }

  private:
    void serve() {
        const int client = ::accept(listener_, nullptr, nullptr);
        std::size_t said = 0;
        char slice[4096];
        for (;;) {
            const ssize_t count = ::recv(client, slice, sizeof slice, 0);
            if (count <= 0) break;
            heard_.append(slice, static_cast<std::size_t>(count));
            if (said == pieces_.size()) continue;
            const std::string& piece = pieces_[said++];
            ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
        }
        ::close(client);
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    int listener_;
    unsigned short port_ = 0;
    std::vector<std::string> pieces_;
    std::string heard_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a stanza beyond the server's bounds ends the session with a reason, and it comes back") {
    if (!both_installed()) return;
    Federation& f = federation();
    for (XmppServer* server : {&f.coop, &f.lorient}) {
        CAPTURE(server->domain());
        Client client(f.settings(*server, "ana"));
        REQUIRE(client.until_online());
        client.session.send("<message to='ana@coop.example'><body>" + std::string(300'000, 'x') +
                            "</body></message>");
        REQUIRE(client.until_lost());
        // A server that closes with bytes unread resets the connection, and the reset may overtake
        // its reason.
        const std::string& reason = client.diary.losses[0].reason;
        CHECK_MESSAGE((reason.find("policy-violation") != std::string::npos ||
                       reason.find("closed the connection") != std::string::npos),
                      reason);
        CHECK(!client.diary.losses[0].needs_operator);
        CHECK(client.until_online(2));
    }
}

TEST_CASE("a wrong password is an operator's matter and says so") {
    if (!both_installed()) return;
    Federation& f = federation();
    for (XmppServer* server : {&f.coop, &f.lorient}) {
        CAPTURE(server->domain());
        XmppSettings settings = f.settings(*server, "ana");
        settings.password = "guessed";
        Client client(settings);
        REQUIRE(client.until_lost());
        CHECK(client.diary.losses[0].needs_operator);
        CHECK_MESSAGE(
            client.diary.losses[0].reason.find("refused the password of ana@") != std::string::npos,
            client.diary.losses[0].reason);
    }
}

TEST_CASE("with a private authority named, no other counts, not even the system's") {
    if (!both_installed()) return;
    Federation& f = federation();
    const TempDir other;
    REQUIRE(run_to_end({COURANT_XMPP_SCRIPTS "/mkca.sh", other.path().string(), "coop.example"},
                       other / "output") == 0);
    XmppSettings settings = f.settings(f.coop, "ana");
    std::vector<SessionLoss> losses;
    const auto attempt = [&](const std::string& ca_file) {
        settings.ca_file = ca_file;
        Client client(settings);
        client.until([&] { return !client.diary.losses.empty() || !client.diary.online.empty(); });
        REQUIRE(client.diary.losses.size() == 1);
        losses.push_back(client.diary.losses[0]);
    };
    attempt((other / "ca.pem").string());
    attempt("");
    attempt((other / "missing.pem").string());
    // The server's authority is the system's now, and the configured one is still another.
    REQUIRE(setenv("SSL_CERT_FILE", f.servers.ca_file().c_str(), 1) == 0);
    attempt((other / "ca.pem").string());
    unsetenv("SSL_CERT_FILE");
    for (const SessionLoss& loss : losses) CHECK_MESSAGE(loss.needs_operator, loss.reason);
    CHECK_MESSAGE(losses[0].reason.find("is another one") != std::string::npos, losses[0].reason);
    CHECK_MESSAGE(losses[1].reason.find("set ca_file") != std::string::npos, losses[1].reason);
    CHECK_MESSAGE(losses[2].reason.find("missing.pem") != std::string::npos, losses[2].reason);
    CHECK_MESSAGE(losses[3].reason.find("is another one") != std::string::npos, losses[3].reason);
}

TEST_CASE("a certificate for another name or out of date is refused, with both names") {
    if (!both_installed()) return;
    for (const ServerKind kind : {ServerKind::prosody, ServerKind::ejabberd}) {
        XmppServers servers;
        XmppServer& server = servers.add_stopped(kind, "energie.example", {{"ana", "secret-ana"}});
        servers.certify("energie.example", "lorient.example");
        server.start();
        Client client(settings_for(servers, server, "ana"));
        REQUIRE(client.until_lost());
        CHECK(client.diary.losses[0].needs_operator);
        CHECK_MESSAGE(client.diary.losses[0].reason.starts_with(
                          "the certificate that answered is for lorient.example, "
                          "*.lorient.example, not energie.example."),
                      client.diary.losses[0].reason);

        server.kill();
        servers.certify("energie.example", "energie.example", 0);
        server.start();
        Client late(settings_for(servers, server, "ana"));
        REQUIRE(late.until_lost());
        CHECK(late.diary.losses[0].needs_operator);
        CHECK_MESSAGE(late.diary.losses[0].reason.find("has expired") != std::string::npos,
                      late.diary.losses[0].reason);
    }
}

TEST_CASE("a frozen server is found out by its silence, and joined again when it thaws") {
    if (!both_installed()) return;
    XmppServers servers;
    XmppServer& server =
        servers.add(ServerKind::prosody, "energie.example", {{"ana", "secret-ana"}});
    XmppSettings settings = settings_for(servers, server, "ana");
    settings.ping_after = 100ms;
    settings.ping_patience = 2s;
    settings.handshake_patience = 3s;
    Client client(settings);
    REQUIRE(client.until_online());
    // A living one answers the pings, and the answers are not the listener's.
    const auto later = Clock::now() + 1s;
    client.until([&] { return Clock::now() >= later; });
    CHECK(client.diary.losses.empty());
    CHECK(client.diary.stanzas.empty());

    server.freeze();
    REQUIRE(client.until_lost());
    CHECK_MESSAGE(client.diary.losses[0].reason.find("has not answered for") != std::string::npos,
                  client.diary.losses[0].reason);
    // The kernel still accepts for it: connected and never greeted.
    CHECK(client.until_lost(2));
    CHECK_MESSAGE(
        client.diary.losses[1].reason.find("did not finish the login") != std::string::npos,
        client.diary.losses[1].reason);
    server.thaw();
    CHECK(client.until_online(2));
}

TEST_CASE("of what a server does not read the system takes little, and the rest waits with us") {
    if (!both_installed()) return;
    XmppServers servers;
    XmppServer& server =
        servers.add(ServerKind::prosody, "energie.example", {{"ana", "secret-ana"}});
    Client client(settings_for(servers, server, "ana"));
    REQUIRE(client.until_online());
    server.freeze();
    constexpr std::size_t all = 16'000'000;
    const std::string stanza =
        fmt::format("<message to='ana@energie.example'><x xmlns='urn:x'>{}</x></message>",
                    std::string(20'000, 'x'));
    while (client.session.queued_bytes() < all) client.session.send(stanza);
    // Until nothing moves any more.
    std::size_t before = 0;
    for (int still = 0; still < 20; before = client.session.queued_bytes()) {
        client.session.poll(10ms, client.diary);
        still = client.session.queued_bytes() == before ? still + 1 : 0;
    }
    const std::size_t taken = all - std::min(all, client.session.queued_bytes());
    MESSAGE(taken << " bytes taken");
    CHECK(taken < 1'000'000);
}

TEST_CASE("a server that stalls, lies or speaks in clear holds nobody and gets no password") {
    XmppSettings settings;
    settings.account = jid("ana@coop.example");
    settings.password = "secret";
    // What the sentence says; `patience` is short only where it is what ends the attempt.
    const auto reason_with = [&](std::chrono::milliseconds patience,
                                 std::vector<std::string> answers) {
        ScriptedServer server(std::move(answers));
        settings.servers = {server.address()};
        settings.handshake_patience = patience;
        Client client(settings);
        REQUIRE(client.until_lost());
        const std::string reason = client.diary.losses[0].reason;
        client.session.close();
        CHECK(server.heard().find("<auth") == std::string::npos);
        return reason;
    };
    const auto check = [&](const std::string& reason, const std::string& expected) {
        CHECK_MESSAGE(reason.find(expected) != std::string::npos, reason);
    };
    const std::string header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
        "id='1' version='1.0'>";
    const std::string starttls =
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
    const std::string scram =
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
        "<mechanism>SCRAM-SHA-256</mechanism></mechanisms></stream:features>";
    const std::string proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    check(reason_with(300ms, {}), "did not finish the login within 300 ms");
    check(reason_with(300ms, {header}), "did not finish the login within 300 ms");
    check(reason_with(300ms, {header + starttls, proceed}), "does not answer in the TLS handshake");
    check(reason_with(15s, {header + starttls, proceed + scram}), "somebody speaks in clear");
    check(reason_with(15s, {header + starttls, proceed, "HTTP/1.1 400 Bad Request\r\n\r\n"}),
          "no TLS with coop.example at 127.0.0.1:");
    check(reason_with(15s, {header + scram}), "offers no TLS");
    check(reason_with(15s, {header + "<stream:features></stream:oops>"}), "speaks no XMPP");
    check(
        reason_with(15s, {header + "<stream:error><host-unknown "
                                   "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"}),
        "does not serve coop.example");
}

TEST_CASE("an address that is none is refused at once") {
    XmppSettings settings;
    settings.account = jid("ana@coop.example");
    for (const char* address : {"coop.example:", "coop.example:xmpp", ":5222", "a:99999"}) {
        settings.servers = {address};
        CHECK_THROWS_AS(XmppSession{settings}, Error);
    }
}

TEST_CASE("a socket that select() could not bear is refused, and does not end the process") {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < FD_SETSIZE + 100) {
        MESSAGE("the limit on open files is too low: nothing is tested");
        return;
    }
    std::vector<int> opened;
    while (opened.empty() || opened.back() < FD_SETSIZE) {
        opened.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    XmppSettings settings;
    settings.account = jid("ana@coop.example");
    settings.servers = {"127.0.0.1:1"};
    Client client(settings);
    CHECK(client.until_lost());
    CHECK(client.diary.losses[0].reason.find("too many files open") != std::string::npos);
    for (const int descriptor : opened) ::close(descriptor);
}
