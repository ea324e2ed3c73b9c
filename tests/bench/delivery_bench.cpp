// How fast the whole durable way is, as a ratio: readings from a file through outbox, two servers
// and inbox, each step committed to the disk, against a bare libstrophe client that pushes the same
// packs through the same servers in the same run and keeps nothing.
//
//     build/bench/tests/bench/delivery_bench [rows]          rows of two series each; 100 000 by
//     default
//
// The servers cap both (their XML parsing); the ratio says what durability, order and receipts cost
// on top of them.
#define DOCTEST_CONFIG_IMPLEMENT  // the stage that tests share asserts; here nothing else does
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strophe.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "jobs/dispatch.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/name.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/xmpp_servers.hpp"

namespace {

using namespace courant;
using namespace courant::test;
using Clock = std::chrono::steady_clock;

constexpr int records_per_message = 500;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// --- the bare client: libstrophe as its own examples use it, with TCP_NODELAY

struct Bare {
    xmpp_ctx_t* context = nullptr;
    xmpp_conn_t* connection = nullptr;
    bool online = false;
    long received = 0;
    long records = 0;
};

void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int, xmpp_stream_error_t*,
                   void* data) {
    auto* bare = static_cast<Bare*>(data);
    bare->online = event == XMPP_CONN_CONNECT;
    if (bare->online)
        xmpp_send_raw_string(connection, "<presence/>");
    else
        std::_Exit(1);
}

int on_message(xmpp_conn_t*, xmpp_stanza_t* stanza, void* data) {
    auto* bare = static_cast<Bare*>(data);
    xmpp_stanza_t* readings = xmpp_stanza_get_child_by_name(stanza, "readings");
    xmpp_stanza_t* pack = readings ? xmpp_stanza_get_child_by_name(readings, "sensml") : nullptr;
    if (!pack) return 1;
    ++bare->received;
    for (auto* record = xmpp_stanza_get_children(pack); record;
         record = xmpp_stanza_get_next(record))
        if (xmpp_stanza_get_attribute(record, "v")) ++bare->records;
    return 1;
}

