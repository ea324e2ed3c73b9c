// The program as an administrator meets it: what it says when something is wrong, and that it costs
// nothing else.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/integration/federation_of_two.hpp"
#include "tests/support/open_grant.hpp"

using namespace courant::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A listener that takes connections and never says a word.
class BlackHole {
  public:
    BlackHole() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(socket_, 16) == 0);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~BlackHole() { close(socket_); }
    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;
    int port() const { return port_; }
    /// Whether somebody has connected and waits for a word.
    bool has_a_guest() const {
        pollfd guest{.fd = socket_, .events = POLLIN, .revents = 0};
        return poll(&guest, 1, 0) == 1;
    }

  private:
    int socket_;
    int port_ = 0;
};

/// Works on a proxy's store as a command does.
void in_store(const Proxy& proxy, const courant::Work& work) {
    courant::SqliteOptions options;
    options.ownership = courant::Ownership::shared;
    courant::open_sqlite_store(proxy / "store.sqlite", options)->commit(work);
}

/// A letter of two readings that the home sent, under this name.
courant::DeadLetter letter(courant::DeadOrigin origin, const std::string& name) {
    courant::DeadLetter letter;
    letter.at = std::chrono::system_clock::now();
    letter.origin = origin;
    letter.whom = origin == courant::DeadOrigin::sink ? "archive" : "home@home.test";
    letter.lane = courant::LaneId{"L"};
    letter.seq = 1;
    letter.reason = "home@home.test may not speak it";
    letter.payload = "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n='" + name +
                     "' u='W' v='1' t='1780000000'/><senml n='" + name +
                     "' u='W' v='2' t='1780000001'/></sensml>";
    letter.envelope.retain = "P3Y";
    letter.envelope.hops = {*courant::Jid::parse("home@home.test")};
    return letter;
}

}  // namespace

TEST_CASE("a misspelt key is told with file, line and what was meant, and exit code 3") {
    FederationOfTwo stage;
    stage.home.configure("[limits]\nwindow_mesages = 3\n");
    const Answer answer = stage.home.command({"check"});
    CHECK(answer.code == 3);
    CHECK(contains(
        answer.err,
        "proxy.toml:11: limits.window_mesages: unknown key. Did you mean window_messages?"));
}

TEST_CASE(
    "check says what it reached, and what is wrong with the password, the authority and the host "
    "name") {
    FederationOfTwo stage;
    const Answer well = stage.home.command({"check"});
    CHECK(well.code == 0);
    CHECK(contains(well.out, "logged in as home@home.test"));

    stage.home.set_password("wrong");
    stage.home.configure("");
    Answer answer = stage.home.command({"check"});
    CHECK(answer.code == 3);
    CHECK(contains(answer.err, "password"));

    stage.home.set_password("secret");
    XmppServers others;
    others.add_stopped(ServerKind::prosody, "elsewhere.test", {});
    stage.home.set_ca_file(others.ca_file());
    stage.home.configure("");
    answer = stage.home.command({"check"});
    CHECK(answer.code == 3);
    INFO(answer.err);
    CHECK(contains(answer.err, "certificate"));

    stage.home.set_ca_file(stage.servers.ca_file());
    const std::string right = stage.home_server.address();
    stage.home.set_server(stage.coop_server.address());
    stage.home.configure("");
    answer = stage.home.command({"check"});
    CHECK(answer.code == 3);
    CHECK(contains(answer.err, "does not serve home.test"));

    stage.home.set_server(right);
    stage.home.configure("");
    stage.home_server.stop();
    stage.servers.certify("home.test", "elsewhere.test");
    stage.home_server.start();
    answer = stage.home.command({"check"});
    INFO(answer.err);
    CHECK(answer.code == 3);
    CHECK(contains(answer.err, "home.test"));
    CHECK(contains(answer.err, "certificate"));
}

