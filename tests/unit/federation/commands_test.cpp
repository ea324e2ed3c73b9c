// Ad-hoc commands (XEP-0050): who may run what, in one stage and in two, and what others can make
// us hold.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <thread>

#include "proxy-core/federation/commands.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

constexpr std::string_view coop = "bmhs@coop.example/a";

/// The commands of a proxy without a proxy: a store that answers when it is told to, and a handler
/// that keeps what it was given.
struct Desk {
    explicit Desk(CommandLimits limits = {})
        : commands(address("zabbix@lorient.example"),
                   {.send = [this](std::string stanza) { heard.push_back(read(stanza)); },
                    .post =
                        [this](Work, std::function<void(std::exception_ptr)> done) {
                            store.push_back(std::move(done));
                        },
                    .later = [this](std::function<void()> what) { channel.push(std::move(what)); },
                    .clock = [] { return Time{}; }},
                   limits) {
        commands.offer(
            {.node = "measure",
             .title = "Measure",
             .may_run = [](Mailboxes&, const Jid&, Time) { return std::nullopt; },
             .form =
                 [](Time) {
                     return Form{.title = "Measure", .fields = {{.var = "what", .required = true}}};
                 },
             .run =
                 [this](CommandQuestion question, CommandReply reply) {
                     asked.push_back({std::move(question), std::move(reply)});
                 },
             .items =
                 [this](ItemsQuestion question, ItemsReply reply) {
                     listed.push_back(question);
                     reply(std::vector<CommandItem>{{.id = "a<b", .node = "measure/a", .name = "A"},
                                                    {.id = "c", .node = "measure/c"}});
                 }});
    }

    static Element read(const std::string& stanza) {
        const auto element = read_stanza(stanza);
        REQUIRE(element);
        return *element;
    }

    /// `<command …>` from somebody; the store answers at once.
    void hears(std::string_view from, const std::string& attributes,
               const std::string& content = {}, Instant now = {}) {
        const Element iq = read(fmt::format(
            "<iq type='set' from='{}' to='zabbix@lorient.example/courant' id='i{}'><command "
            "xmlns='http://jabber.org/protocol/commands' {}>{}</command></iq>",
            from, ++ids, attributes, content));
        REQUIRE(commands.take(iq, now));
        let_store_answer();
    }
    /// `<query …>` for items from somebody; the store answers at once.
    void discovers(std::string_view from, const std::string& node,
                   const std::string& content = {}) {
        const Element iq = read(fmt::format(
            "<iq type='get' from='{}' to='zabbix@lorient.example/courant' id='d{}'><query "
            "xmlns='http://jabber.org/protocol/disco#items' node='{}'>{}</query></iq>",
            from, ++ids, node, content));
        REQUIRE(commands.take(iq, {}));
        let_store_answer();
        let_replies_in();
    }
    void let_store_answer() {
        while (!store.empty()) {
            const auto done = std::move(store.front());
            store.pop_front();
            done(nullptr);
        }
    }
    void let_replies_in() {
        for (const auto& what : channel.take()) what();
    }
    /// What was heard last.
    const Element& last() const {
        REQUIRE_FALSE(heard.empty());
        return heard.back();
    }
    std::string session() const {
        const Element* command = last().child("command", commands_namespace);
        REQUIRE(command);
        return std::string(command->attribute("sessionid"));
    }
    std::string status() const {
        const Element* command = last().child("command", commands_namespace);
        return command ? std::string(command->attribute("status")) : "";
    }
    /// The condition of the error heard last, and its text.
    std::pair<std::string, std::string> error() const {
        for (const Element& child : last().children)
            if (child.name == "error")
                return {child.children.at(0).name, child.children.at(1).text};
        return {};
    }

    struct Asked {
        CommandQuestion question;
        CommandReply reply;
    };
    Channel<std::function<void()>> channel;
    std::deque<std::function<void(std::exception_ptr)>> store;
    std::vector<Element> heard;
    std::vector<Asked> asked;
    std::vector<ItemsQuestion> listed;
    int ids = 0;
    Commands commands;
};

const std::string filled_in =
    "<x xmlns='jabber:x:data' type='submit'><field var='what'><value>sun</value></field></x>";

CommandOutcome success() {
    return CommandAnswer{.form = {.type = Form::Type::result, .title = "Measure"},
                         .payload = "<found xmlns='x'/>"};
}

}  // namespace

TEST_CASE(
    "a command whose form comes with the request is answered in one stage, and kept nowhere") {
    Desk desk;
    desk.hears(coop, "node='measure' action='execute'", filled_in);
    REQUIRE(desk.asked.size() == 1);
    CHECK(desk.asked[0].question.form.value("what") == "sun");
    CHECK(desk.asked[0].question.asker == address(coop));
    CHECK(desk.heard.empty());
    desk.asked[0].reply(success());
    desk.let_replies_in();
    CHECK(desk.last().attribute("id") == "i1");
    CHECK(desk.last().attribute("to") == coop);
    CHECK(desk.status() == "completed");
    CHECK(desk.last().child("command", commands_namespace)->child("found", "x"));
    CHECK(desk.commands.sessions() == 0);
    CHECK(desk.commands.running() == 0);
}