int no_delay(xmpp_conn_t*, void* socket) {
    const int on = 1;
    return setsockopt(*static_cast<int*>(socket), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void log_in(Bare& bare, const std::string& jid, const XmppServer& server,
            const std::string& ca_file) {
    xmpp_initialize();
    bare.context = xmpp_ctx_new(nullptr, nullptr);
    bare.connection = xmpp_conn_new(bare.context);
    xmpp_conn_set_flags(bare.connection, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
    xmpp_conn_set_jid(bare.connection, jid.c_str());
    xmpp_conn_set_pass(bare.connection, "secret");
    xmpp_conn_set_cafile(bare.connection, ca_file.c_str());
    xmpp_conn_set_sockopt_callback(bare.connection, no_delay);
    xmpp_handler_add(bare.connection, on_message, nullptr, "message", nullptr, &bare);
    const auto colon = server.address().rfind(':');
    xmpp_connect_client(
        bare.connection, server.address().substr(0, colon).c_str(),
        static_cast<unsigned short>(std::atoi(server.address().c_str() + colon + 1)), on_connection,
        &bare);
    while (!bare.online) xmpp_run_once(bare.context, 1);
}

[[noreturn]] void receive_all(const std::string& jid, const XmppServer& server,
                              const std::string& ca_file, long messages, int ready) {
    Bare bare;
    log_in(bare, jid, server, ca_file);
    [[maybe_unused]] const auto told = write(ready, "r", 1);
    while (bare.received < messages) xmpp_run_once(bare.context, 1);
    std::_Exit(0);
}

[[noreturn]] void send_all(const std::string& jid, const XmppServer& server,
                           const std::string& ca_file, const std::vector<std::string>& stanzas,
                           int ready) {
    Bare bare;
    log_in(bare, jid, server, ca_file);
    [[maybe_unused]] const auto told = write(ready, "s", 1);
    std::size_t next = 0;
    for (;;) {
        while (next < stanzas.size() && xmpp_conn_send_queue_len(bare.connection) < 64) {
            xmpp_send_raw(bare.connection, stanzas[next].data(), stanzas[next].size());
            ++next;
        }
        xmpp_run_once(bare.context, 1);
    }
}

/// Seconds from the first stanza to the last one's arrival.
double run_bare(XmppServers& servers, XmppServer& from, XmppServer& to,
                const std::vector<std::string>& stanzas) {
    int ready[2];
    if (pipe(ready) != 0) throw std::runtime_error("pipe");
    const std::string ca_file = servers.ca_file().string();
    char word = 0;
    const pid_t receiver = fork();
    if (receiver == 0)
        receive_all("bare-b@" + to.domain(), to, ca_file, static_cast<long>(stanzas.size()),
                    ready[1]);
    if (read(ready[0], &word, 1) != 1) throw std::runtime_error("the receiver did not come");
    const pid_t sender = fork();
    if (sender == 0) send_all("bare-a@" + from.domain(), from, ca_file, stanzas, ready[1]);
    if (read(ready[0], &word, 1) != 1) throw std::runtime_error("the sender did not come");
    const auto begin = Clock::now();
    int status = 0;
    waitpid(receiver, &status, 0);
    const double seconds = seconds_since(begin);
    ::kill(sender, SIGKILL);
    waitpid(sender, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    if (status != 0) throw std::runtime_error("the bare receiver failed");
    return seconds;
}

// --- the proxies

struct Measured {
    double seconds = 0;
    long home_peak_kib = 0;
    long coop_peak_kib = 0;
};

long peak_kib(pid_t pid) {
    const std::string status = read_file(fmt::format("/proc/{}/status", pid));
    const auto at = status.find("VmHWM:");
    return at == std::string::npos ? 0 : std::atol(status.c_str() + at + 6);
}

/// Seconds from the start of the sender's process to the last commit in the receiver's inbox.
Measured run_proxies(XmppServers& servers, XmppServer& from, XmppServer& to,
                     const std::filesystem::path& csv, long messages) {
    Proxy home("home@" + from.domain(), "secret", from, servers.ca_file());
    Proxy coop("coop@" + to.domain(), "secret", to, servers.ca_file());
    coop.configure("");
    home.configure(fmt::format(
        "[adapters.meter]\ntype = \"csv\"\npath = \"{}\"\ntime_format = \"unix\"\nseries = [\n"
        "  {{ column = \"a\", name = \"{}/house@home.test/consumption/power\", unit = \"W\" }},\n"
        "  {{ column = \"b\", name = \"{}/house@home.test/pv/power\", unit = \"W\" }} "
        "]\n\n[[extract]]\nadapter = \"meter\"\nevery = \"1h\"\n",
        csv.string(), home.jid(), home.jid()));
    if (home.command({"peer", "add", coop.jid()}).code != 0 ||
        home.command({"subscription", "add", coop.jid(), "*"}).code != 0 ||
        coop.command({"peer", "add", home.jid()}).code != 0)
        throw std::runtime_error("the proxies cannot be set up");
    coop.start();
    SqliteOptions beside;
    beside.ownership = Ownership::shared;
    const auto store = open_sqlite_store(coop / "store.sqlite", beside);
    const auto note = [&] {
        std::string session;
        store->read([&](Mailboxes& m) { session = m.note("session"); });
        return session;
    };
    while (!note().starts_with("online")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto begin = Clock::now();
    home.start();
    for (Seq through = 0; through < messages;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        store->read([&](Mailboxes& m) {
            for (const IncomingLane& lane : m.incoming_lanes()) through = lane.next - 1;
        });
        if (seconds_since(begin) > 300)
            throw std::runtime_error("the proxies do not get there\n" + home.log() + coop.log());
    }
    return {seconds_since(begin), peak_kib(home.pid()), peak_kib(coop.pid())};
}

// --- what they carry

senml::Pack readings(int rows, const std::filesystem::path& csv, const std::string& jid) {
    std::ofstream out(csv);
    out << "t,a,b\n";
    senml::Pack pack;
    const auto a =
        pack.intern_name(senml::Name::parse(jid + "/house@home.test/consumption/power")->senml());
    const auto b = pack.intern_name(senml::Name::parse(jid + "/house@home.test/pv/power")->senml());
    const auto watt = pack.intern_unit("W");
    for (int i = 0; i < rows; ++i) {
        const long t = 1'309'442'400L + 1800L * i;
        const double x = 200 + i * 7919 % 3000 + (i % 8) * 0.125;
        const double y = i * 104'729 % 4000;
        out << fmt::format("{},{},{}\n", t, x, y);
        pack.add(a, watt, senml::from_unix_seconds(t), x);
        pack.add(b, watt, senml::from_unix_seconds(t), y);
    }
    return pack;
}

std::vector<std::string> stanzas_of(const senml::Pack& pack, const std::string& from,
                                    const std::string& to) {
    const Subscription all{.id = 1,
                           .peer = *Jid::parse(to),
                           .series = "*",
                           .retain = "P3Y",
                           .grant = {},
                           .added_at = {}};
    const auto cut = dispatch(
        pack, {&all, 1}, {.self = *Jid::parse(from), .records_per_message = records_per_message});
    std::vector<std::string> stanzas;
    Seq seq = 0;
    for (const Outgoing& message : cut.messages)
        stanzas.push_back(to_stanza(Message{.peer = message.peer,
                                            .lane = LaneId{"01JD0000000000000000000000"},
                                            .seq = ++seq,
                                            .envelope = message.envelope,
                                            .body = message.body,
                                            .records = message.records,
                                            .stored_at = {}}));
    return stanzas;
}

void measure(ServerKind from_kind, ServerKind to_kind, const std::string& label, int rows) {
    XmppServers servers;
    XmppServer& from =
        servers.add(from_kind, "home.test", {{"home", "secret"}, {"bare-a", "secret"}});
    XmppServer& to = servers.add(to_kind, "coop.test", {{"coop", "secret"}, {"bare-b", "secret"}});
    const auto csv = servers.root() / "readings.csv";
    const auto pack = readings(rows, csv, "home@home.test");
    const auto stanzas = stanzas_of(pack, "home@home.test", "bare-b@coop.test");
    run_bare(servers, from, to,
             {stanzas.begin(), stanzas.begin() + 20});  // the servers find each other
    const double bare = run_bare(servers, from, to, stanzas);
    const Measured ours = run_proxies(servers, from, to, csv, static_cast<long>(stanzas.size()));
    const auto records = static_cast<double>(pack.size());
    std::cout << fmt::format("{:<22}{:>12.0f}{:>14.0f}{:>8.2f}{:>12.1f}{:>12.1f}\n", label,
                             records / bare, records / ours.seconds, bare / ours.seconds,
                             static_cast<double>(ours.home_peak_kib) / 1024,
                             static_cast<double>(ours.coop_peak_kib) / 1024)
              << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
    const int rows = argc > 1 ? std::atoi(argv[1]) : 100'000;
    std::signal(SIGPIPE, SIG_IGN);
    doctest::Context asserts;
    asserts.setAsDefaultForAssertsOutOfTestCases();
    asserts.setAssertHandler([](const doctest::AssertData& failed) {
        throw std::runtime_error(std::string(failed.m_file) + ": " + failed.m_expr);
    });
    try {
        std::cout << fmt::format("{} readings, {} in a message\n", 2 * rows, records_per_message)
                  << "servers                bare rec/s   durable rec/s   ratio  sender MiB  "
                     "receiver MiB\n";
        measure(ServerKind::prosody, ServerKind::ejabberd, "Prosody > ejabberd", rows);
        measure(ServerKind::prosody, ServerKind::prosody, "Prosody > Prosody", rows);
        measure(ServerKind::ejabberd, ServerKind::ejabberd, "ejabberd > ejabberd", rows);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