TEST_CASE(
    "a second run on the same store is refused with the pid of the first, and commands work beside "
    "it") {
    FederationOfTwo stage;
    stage.home.start();
    REQUIRE(wait_until(
        [&] { return contains(stage.home.status()["session"].get<std::string>(), "online"); }));
    const Answer second = stage.home.command({"run"});
    CHECK(second.code == 1);
    CHECK(contains(second.err, std::to_string(stage.home.pid())));
    stage.home.expect({"peer", "list"});
    CHECK(stage.home.stop() == 0);
}

TEST_CASE("a line that does not parse costs that line: it is a dead letter, and the rest arrives") {
    FederationOfTwo stage;
    Household household = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    write_file(household.file,
               read_file(household.file) +
                   "2012-01-01 00:00:00,one,two\nnonsense,1,1\n2012-01-01 00:30:00,1.5,0.5\n");
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    const std::string last = "2011-12-31T14:30:00Z,1500,W";
    CHECK(wait_until([&] {
        const Lines lines = stage.received("home@home.test/house@home.test/consumption/power");
        return !lines.empty() && lines.back() == last;
    }));
    const std::string dead = stage.home.expect({"dead", "list"});
    CHECK(contains(dead, "meter.csv:52"));
    CHECK(contains(dead, "meter.csv:53"));
}

TEST_CASE("an upstream that never answers delays only itself, and is told") {
    FederationOfTwo stage("adapter_timeout = \"2s\"\n");
    BlackHole hole;
    Household household = made_up(stage.home / "meter.csv", 500, stage.home.jid());
    household.adapter += fmt::format(
        "\n[adapters.stuck]\ntype = \"zabbix\"\nurl = "
        "\"http://127.0.0.1:{}/api_jsonrpc.php\"\ntoken = \"x\"\n"
        "series = [ {{ host = \"a\", key = \"b\", name = \"home@home.test/house@home.test/stuck\" "
        "}} ]\n\n"
        "[[extract]]\nadapter = \"stuck\"\nevery = \"1s\"\n",
        hole.port());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    CHECK(wait_until([&] {
        const auto status = stage.home.status();
        for (const auto& job : status["jobs"])
            if (job["job"] == "extract stuck" && job["failures"] > 0) return true;
        return false;
    }));
    CHECK(stage.home.stop() == 0);
}

TEST_CASE(
    "SIGHUP reads the configuration again and loses nothing; a wrong one is refused and the old "
    "one stays") {
    FederationOfTwo stage("records_per_message = 25\nwindow_messages = 2\n");
    const Household household = made_up(stage.home / "meter.csv", 2000, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return stage.home.status()["outbox"]["readings"] > 0; }));
    const std::string right = read_file(stage.home / "proxy.toml");
    write_file(stage.home / "proxy.toml", right + "\n[nonsense]\n");
    stage.home.signal(SIGHUP);
    CHECK(wait_until([&] { return contains(stage.home.log(), "reload refused"); }));
    write_file(stage.home / "proxy.toml", right + "\n[log]\nlevel = \"debug\"\n");
    stage.home.signal(SIGHUP);
    CHECK(wait_until([&] { return contains(stage.home.log(), "message acknowledged"); }));
    stage.wait_for(household);
    CHECK(stage.home.stop() == 0);
}

TEST_CASE("a reload whose adapters cannot be made is refused, and the proxy goes on as it was") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    stage.publish(household);
    stage.home.start();
    REQUIRE(wait_until([&] { return stage.home.status()["outbox"]["readings"] == 100; }));
    const std::string right = read_file(stage.home / "proxy.toml");
    write_file(stage.home / "proxy.toml", right + "\n[[receive]]\nadapter = \"meter\"\n");
    const Answer check = stage.home.command({"check", "--offline"});
    CHECK(check.code == 3);
    CHECK(contains(check.err, "adapters.meter"));
    stage.home.signal(SIGHUP);
    CHECK(wait_until([&] { return contains(stage.home.log(), "reload refused"); }));
    CHECK(contains(stage.home.log(), "going on with the one before"));
    stage.coop.start();
    stage.wait_for(household);
    CHECK(stage.home.stop() == 0);
}

