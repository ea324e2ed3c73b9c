// Questions beside readings: neither holds up the other, and who floods us gets no more than
// others.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

std::string question(int number, std::string_view node = "big") {
    return fmt::format(
        "<iq type='set' to='zabbix@lorient.example/courant' id='q{}'><command "
        "xmlns='http://jabber.org/protocol/commands' node='{}'><x xmlns='jabber:x:data' "
        "type='submit'/></command></iq>",
        number, node);
}

/// A command whose answer is that long.
Command answering(std::size_t bytes) {
    return {
        .node = "big",
        .title = "Big",
        .may_run = [](Mailboxes&, const Jid&, Time) { return std::nullopt; },
        .form = [](Time) { return Form{}; },
        .run =
            [bytes](const CommandQuestion&, const CommandReply& reply) {
                reply(CommandAnswer{.form = {.type = Form::Type::result},
                                    .payload = "<x xmlns='x'>" + std::string(bytes, 'x') + "</x>"});
            }};
}

/// What came, a letter each: an answer, or readings.
std::string order(const Client& client) {
    std::string letters;
    for (const Element& stanza : client.heard()) {
        if (stanza.name == "iq") letters += 'A';
        if (stanza.name == "message" && stanza.child("readings", courant_namespace)) letters += 'R';
    }
    return letters;
}

}  // namespace

TEST_CASE("long answers and readings take turns on a slow link") {
    FederationSettings settings = patient();
    settings.transport_bytes = 1000;
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", settings);
    Client coop(network, "bmhs@coop.example");
    lorient.knows(coop.jid());
    lorient.federation().offer(answering(100'000));
    let_settle(lorient, coop);
    network.clog(lorient.jid());
    lorient.sends(coop.jid(), 30);
    let_settle(lorient, coop);  // all of them wait for the link
    for (int i = 0; i < 4; ++i) coop.says(question(i));
    let_settle(lorient, coop);
    run_until(
        [&] {
            network.let_through(lorient.jid(), 1);
            const std::string heard = order(coop);
            return std::ranges::count(heard, 'A') == 4 && std::ranges::count(heard, 'R') == 30;
        },
        lorient, coop);
    const std::string heard = order(coop);
    INFO(heard);
    CHECK(heard.find("AA") == std::string::npos);
    CHECK(heard.rfind('A') < 30);
}

TEST_CASE(
    "who asks without reading the answers does not fill our memory, and is heard again later") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Client coop(network, "bmhs@coop.example");
    lorient.federation().offer(answering(100'000));
    let_settle(lorient, coop);
    network.clog(lorient.jid());
    int asked = 0;
    run_until(
        [&] {
            coop.says(question(++asked));
            return lorient.count("courant_answers_dropped_total") > 0;
        },
        lorient, coop);
    CHECK(asked < 300);
    network.unclog(lorient.jid());
    run_until([&] { return order(coop).size() >= 80; }, lorient, coop);
    const std::size_t heard = order(coop).size();
    coop.says(question(++asked));
    run_until([&] { return order(coop).size() > heard; }, lorient, coop);
}

TEST_CASE("with the session every answer that waits is gone: its asker waits no longer") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Client coop(network, "bmhs@coop.example");
    std::optional<CommandQuestion> under_way;
    std::optional<CommandReply> reply;
    Command slow = answering(1);
    slow.run = [&](CommandQuestion question, CommandReply answer) {
        under_way = std::move(question);
        reply = std::move(answer);
    };
    lorient.federation().offer(slow);
    let_settle(lorient, coop);
    coop.says(question(1));
    run_until([&] { return reply.has_value(); }, lorient, coop);
    network.cut(lorient.jid());
    let_settle(lorient, coop);
    CHECK(under_way->stop.stop_requested());
    network.mend(lorient.jid());
    (*reply)(CommandAnswer{});
    let_settle(lorient, coop);
    CHECK(order(coop).empty());
}

TEST_CASE("who may not run a command sees nothing of what is behind it") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Client coop(network, "bmhs@coop.example");
    Client eve(network, "eve@evil.example");
    lorient.knows(coop.jid());
    Command command = answering(1);
    command.may_run = peers_only(lorient.jid());
    command.items = [](const ItemsQuestion&, const ItemsReply& reply) {
        reply(std::vector<CommandItem>{{.id = "a", .node = "big/a"}});
    };
    lorient.federation().offer(std::move(command));
    let_settle(lorient, coop, eve);
    for (Client* client : {&coop, &eve})
        client->says(
            "<iq type='get' to='zabbix@lorient.example/courant' id='i'><query "
            "xmlns='http://jabber.org/protocol/disco#items' node='big'/></iq>");
    let_settle(lorient, coop, eve);
    REQUIRE(coop.heard().size() == 1);
    CHECK(coop.heard()[0].attribute("type") == "result");
    REQUIRE(eve.heard().size() == 1);
    CHECK(eve.heard()[0].attribute("type") == "error");
}
