// Who asks another proxy gets an answer, a refusal or a time-out, once.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>

#include "proxy-core/federation/command_requester.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

const Jid coop = address("bmhs@coop.example");
const Jid coop_full = address("bmhs@coop.example/courant-1");

/// Somebody who asks, and what was sent for it.
struct Asker {
    void asks(const Jid& to) {
        requester.ask({.to = to, .node = "measure", .patience = 10s}, now,
                      [this](CommandResult outcome) {
                          ++outcomes;
                          result = std::move(outcome);
                      });
    }
    bool hears(const std::string& stanza) {
        const auto element = read_stanza(stanza);
        REQUIRE(element);
        return requester.take(*element, now);
    }
    std::string last_id() const {
        const auto element = read_stanza(sent.back());
        REQUIRE(element);
        return std::string(element->attribute("id"));
    }
    /// The answer to what was sent last.
    bool hears_answer(const Jid& from, const std::string& type, const std::string& content) {
        return hears(fmt::format("<iq type='{}' from='{}' id='{}'>{}</iq>", type, from.to_string(),
                                 last_id(), content));
    }
    bool hears_here(const Jid& from) {
        return hears(
            fmt::format("<message from='{}'><here xmlns='urn:courant:0' id='{}'/></message>",
                        from.to_string(), last_id()));
    }

    Instant now{};
    std::vector<std::string> sent;
    int outcomes = 0;
    std::optional<CommandResult> result;
    CommandRequester requester{[this](std::string stanza) { sent.push_back(std::move(stanza)); },
                               "t"};
};

const std::string completed =
    "<command xmlns='http://jabber.org/protocol/commands' node='measure' status='completed'/>";
const std::string unavailable =
    "<error type='cancel'><service-unavailable "
    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

}  // namespace

TEST_CASE("a full JID is asked at once, and its answer is the result") {
    Asker asker;
    asker.asks(coop_full);
    CHECK(asker.sent.back().find("node='measure'") != std::string::npos);
    CHECK(asker.hears_answer(coop_full, "result", completed));
    REQUIRE(asker.result);
    REQUIRE(*asker.result);
    CHECK((*asker.result)->attribute("status") == "completed");
}

TEST_CASE("only who was asked can answer") {
    Asker asker;
    asker.asks(coop_full);
    CHECK_FALSE(asker.hears_answer(address("eve@evil.example/x"), "result", completed));
    CHECK_FALSE(asker.hears_answer(address("bmhs@coop.example/other"), "result", completed));
    CHECK_FALSE(asker.result);
}

TEST_CASE("a bare JID is first asked where it is, and remembered") {
    Asker asker;
    asker.asks(coop);
    CHECK(asker.sent.back().find("<where ") != std::string::npos);
    CHECK_FALSE(asker.hears_here(address("eve@evil.example/x")));
    CHECK(asker.hears_here(coop_full));
    CHECK(asker.sent.back().find("to='bmhs@coop.example/courant-1'") != std::string::npos);
    CHECK(asker.hears_answer(coop_full, "result", completed));
    asker.asks(coop);
    CHECK(asker.sent.size() == 3);
    CHECK(asker.sent.back().starts_with("<iq"));
}

TEST_CASE("a session that is gone is looked for once more, and then no longer") {
    Asker asker;
    asker.asks(coop);
    asker.hears_here(coop_full);
    asker.hears_answer(coop_full, "error", unavailable);
    CHECK(asker.sent.back().find("<where ") != std::string::npos);
    const Jid successor = address("bmhs@coop.example/courant-2");
    asker.hears_here(successor);
    asker.hears_answer(successor, "error", unavailable);
    REQUIRE(asker.outcomes == 1);
    CHECK(asker.result->error().condition == "service-unavailable");
    CHECK(asker.result->error().text.find("bmhs@coop.example") != std::string::npos);
}

TEST_CASE("a refusal is told with the other's own words") {
    Asker asker;
    asker.asks(coop);
    CHECK(asker.hears(
        fmt::format("<message type='error' from='bmhs@coop.example/courant-1' id='{}'><error "
                    "type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
                    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>ask Anne</text></error></message>",
                    asker.last_id())));
    REQUIRE(asker.result);
    const CommandFailure& failure = asker.result->error();
    CHECK(failure.kind == CommandFailure::Kind::refused);
    CHECK(failure.condition == "forbidden");
    CHECK(failure.text == "bmhs@coop.example: ask Anne");
    CHECK_FALSE(failure.worth_retrying());
}

TEST_CASE("silence ends with the patience, and a late answer reaches nobody") {
    Asker asker;
    asker.asks(coop_full);
    CHECK(asker.requester.next() == Instant{} + 10s);
    asker.now += 10s;
    asker.requester.tick(asker.now);
    REQUIRE(asker.outcomes == 1);
    CHECK(asker.result->error().kind == CommandFailure::Kind::no_answer);
    CHECK_FALSE(asker.hears_answer(coop_full, "result", completed));
    CHECK(asker.outcomes == 1);
    CHECK_FALSE(asker.requester.next());
}

TEST_CASE("with our session every question ends, and a place is no longer remembered") {
    Asker asker;
    asker.asks(coop);
    asker.hears_here(coop_full);
    asker.requester.session_lost();
    REQUIRE(asker.outcomes == 1);
    CHECK(asker.result->error().worth_retrying());
    asker.asks(coop);
    CHECK(asker.sent.back().find("<where ") != std::string::npos);
}

TEST_CASE("a proxy tells its peers where it is, and strangers how they become peers") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example", patient());
    Client known(network, "bmhs@coop.example"), eve(network, "eve@evil.example");
    lorient.knows(known.jid());
    known.says(lorient.jid(), "<where xmlns='urn:courant:0' id='w'/>");
    eve.says(lorient.jid(), "<where xmlns='urn:courant:0' id='w'/>");
    run_until([&] { return !known.heard().empty() && !eve.heard().empty(); }, lorient, known, eve);
    CHECK(known.heard().back().child("here", courant_namespace));
    CHECK(known.heard().back().attribute("from").starts_with("zabbix@lorient.example/"));
    CHECK(eve.heard().back().attribute("type") == "error");
    CHECK(eve.heard().back().children.at(0).children.at(1).text.find("courant peer add") !=
          std::string::npos);
}

TEST_CASE("one proxy asks another by its bare JID; nobody waits for the slow handler") {
    MemoryNetwork network;
    Proxy lorient(network, "zabbix@lorient.example"), there(network, "bmhs@coop.example");
    lorient.knows(there.jid());
    there.knows(lorient.jid());
    std::optional<CommandReply> kept;
    lorient.federation().offer({.node = "measure",
                                .title = "Measure",
                                .may_run = peers_only(lorient.jid()),
                                .form = [](Time) { return Form{}; },
                                .run = [&](CommandQuestion, CommandReply reply) { kept = reply; }});
    std::optional<CommandResult> result;
    there.federation().ask({.to = lorient.jid(), .node = "measure", .form = Form{}},
                           [&](CommandResult outcome) { result = std::move(outcome); });
    run_until([&] { return kept.has_value(); }, lorient, there);
    // While the handler thinks, readings go both ways.
    lorient.sends(there.jid(), 3);
    there.sends(lorient.jid(), 3);
    run_until([&] { return there.values() == one_to(3) && lorient.values() == one_to(3); }, lorient,
              there);
    CHECK_FALSE(result);
    (*kept)(CommandAnswer{.form = {.type = Form::Type::result}, .payload = {}});
    run_until([&] { return result.has_value(); }, lorient, there);
    REQUIRE(*result);
    CHECK((*result)->attribute("status") == "completed");
}
