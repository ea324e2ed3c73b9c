// The primary server gone: the second one that is configured takes its place.
//
// What it stands for: an organisation with two servers for its domain (nodes of a cluster, or a
// standby), which both hold the account, and which other organisations' servers find through two
// SRV records. Here they are two Prosody instances with stores of their own and the same account,
// and the hosts file of the test servers, which stands for DNS, names both. What a real cluster has
// besides (sessions and offline messages that are shared) Courant does not rely on.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

using Clock = std::chrono::steady_clock;

/// A stage whose home has two servers, each behind a wire, and prefers the first.
struct TwoServers {
    TwoServers()
        : second(stage.servers.add(ServerKind::prosody, "home.test+2", {{"home", "secret"}})),
          to_first(stage.home_server.address()),
          to_second(second.address()),
          ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2) {
        stage.home.set_servers({to_first.address(), to_second.address()});
        stage.publish({&ledger}, "50ms");
        stage.coop.start();
        stage.home.start();
        ledger.grow(10);
        REQUIRE(stage.wait_for(ledger.readings()));
        REQUIRE(is_with(to_first));
    }

    bool is_with(const Link& link) {
        return wait_until([&] {
            const auto session = stage.home.status()["session"].get<std::string>();
            return session.starts_with("online") && session.ends_with(link.address());
        });
    }

    Stage stage;
    XmppServer& second;
    Link to_first;
    Link to_second;
    Ledger ledger;
};

/// Seconds until the session is with that server, until readings that were measured after `then`
/// are in the inbox, and until their receipts are back.
std::string use_of(TwoServers& two, const Link& link, Clock::time_point then) {
    two.ledger.grow(10);
    REQUIRE(two.is_with(link));
    const double session = seconds_since(then);
    REQUIRE(two.stage.wait_for(two.ledger.readings()));
    const double readings = seconds_since(then);
    REQUIRE(two.stage.wait_for_receipts());
    return fmt::format("session {:.1f} s, readings {:.1f} s, receipts {:.1f} s", session, readings,
                       seconds_since(then));
}

}  // namespace

TEST_CASE(
    "the first server is killed, the second takes its place; when that one goes, the first has us "
    "back") {
    if (!servers_installed()) return;
    TwoServers two;
    auto then = Clock::now();
    two.stage.home_server.kill();
    two.to_first.become(Wire::closed);
    const std::string killed = use_of(two, two.to_second, then);

    two.stage.home_server.start();
    two.to_first.become(Wire::carries);
    then = Clock::now();
    two.second.kill();
    two.to_second.become(Wire::closed);
    const std::string back = use_of(two, two.to_first, then);

    const Audit audit = two.stage.audit(two.ledger);
    CHECK(audit == two.ledger.all_once());
    tell("failover", fmt::format("first server killed: second in use: {}; second killed: first in "
                                 "use: {}; {} readings, lost {}, twice {}",
                                 killed, back, two.ledger.readings(), audit.lost, audit.twice));
}

TEST_CASE("check looks at each server, and names the one that is away") {
    if (!servers_installed()) return;
    TwoServers two;
    Answer answer = two.stage.home.command({"check"});
    CHECK(answer.code == 0);
    for (const Link* link : {&two.to_first, &two.to_second})
        CHECK(answer.out.find(link->address() + " reached") != std::string::npos);
    two.to_second.become(Wire::closed);
    answer = two.stage.home.command({"check"});
    CHECK(answer.code == 3);
    CHECK(answer.out.find(two.to_first.address() + " reached") != std::string::npos);
    CHECK(answer.err.find(two.to_second.address() + " cannot be reached") != std::string::npos);
}

TEST_CASE("the first server's machine vanishes without a word, and the second takes its place") {
    if (!servers_installed()) return;
    TwoServers two;
    const auto then = Clock::now();
    two.to_first.become(Wire::vanished);
    two.stage.home_server.kill();
    const std::string vanished = use_of(two, two.to_second, then);
    const Audit audit = two.stage.audit(two.ledger);
    CHECK(audit == two.ledger.all_once());
    tell("failover", fmt::format("first server vanished: second in use: {}; {} readings, lost {}, "
                                 "twice {}",
                                 vanished, two.ledger.readings(), audit.lost, audit.twice));
}

TEST_CASE("a program that starts while the first server is away begins with the second") {
    if (!servers_installed()) return;
    TwoServers two;
    two.stage.home_server.kill();
    std::string figures;
    for (const Wire wire : {Wire::closed, Wire::vanished}) {
        REQUIRE(two.stage.home.stop() == 0);
        two.to_first.become(wire);
        const auto then = Clock::now();
        two.stage.home.start();
        figures += fmt::format("{}{}: {}", figures.empty() ? "" : "; ", to_word(wire),
                               use_of(two, two.to_second, then));
    }
    CHECK(two.stage.audit(two.ledger) == two.ledger.all_once());
    tell("failover", "start without the first server: " + figures);
}
