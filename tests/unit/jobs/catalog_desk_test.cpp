// Who asks what there is gets his own catalog, and who asks who we are gets our card.
#include "jobs/catalog_desk.hpp"

#include <doctest/doctest.h>

#include <future>

#include "jobs/catalog_commands.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid asker = address("bmhs@coop.example/x");
const std::string school = "zabbix@lorient.example/school@lorient.example/";

/// 2000 series, of which each hundredth is power; coop is a peer.
struct Office {
    Office() {
        desk.ask([](Mailboxes& m) {
            m.put_peer({.jid = coop});
            for (int i = 0; i < 2'000; ++i)
                m.series().note(
                    {.name = school + std::to_string(i) + (i % 100 == 0 ? "/power" : "/index"),
                     .unit = "W",
                     .first = at(0),
                     .last = at(9),
                     .readings = 2});
        });
    }
    void grants(const std::string& series) {
        desk.ask([&](Mailboxes& m) {
            Grant grant = open_grant(coop, "G" + series);
            grant.series = series;
            m.access().add_grant(grant);
        });
    }
    CatalogOutcome ask(const Jid& who, CatalogQuestion question = {}) {
        CatalogDesk catalog(std::make_shared<CatalogRules>(rules), self, desk.store());
        std::promise<CatalogOutcome> answer;
        catalog.ask({.asker = who, .question = std::move(question), .now = at(5)},
                    [&](CatalogOutcome outcome) { answer.set_value(std::move(outcome)); });
        return answer.get_future().get();
    }

    Desk desk;
    CatalogRules rules;
};

}  // namespace

TEST_CASE("a peer finds what it is granted among much that it is not, page by page") {
    Office office;
    office.grants("*/power");
    std::vector<std::string> names;
    for (CatalogQuestion question{.most = 7};;) {
        const auto page = office.ask(asker, question);
        REQUIRE(page);
        for (const auto& entry : page->entries) names.push_back(entry.series);
        if (!page->more) break;
        question.after = names.back();
    }
    CHECK(names.size() == 20);
    CHECK(std::is_sorted(names.begin(), names.end()));
    CHECK(office.ask(asker, {.pattern = "*/index"})->entries.empty());
    CHECK(office.ask(asker, {.most = 1'000'000})->entries.size() == 20);
}

TEST_CASE("a stranger is told how to be admitted, and remembered, unless there is open data") {
    Office office;
    const Jid eve = address("eve@evil.example/x");
    const auto refused = office.ask(eve);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == CommandRefusal::Kind::forbidden);
    const auto strangers = [&] {
        return office.desk.ask([](Mailboxes& m) { return m.access().admission_requests().size(); });
    };
    CHECK(strangers() == 1);
    SeriesDescription open;
    open.series = "*/300/power";
    open.offer.to = Offered::everyone;
    office.rules.series = {open};
    const auto page = office.ask(address("mallory@evil.example/x"));
    REQUIRE(page);
    REQUIRE(page->entries.size() == 1);
    CHECK(page->entries[0].series == school + "300/power");
    CHECK(strangers() == 1);
}

TEST_CASE("a peer that is suspended sees nothing, open data neither") {
    Office office;
    SeriesDescription open;
    open.series = "*";
    open.offer.to = Offered::everyone;
    office.rules.series = {open};
    office.desk.ask(
        [](Mailboxes& m) { m.put_peer({.jid = coop, .terms = {.suspended = "audit"}}); });
    CHECK_FALSE(office.ask(asker));
}

TEST_CASE("a pattern that would cost much is refused before anything is looked at") {
    Office office;
    office.grants("*");
    for (const auto& pattern : {std::string("*a*b*c*d*e*f*g*h*"), std::string(600, 'x')}) {
        const auto refused = office.ask(asker, {.pattern = pattern});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == CommandRefusal::Kind::bad_request);
    }
}

TEST_CASE("a store that is away is told as such") {
    Office office;
    office.desk.faults().fail();
    const auto refused = office.ask(asker);
    office.desk.faults().mend();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == CommandRefusal::Kind::busy);
}

TEST_CASE("the directory holds our card and those of peers that want to be listed, in pages") {
    Desk desk;
    desk.ask([](Mailboxes& m) {
        const auto knows = [&](const char* jid, const Card& card, std::string suspended = {}) {
            m.put_peer({.jid = address(jid), .terms = {.suspended = std::move(suspended)}});
            m.set_card(address(jid), to_json({card, at(0)}));
        };
        knows("listed@a.example", {.name = "A", .listed = true});
        knows("shy@b.example", {.name = "B"});
        knows("gone@c.example", {.name = "C", .listed = true}, "audit");
        knows("odd@d.example", {});
        knows("zoe@z.example", {.name = "Z", .listed = true});
        m.put_peer({.jid = address("new@e.example")});
    });
    const auto ask = [&](std::vector<FormField> fields, const Card& own) {
        std::promise<CommandOutcome> answer;
        const Command command = directory_command(self, own, desk.store(), {});
        command.run({.asker = asker,
                     .form = {.type = Form::Type::submit, .fields = std::move(fields)},
                     .now = at(0),
                     .stop = {}},
                    CommandReply([&](CommandOutcome outcome) { answer.set_value(outcome); }));
        return answer.get_future().get();
    };
    const auto names = [](const CommandOutcome& outcome) {
        REQUIRE(outcome);
        std::string all;
        const auto element = read_stanza(outcome->payload);
        REQUIRE(element);
        const DirectoryPage page = directory_in(*element);
        for (const Listed& one : page.organisations) all += one.card.name;
        return all + (page.more ? "+" : "");
    };
    CHECK(names(ask({}, {})) == "AZ");
    CHECK(names(ask({}, {.name = "town"})) == "AtownZ");
    CHECK(names(ask({{.var = "max", .values = {"1"}}}, {})) == "A+");
    CHECK(names(ask({{.var = "after", .values = {"listed@a.example"}}}, {})) == "Z");
    CHECK_FALSE(ask({{.var = "max", .values = {"0"}}}, {}));
}
