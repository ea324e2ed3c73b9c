// The program as an administrator meets it: what it says when something is wrong, and that it costs
// nothing else.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "tests/integration/federation_of_two.hpp"

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

  private:
    int socket_;
    int port_ = 0;
};

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

TEST_CASE(
    "a full disk stops extraction before it loses a message, and everything goes when there is "
    "room again") {
    FederationOfTwo stage;
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

TEST_CASE("a proxy's memory stays under 64 MiB whatever waits in its outbox") {
    FederationOfTwo stage;
    const Household household = made_up(stage.home / "meter.csv", 8640, stage.home.jid());
    stage.publish(household);
    stage.home.expect({"peer", "add", "nobody@coop.test"});
    for (int i = 0; i < 10; ++i)
        stage.home.expect({"peer", "add", fmt::format("nobody{}@nowhere.test", i)});
    for (int i = 0; i < 10; ++i)
        stage.home.expect({"subscription", "add", fmt::format("nobody{}@nowhere.test", i), "*"});
    stage.coop.start();
    stage.home.start();
    stage.wait_for(household);
    CHECK(stage.home.status()["outbox"]["readings"] == 10 * household.readings);
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
