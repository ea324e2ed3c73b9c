// Packed packs on the real way: two servers of different make between two programs.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;

namespace {

void append_rows(const Household& household, int first, int rows) {
    std::string text = read_file(household.file);
    for (int i = first; i < first + rows; ++i)
        text += fmt::format("2012-{:02}-{:02} {:02}:{:02}:00,{}.{:03},{}.{:03}\n", 3 + i / 1440,
                            1 + i / 48 % 30, i / 2 % 24, i % 2 * 30, i % 5, i * 7 % 1000, i % 3,
                            i * 13 % 1000);
    write_file(household.file, text);
}

/// The forms of all bodies in an inbox.
std::set<courant::BodyForm> forms_in_inbox(const Proxy& proxy) {
    courant::SqliteOptions options;
    options.ownership = courant::Ownership::shared;
    std::set<courant::BodyForm> forms;
    courant::open_sqlite_store(proxy / "store.sqlite", options)->read([&](courant::Mailboxes& m) {
        for (const auto& arrival : m.inbox(0, {.messages = 100'000, .bytes = 1 << 30}))
            if (arrival.message.records > 0)  // or a notice
                forms.insert(courant::form_of(arrival.message.body));
    });
    return forms;
}

std::string packs_of_coop(const Proxy& home) {
    return nlohmann::json::parse(home.expect({"peer", "list", "--json"}))[0]["packs"];
}

}  // namespace

TEST_CASE(
    "the peer is asked through both servers, gets packed packs, and writes the same readings") {
    FederationOfTwo stage;
    // Without a sink, so that what arrived stays in the inbox.
    stage.coop.configure("");
    const Household first = made_up(stage.home / "meter.csv", 40, stage.home.jid());
    stage.publish(first);
    CHECK(packs_of_coop(stage.home) == "not asked yet");
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return packs_of_coop(stage.home) == "packed"; }));
    append_rows(first, 0, 3000);
    const auto arrived = [&] { return stage.coop.status()["inbox"]["readings"].get<int>(); };
    REQUIRE(wait_until([&] { return arrived() == 6080; }));
    CHECK(forms_in_inbox(stage.coop).contains(courant::BodyForm::compact));

    // What lies in the mailboxes is shown in any format.
    const std::string xml = stage.coop.expect({"inbox", "show", "2"});
    CHECK(xml.starts_with("<sensml"));
    const std::string json = stage.coop.expect({"inbox", "show", "2", "--format", "json"});
    CHECK(nlohmann::json::parse(json).size() > 0);
    CHECK(stage.coop.command({"inbox", "show", "2", "--format", "yaml"}).code == 2);

    // The same file once more, in real order, when there is somebody to write it down.
    stage.coop.stop();
    stage.coop.configure(
        "[adapters.archive]\ntype = \"csv\"\nfolder = \"archive\"\n\n[[receive]]\nadapter = "
        "\"archive\"\n");
    stage.coop.start();
    const Household whole = real_year(first.file, stage.home.jid());
    stage.wait_for(whole);
}

TEST_CASE("a peer that is told to get XML gets XML, and nothing is lost when that changes") {
    FederationOfTwo stage;
    stage.coop.configure("");
    const Household household = made_up(stage.home / "meter.csv", 40, stage.home.jid());
    stage.publish(household);
    stage.home.expect({"peer", "add", stage.coop.jid(), "--xml-only"});
    CHECK(packs_of_coop(stage.home) == "xml only");
    stage.coop.start();
    stage.home.start();
    const auto arrived = [&] { return stage.coop.status()["inbox"]["readings"].get<int>(); };
    REQUIRE(wait_until([&] { return arrived() == 80; }));
    append_rows(household, 0, 1000);
    REQUIRE(wait_until([&] { return arrived() == 2080; }));
    CHECK(forms_in_inbox(stage.coop) == std::set{courant::BodyForm::xml});
    CHECK(packs_of_coop(stage.home) == "xml only");

    stage.home.expect({"peer", "add", stage.coop.jid(), "--xml-only=false"});
    // It is asked with its next word after the change was seen.
    int rows = 1000;
    REQUIRE(wait_until([&] {
        append_rows(household, rows++, 1);
        return packs_of_coop(stage.home) == "packed";
    }));
    append_rows(household, rows, 1000);
    rows += 1000;
    REQUIRE(wait_until([&] { return arrived() == 80 + 2 * rows; }));
    CHECK(forms_in_inbox(stage.coop).contains(courant::BodyForm::compact));
}
