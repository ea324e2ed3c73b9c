// What a Quoalise client may subscribe to, and for how long; the wire is in tests/scenarios.
#include "jobs/quoalise_subscriptions.hpp"

#include <doctest/doctest.h>

#include <future>

#include "proxy-core/access/access_book.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid self = Jid::parse("meter@town.example").value();
const Jid alice = Jid::parse("alice@coop.example").value();
constexpr Time now{std::chrono::hours(500'000)};
constexpr std::chrono::hours day{24};

struct Desk {
    Desk() {
        store.ask([](Mailboxes& m) {
            m.put_peer({.jid = alice, .added_at = Time{}, .dialect = Dialect::quoalise});
        });
    }
    void grants(const std::string& id, Time from, std::optional<Time> until) {
        Grant grant = open_grant(alice, id);
        grant.from = from;
        grant.until = until;
        store.ask([&](Mailboxes& m) { m.access().add_grant(grant); });
    }
    /// "subscribe" or "unsubscribe"; what was refused.
    std::string runs(std::size_t which, const std::string& identifier) {
        std::promise<std::string> said;
        commands[which].run({.asker = Jid::parse("alice@coop.example/x").value(),
                             .form = {.fields = {{.var = "identifier", .values = {identifier}}}},
                             .now = now,
                             .stop = {}},
                            CommandReply([&](const CommandOutcome& outcome) {
                                said.set_value(outcome ? "" : outcome.error().text);
                            }));
        return said.get_future().get();
    }
    std::vector<Subscription> subscriptions() {
        return store.ask([](Mailboxes& m) { return m.subscriptions(); });
    }

    SqliteHome home;
    StoreThread store{home.open({})};
    std::vector<Command> commands = quoalise_subscription_commands(
        store, self, {{"urn:dev:prm:1_power", "meter:town.example/school:town.example/pv/power"}});
};

}  // namespace

TEST_CASE("a subscription runs under the grant that lasts longest, in people's spelling") {
    Desk desk;
    desk.grants("short", now - day, now + day);
    desk.grants("long", now - day, now + 9 * day);
    CHECK(desk.runs(0, "urn:dev:prm:1_power").empty());
    REQUIRE(desk.subscriptions().size() == 1);
    CHECK(desk.subscriptions()[0].grant == "long");
    CHECK(desk.subscriptions()[0].peer == alice);
    CHECK(desk.subscriptions()[0].series == "meter@town.example/school@town.example/pv/power");
    CHECK(desk.subscriptions()[0].retain == "P9Y");
}

TEST_CASE("a grant that has not begun, has ended, or is not there is told apart") {
    Desk desk;
    CHECK(desk.runs(0, "urn:dev:prm:1_power").starts_with("No consent registered for urn:dev"));
    desk.grants("old", now - 2 * day, now - day);
    CHECK(desk.runs(0, "urn:dev:prm:1_power").find("no longer valid") != std::string::npos);
    desk.grants("new", now + day, std::nullopt);
    CHECK(desk.runs(0, "urn:dev:prm:1_power").find("not valid yet") != std::string::npos);
    CHECK(desk.subscriptions().empty());
}

TEST_CASE("asking again after the grant ended takes the next one") {
    Desk desk;
    desk.grants("one", now - day, std::nullopt);
    CHECK(desk.runs(0, "urn:dev:prm:1_power").empty());
    desk.store.ask([](Mailboxes& m) {
        m.access().set_grant_state("one", GrantState::withdrawn, "asked to", now);
    });
    CHECK_FALSE(desk.runs(0, "urn:dev:prm:1_power").empty());
    desk.grants("two", now - day, std::nullopt);
    CHECK(desk.runs(0, "urn:dev:prm:1_power").empty());
    REQUIRE(desk.subscriptions().size() == 1);
    CHECK(desk.subscriptions()[0].grant == "two");
    CHECK(desk.runs(1, "urn:dev:prm:1").empty());
    CHECK(desk.subscriptions().empty());
}
