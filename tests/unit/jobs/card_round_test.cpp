// Peers are asked who they are once a day, and what they say is remembered.
#include "jobs/card_round.hpp"

#include <doctest/doctest.h>

#include "jobs/catalog_commands.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

/// Peers that answer what the test says.
struct Peers {
    void look(Time now) {
        round.look(now);
        desk.ask([](Mailboxes&) {});  // what it posted is done
    }
    /// Those asked since the last call, in order.
    std::vector<std::string> asked() {
        std::vector<std::string> all;
        for (const auto& request : requests) {
            CHECK(request.node == about_node);
            all.push_back(request.to.to_string());
        }
        requests.clear();
        return all;
    }
    std::string name_of(const Jid& peer) {
        return desk.ask([&](Mailboxes& m) {
            return card_from_json(m.find_peer(peer)->card).value_or(RememberedCard{}).card.name;
        });
    }
    static CommandResult says(const std::string& content) {
        return *read_stanza("<command xmlns='http://jabber.org/protocol/commands'>" + content +
                            "</command>");
    }

    Desk desk;
    std::vector<CommandRequest> requests;
    std::function<CommandResult(const Jid&)> answer = [](const Jid&) {
        return says("<organisation xmlns='urn:courant:0' name='Coop'/>");
    };
    CardRound round{desk.store(), [this](const CommandRequest& request, const CommandDone& done) {
                        requests.push_back(request);
                        done(answer(request.to));
                    }};
};

using Asked = std::vector<std::string>;

}  // namespace

TEST_CASE("a peer is asked at once, remembered, and asked again after a day") {
    Peers peers;
    peers.desk.ask([](Mailboxes& m) { m.put_peer({.jid = coop}); });
    peers.look(at(0));
    CHECK(peers.asked() == Asked{"bmhs@coop.example"});
    CHECK(peers.name_of(coop) == "Coop");
    peers.look(at(3'600 * 23));
    CHECK(peers.asked().empty());
    peers.answer = [](const Jid&) {
        return Peers::says("<organisation xmlns='urn:courant:0' name='Coop 2'/>");
    };
    peers.look(at(3'600 * 24));
    CHECK(peers.asked().size() == 1);
    CHECK(peers.name_of(coop) == "Coop 2");
}

TEST_CASE("a peer that does not answer is asked again after an hour, and keeps its card") {
    Peers peers;
    peers.desk.ask([](Mailboxes& m) {
        m.put_peer({.jid = coop});
        m.set_card(coop, to_json({{.name = "of old"}, at(-100'000)}));
    });
    peers.answer = [](const Jid&) -> CommandResult {
        return tl::unexpected(CommandFailure{.text = "no answer in time"});
    };
    peers.look(at(0));
    CHECK(peers.asked().size() == 1);
    peers.look(at(3'599));
    CHECK(peers.asked().empty());
    peers.look(at(3'600));
    CHECK(peers.asked().empty());  // not looked at twice in a minute
    peers.look(at(3'660));
    CHECK(peers.asked().size() == 1);
    CHECK(peers.name_of(coop) == "of old");
}

TEST_CASE("a proxy that has no card has answered, too") {
    Peers peers;
    peers.desk.ask([](Mailboxes& m) { m.put_peer({.jid = coop}); });
    peers.answer = [](const Jid&) -> CommandResult {
        return tl::unexpected(CommandFailure{.kind = CommandFailure::Kind::refused,
                                             .text = "no such command",
                                             .condition = "item-not-found"});
    };
    peers.look(at(0));
    peers.look(at(3'600 * 23));
    CHECK(peers.asked().size() == 1);
}

TEST_CASE("a few are asked at a time, and none that is suspended or speaks another language") {
    Peers peers;
    peers.desk.ask([](Mailboxes& m) {
        for (int i = 0; i < 10; ++i)
            m.put_peer({.jid = address("p" + std::to_string(i) + "@x.example")});
        m.put_peer({.jid = coop, .terms = {.suspended = "audit"}});
        m.put_peer({.jid = analyst, .dialect = Dialect::quoalise});
    });
    peers.look(at(0));
    CHECK(peers.asked().size() == 8);
    peers.look(at(59));
    CHECK(peers.asked().empty());
    peers.look(at(60));
    CHECK(peers.asked().size() == 2);
    peers.look(at(3'600 * 23));
    CHECK(peers.asked().empty());
}