TEST_CASE("without a form the form is given, and the second stage has the session of the first") {
    for (const std::string action : {"complete", "next", "execute"}) {
        Desk desk;
        desk.hears(coop, "node='measure' action='execute'");
        CHECK(desk.status() == "executing");
        const std::string session = desk.session();
        CHECK(desk.commands.sessions() == 1);
        desk.hears(coop, fmt::format("node='measure' action='{}' sessionid='{}'", action, session),
                   filled_in);
        REQUIRE(desk.asked.size() == 1);
        desk.asked[0].reply(success());
        desk.let_replies_in();
        CHECK(desk.status() == "completed");
        CHECK(desk.session() == session);
        CHECK(desk.commands.sessions() == 0);
    }
}

TEST_CASE("a session counts for the full JID that began it") {
    Desk desk;
    desk.hears(coop, "node='measure'");
    const std::string session = desk.session();
    desk.hears("bmhs@coop.example/b",
               fmt::format("node='measure' action='cancel' sessionid='{}'", session));
    CHECK(desk.status() == "executing");  // begun anew, as with any id that nobody gave out
    CHECK(desk.session() != session);
    desk.hears(coop, fmt::format("node='measure' action='cancel' sessionid='{}'", session));
    CHECK(desk.status() == "canceled");
    CHECK(desk.session() == session);
    CHECK(desk.commands.sessions() == 1);
}

TEST_CASE("a session that nobody knows begins anew, with or without a form") {
    Desk desk;
    desk.hears(coop, "node='measure' action='cancel' sessionid='nonsense'");
    CHECK(desk.status() == "executing");
    desk.hears(coop, "node='measure' action='complete' sessionid='nonsense'", filled_in);
    CHECK(desk.asked.size() == 1);
}

TEST_CASE("after a refusal the form can be mended in the same session") {
    Desk desk;
    desk.hears(coop, "node='measure'");
    const std::string session = desk.session();
    for (std::size_t attempt = 0; attempt < 2; ++attempt) {
        desk.hears(coop, fmt::format("node='measure' action='complete' sessionid='{}'", session),
                   filled_in);
        REQUIRE(desk.asked.size() == attempt + 1);
        desk.asked.back().reply(tl::unexpected(
            CommandRefusal{.kind = CommandRefusal::Kind::bad_request, .text = "no sun today"}));
        desk.let_replies_in();
        CHECK(desk.error() == std::pair<std::string, std::string>("bad-request", "no sun today"));
    }
    CHECK(desk.commands.sessions() == 1);
}

TEST_CASE("who cancels a command under way is told so, and so is the handler") {
    Desk desk;
    desk.hears(coop, "node='measure'");
    const std::string session = desk.session();
    desk.hears(coop, fmt::format("node='measure' action='complete' sessionid='{}'", session),
               filled_in);
    const std::size_t heard_before = desk.heard.size();
    desk.hears(coop, fmt::format("node='measure' action='cancel' sessionid='{}'", session));
    CHECK(desk.asked[0].question.stop.stop_requested());
    // Both requests have their answer; the late one of the handler reaches nobody.
    CHECK(desk.heard.size() == heard_before + 2);
    desk.asked[0].reply(success());
    desk.let_replies_in();
    CHECK(desk.heard.size() == heard_before + 2);
    CHECK(desk.commands.running() == 0);
}

TEST_CASE("a handler that goes without an answer leaves a fault, not silence") {
    Desk desk;
    desk.hears(coop, "node='measure'", filled_in);
    desk.asked.clear();
    desk.let_replies_in();
    CHECK(desk.error().first == "undefined-condition");
    CHECK(desk.commands.running() == 0);
}

TEST_CASE("a reply may come from another thread, and counts once") {
    Desk desk;
    desk.hears(coop, "node='measure'", filled_in);
    std::thread([reply = desk.asked[0].reply] {
        reply(success());
        reply(success());
    }).join();
    desk.let_replies_in();
    CHECK(desk.heard.size() == 1);
}

TEST_CASE("what one asker has under way is bounded, whatever its resources, and others go on") {
    Desk desk({.running = 8, .running_per_asker = 2});
    desk.hears("bmhs@coop.example/a", "node='measure'", filled_in);
    desk.hears("bmhs@coop.example/b", "node='measure'", filled_in);
    desk.hears("bmhs@coop.example/c", "node='measure'", filled_in);
    CHECK(desk.error().first == "resource-constraint");
    desk.hears("dash@town.example/a", "node='measure'", filled_in);
    CHECK(desk.asked.size() == 3);
    CHECK(desk.commands.running() == 3);
}

TEST_CASE("what all have under way is bounded") {
    Desk desk({.running = 2, .running_per_asker = 2});
    for (int i = 0; i < 3; ++i)
        desk.hears(fmt::format("a{}@coop.example/x", i), "node='measure'", filled_in);
    CHECK(desk.asked.size() == 2);
    CHECK(desk.error().first == "resource-constraint");
}