TEST_CASE(
    "counters are neither lost at a stop nor counted twice at a reload; status knows who runs") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 50, stage.home.jid());
    stage.publish(household);
    CHECK(stage.home.status()["running"] == false);
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    CHECK(stage.home.status()["running"] == true);
    const auto sessions = [&] {
        const auto counters = stage.home.status()["counters"];
        return counters.value("courant_sessions_total", 0);
    };
    for (int reload = 1; reload <= 2; ++reload) {
        stage.home.signal(SIGHUP);
        CHECK(wait_until([&] { return sessions() == reload; }));
        CHECK(wait_until([&] {
            return contains(stage.home.status()["session"].get<std::string>(), "online since");
        }));
    }
    stage.coop.stop();
    CHECK(stage.home.stop() == 0);
    CHECK(stage.home.status()["running"] == false);
    CHECK(contains(stage.home.expect({"status"}), "not running"));
}

TEST_CASE("dead retry: the checks hold, each reading counts, and all retries share one lane") {
    using courant::DeadOrigin;
    FederationOfTwo stage;
    std::vector<std::string> ids;
    in_store(stage.coop, [&](courant::Mailboxes& m) {
        const auto bury = [&](const courant::DeadLetter& letter) {
            ids.push_back(std::to_string(m.bury(letter)));
        };
        bury(letter(DeadOrigin::sink, "home:home.test/house:home.test/pv"));
        bury(letter(DeadOrigin::arrived, "home:home.test/house:home.test/pv"));
        bury(letter(DeadOrigin::arrived, "somebody:else.test/house:home.test/pv"));
        auto looped = letter(DeadOrigin::arrived, "home:home.test/house:home.test/pv");
        looped.envelope.hops.push_back(*courant::Jid::parse("coop@coop.test"));
        bury(looped);
        auto odd = letter(DeadOrigin::arrived, "home:home.test/house:home.test/pv");
        odd.reason = "quality= is none that we know";
        bury(odd);
        auto sent = letter(DeadOrigin::sent, "coop:coop.test/house:home.test/pv");
        m.access().add_grant(open_grant(*courant::Jid::parse("home@home.test"), "G"));
        sent.envelope.grant = "G";
        bury(sent);
    });
    stage.coop.expect({"dead", "retry", ids[0]});
    stage.coop.expect({"dead", "retry", ids[1]});
    CHECK(stage.coop.command({"dead", "retry", ids[1]}).code == 1);
    const Answer foreign = stage.coop.command({"dead", "retry", ids[2]});
    CHECK(foreign.code == 1);
    CHECK(contains(foreign.err, "may not speak somebody@else.test"));
    CHECK(contains(stage.coop.command({"dead", "retry", ids[3]}).err, "passed here before"));
    CHECK(contains(stage.coop.command({"dead", "retry", ids[4]}).err, "quality="));
    stage.coop.expect({"dead", "retry", ids[5]});
    const auto status = stage.coop.status();
    CHECK(status["dead"] == 3);
    CHECK(status["inbox"]["readings"] == 4);
    CHECK(status["outbox"]["readings"] == 2);
    int lanes = 0;
    for (const auto& lane : status["lanes"])
        if (lane["direction"] == "in") {
            ++lanes;
            CHECK(lane["lane"] == "retry");
            CHECK(lane["through"] == 2);
        }
    CHECK(lanes == 1);
}

TEST_CASE("what a peer wrote cannot pass for a row of ours, and lists do not end at a page") {
    FederationOfTwo stage;
    in_store(stage.coop, [&](courant::Mailboxes& m) {
        auto forged = letter(courant::DeadOrigin::sink, "x");
        forged.reason = "no\n7  a forged row\x1b[2J";
        m.bury(forged);
        m.access().add_grant(open_grant(*courant::Jid::parse("home@home.test"), "G"));
        for (int i = 0; i < 450; ++i)
            m.enqueue({.peer = *courant::Jid::parse("home@home.test"),
                       .envelope = {.retain = "P1D", .grant = "G"},
                       .body = "<sensml/>",
                       .records = 1},
                      std::chrono::system_clock::now());
    });
    const std::string dead = stage.coop.expect({"dead", "list"});
    CHECK(std::count(dead.begin(), dead.end(), '\n') == 3);  // heading, facts, reason
    CHECK_FALSE(contains(dead, "\x1b"));
    CHECK(nlohmann::json::parse(stage.coop.expect({"outbox", "list", "--json"})).size() == 450);
}