TEST_CASE("sessions are bounded for each asker, and the oldest goes") {
    Desk desk({.sessions = 16, .sessions_per_asker = 2});
    desk.hears(coop, "node='measure'");
    const std::string oldest = desk.session();
    desk.hears("dash@town.example/a", "node='measure'");
    const std::string others = desk.session();
    desk.hears(coop, "node='measure'");
    desk.hears(coop, "node='measure'");
    CHECK(desk.commands.sessions() == 3);
    desk.hears(coop, fmt::format("node='measure' action='cancel' sessionid='{}'", oldest));
    CHECK(desk.status() == "executing");
    desk.hears("dash@town.example/a",
               fmt::format("node='measure' action='cancel' sessionid='{}'", others));
    CHECK(desk.status() == "canceled");
}

TEST_CASE("sessions are bounded in all") {
    Desk desk({.sessions = 4, .sessions_per_asker = 2});
    for (int i = 0; i < 100; ++i)
        desk.hears(fmt::format("a{}@coop.example/x", i), "node='measure'");
    CHECK(desk.commands.sessions() == 4);
}

TEST_CASE("a session ends with its time") {
    Desk desk;
    desk.hears(coop, "node='measure'");
    const std::string session = desk.session();
    desk.hears(coop, fmt::format("node='measure' action='cancel' sessionid='{}'", session), {},
               Instant{} + CommandLimits{}.session_age);
    CHECK(desk.status() == "executing");
    CHECK(desk.session() != session);
}

TEST_CASE("when our session is lost nothing is left, and the handlers are told") {
    Desk desk;
    desk.hears(coop, "node='measure'", filled_in);
    desk.hears(coop, "node='measure'");
    desk.commands.session_lost();
    CHECK(desk.asked[0].question.stop.stop_requested());
    CHECK(desk.commands.sessions() == 0);
    CHECK(desk.commands.running() == 0);
}

TEST_CASE("no command of that name, and no stage before the first") {
    Desk desk;
    desk.hears(coop, "node='dance'", filled_in);
    CHECK(desk.error().first == "item-not-found");
    desk.hears(coop, "node='measure' action='prev'");
    CHECK(desk.error().first == "bad-request");
}

TEST_CASE("a store that fails is no answer to who may do what") {
    Desk desk;
    const Element iq = Desk::read(
        "<iq type='set' from='bmhs@coop.example/a' id='i'><command "
        "xmlns='http://jabber.org/protocol/commands' node='measure'/></iq>");
    REQUIRE(desk.commands.take(iq, {}));
    desk.store.front()(std::make_exception_ptr(Error("away", Retry::worthwhile)));
    CHECK(desk.error().first == "resource-constraint");
    CHECK(desk.asked.empty());
}

TEST_CASE("an upstream error always says who and which, because the deployed client needs both") {
    Desk desk;
    desk.hears(coop, "node='measure'", filled_in);
    desk.asked[0].reply(tl::unexpected(CommandRefusal{
        .kind = CommandRefusal::Kind::upstream, .text = "closed", .issuer = "sun", .code = "S1"}));
    desk.let_replies_in();
    const Element& error = desk.last().children.at(0);
    const Element* upstream = error.child("upstream-error", quoalise_namespace);
    REQUIRE(upstream);
    CHECK(upstream->attribute("issuer") == "sun");
    CHECK(upstream->attribute("code") == "S1");
    CHECK(desk.error() == std::pair<std::string, std::string>("undefined-condition", "closed"));
}

TEST_CASE("lists can be had as often as one likes, though not many at once") {
    Desk desk;
    for (std::size_t i = 0; i < CommandLimits{}.running + 1; ++i) {
        desk.discovers(coop, std::string(commands_namespace));
        CHECK(desk.last().attribute("type") == "result");
        desk.discovers(coop, "measure");
        CHECK(desk.last().attribute("type") == "result");
    }
}

TEST_CASE("the items behind a command are listed page by page (XEP-0030, XEP-0059)") {
    Desk desk;
    desk.discovers(
        coop, "measure",
        "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><after>Z</after></set>");
    REQUIRE(desk.listed.size() == 1);
    CHECK(desk.listed[0].asker == address(coop));
    CHECK(desk.listed[0].after == "Z");
    CHECK(desk.listed[0].most == 2);
    const Element* query = desk.last().child("query", disco_items);
    REQUIRE(query);
    CHECK(query->attribute("node") == "measure");
    REQUIRE(query->children.size() == 3);
    CHECK(query->children[0].attribute("jid") == "zabbix@lorient.example/courant");
    CHECK(query->children[0].attribute("node") == "measure/a");
    CHECK(query->children[0].attribute("name") == "A");
    CHECK(query->children[2].child("first", result_set)->text == "a<b");
    CHECK(query->children[2].child("last", result_set)->text == "c");
    desk.discovers(coop, "measure",
                   "<set xmlns='http://jabber.org/protocol/rsm'><max>many</max></set>");
    CHECK_FALSE(desk.listed[1].most);
    CHECK(desk.listed[1].after.empty());
}