TEST_CASE(
    "a full disk stops extraction before it loses a message, and everything goes when there is "
    "room again") {
    // In XML, which fills the disk sooner.
    FederationOfTwo stage("\n[federation]\npacked = false\n");
    const Household household = made_up(stage.home / "meter.csv", 8000, stage.home.jid());
    stage.publish(household);
    // Files of this process cannot grow beyond half a mebibyte: to the store that is a full disk.
    stage.home.start({"/bin/bash", "-c", "trap '' XFSZ; ulimit -f 512; exec \"$@\"", "bash"});
    CHECK(wait_until([&] { return contains(stage.home.log(), "extract meter"); }));
    CHECK(stage.home.running());
    stage.home.kill();
    stage.home.start();
    stage.coop.start();
    stage.wait_for(household);
    CHECK(stage.home.status()["dead"] == 0);
}

TEST_CASE(
    "run --once does every job once and ends: the home sends, then the cooperative receives") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 200, stage.home.jid());
    stage.publish(household);
    stage.coop.start();
    const Answer once = stage.home.command({"run", "--once"});
    INFO(once.err);
    REQUIRE(once.code == 0);
    stage.wait_for(household);
    CHECK(stage.home.status()["outbox"]["messages"] == 0);
}

TEST_CASE("run --once ends at SIGTERM, whatever it waits for") {
    FederationOfTwo stage("adapter_timeout = \"1h\"\n");
    BlackHole hole;
    Household household = made_up(stage.home / "meter.csv", 10, stage.home.jid());
    household.adapter = fmt::format(
        "\n[adapters.stuck]\ntype = \"zabbix\"\nurl = "
        "\"http://127.0.0.1:{}/api_jsonrpc.php\"\ntoken = \"x\"\n"
        "series = [ {{ host = \"a\", key = \"b\", name = \"home@home.test/house@home.test/stuck\" "
        "}} ]\n\n[[extract]]\nadapter = \"stuck\"\nevery = \"1s\"\n",
        hole.port());
    stage.publish(household);
    stage.home.start({"/bin/bash", "-c", "exec \"$@\" --once", "bash"});
    REQUIRE(wait_until([&] { return hole.has_a_guest(); }));
    CHECK(stage.home.stop() == 1);
    CHECK_FALSE(contains(stage.home.log(), "left behind"));
}

TEST_CASE("a proxy's memory stays under 64 MiB whatever waits in its outbox") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 8640, stage.home.jid());
    stage.publish(household);
    stage.home.expect({"peer", "add", "nobody@coop.test"});
    for (int i = 0; i < 10; ++i)
        stage.home.expect({"peer", "add", fmt::format("nobody{}@nowhere.test", i)});
    for (int i = 0; i < 10; ++i) stage.home.lets_have(fmt::format("nobody{}@nowhere.test", i), "*");
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    // Once the coop's last receipt is here.
    CHECK(wait_until(
        [&] { return stage.home.status()["outbox"]["readings"] == 10 * household.readings; }));
    for (const Proxy* proxy : {&stage.home, &stage.coop}) {
        const std::string status = read_file(fmt::format("/proc/{}/status", proxy->pid()));
        const auto at = status.find("VmHWM:");
        REQUIRE(at != std::string::npos);
        const long peak_kib = std::atol(status.c_str() + at + 6);
        MESSAGE(proxy->jid() << " peak memory " << peak_kib << " KiB");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        CHECK(peak_kib < 64 * 1024);
#endif
    }
}
