// What the book of calls and the archive of sent readings promise in every store.
#pragma once

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "tests/unit/mailbox/access_contract.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {
namespace {

const std::string roof = "zabbix:lorient.example/school:lorient.example/pv/power";
const std::string house = "zabbix:lorient.example/kersabiec:lorient.example/pv/power";

RecordedCall asked(int when, std::string request = "r", std::string grant = "G") {
    return {.asker = grantee,
            .request = std::move(request),
            .series = roof,
            .from = day(-20),
            .to = day(-10),
            .grant = std::move(grant),
            .last_at = day(when)};
}

senml::Pack values(const std::string& series, std::initializer_list<std::pair<int, double>> all) {
    senml::Pack pack;
    for (const auto& [when, value] : all)
        pack.add(pack.intern_name(series), pack.intern_unit("W"), day(when), value);
    return pack;
}

// One reading of every kind.
senml::Pack of_all_kinds() {
    senml::Pack pack;
    const auto name = pack.intern_name(roof);
    pack.add(name, pack.intern_unit("W"), day(1), 0.1);
    pack.add_text(name, senml::no_unit, day(2), "a \"text\", with\nlines");
    pack.add_boolean(name, senml::no_unit, day(3), true);
    pack.add_data(name, senml::no_unit, day(4), std::as_bytes(std::span("a\0b", 3)));
    pack.add_valueless(name, pack.intern_unit("W"), day(5));
    pack.set_extra({.sum = 12.5});
    pack.add(name, pack.intern_unit(""), day(6), -0.0);
    pack.add(name, senml::no_unit, day(7) + std::chrono::nanoseconds(1), 1e300);
    return pack;
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE(
    "a call stands in the book before it is made, under a grant or not at all", Home,
    calls_are_recorded) {
    Home home;
    const auto store = home.open_guarded({});
    store->commit([](Mailboxes& m) {
        m.put_peer({.jid = grantee});
        m.put_peer({.jid = other_peer});
        m.access().add_grant(ten_days("G"));
        m.access().add_grant(ten_days("others", other_peer));
    });
    const auto begins = [&](const RecordedCall& call) {
        try {
            std::int64_t id = 0;
            store->commit([&](Mailboxes& m) { id = m.calls().begin(call); });
            return id;
        } catch (const StoreError& error) {
            CHECK(std::string(error.what()).find("grant") != std::string::npos);
            return std::int64_t{0};
        }
    };
    const auto all = [&] {
        return ask(*store, [](Mailboxes& m) { return m.calls().calls(0, 100); });
    };

    SUBCASE("the store itself refuses one that no grant for its asker lets be made at that time") {
        CHECK(begins(asked(0)) == 0);
        CHECK(begins(asked(1)) > 0);
        CHECK(begins(asked(10, "late")) == 0);
        CHECK(begins(asked(2, "a", "another")) == 0);
        CHECK(begins(asked(2, "b", "others")) == 0);
        store->commit([](Mailboxes& m) {
            m.access().set_grant_state("G", GrantState::limited, "asked", day(3));
        });
        CHECK(begins(asked(4, "c")) == 0);
        // Nor is what was begun gone on with.
        CHECK(begins(asked(4)) == 0);
        CHECK(all().size() == 1);
    }
    SUBCASE("the pages of a request are one call, which says what came of it") {
        const auto id = begins(asked(1));
        store->commit([&](Mailboxes& m) {
            m.calls().end(
                id,
                {.state = CallState::started, .readings = 4, .through = day(-15), .digest = "d1"},
                day(2));
        });
        CHECK_FALSE(all().at(0).finished_at);
        RecordedCall next = asked(3);
        next.from = day(-15);
        next.to = day(-5);
        CHECK(begins(next) == id);
        store->commit([&](Mailboxes& m) {
            m.calls().end(id, {.readings = 3, .through = day(-5), .digest = "d2"}, day(4));
        });
        RecordedCall expected = asked(3);
        expected.id = id;
        expected.to = day(-5);
        expected.called_at = day(1);
        expected.pages = 2;
        expected.state = CallState::ok;
        expected.readings = 7;
        expected.through = day(-5);
        expected.digest = "d2";
        expected.finished_at = day(4);
        REQUIRE(all().size() == 1);
        CHECK(all()[0] == expected);
    }
    SUBCASE("one that is cancelled stays so, whatever its last page comes to") {
        const auto id = begins(asked(1));
        store->commit([&](Mailboxes& m) {
            CHECK(m.calls().cancel(other_peer, "r", day(2)) == 0);
            CHECK(m.calls().cancel(grantee, "r", day(2)) == 1);
            m.calls().end(id, {.state = CallState::failed, .error = "no"}, day(3));
        });
        CHECK(all().at(0).state == CallState::cancelled);
        CHECK(all().at(0).finished_at == day(2));
    }
    SUBCASE("old ones go, the oldest first") {
        for (const int when : {1, 2, 3, 4}) begins(asked(when, std::to_string(when)));
        store->commit([](Mailboxes& m) {
            CHECK(m.calls().purge(day(4), 2) == 2);
            CHECK(m.calls().purge(day(4), 2) == 1);
            CHECK(m.calls().purge(day(4), 2) == 0);
            CHECK(m.calls().count() == 1);
        });
        REQUIRE(all().size() == 1);
        CHECK(all()[0].request == "4");
        const auto last = all()[0].id;
        CHECK(ask(*store, [&](Mailboxes& m) { return m.calls().calls(last, 9); }).empty());
    }
}

TEST_CASE_TEMPLATE_DEFINE("readings that were sent are kept as they were, until they need not be",
                          Home, sent_readings_are_kept) {
    Home home;
    const auto store = home.open({});
    const auto keep = [&](const senml::Pack& pack, Quality quality = Quality::raw, int until = 90) {
        store->commit([&](Mailboxes& m) { m.past().keep(pack, quality, day(until)); });
    };
    const auto read = [&](const std::string& series, int from = 0, int to = 80, int most = 100) {
        return ask(*store,
                   [&](Mailboxes& m) { return m.past().read(series, day(from), day(to), most); });
    };

    SUBCASE("of every kind, with every bit, in order of time") {
        keep(of_all_kinds());
        CHECK(read(roof).readings == of_all_kinds());
        CHECK(std::signbit(read(roof).readings[5].number));
        CHECK(read(roof, 2, 4).readings.size() == 2);
        CHECK(read(roof, 2, 80, 3).readings.size() == 3);
        CHECK(read(house).readings.empty());
    }
    SUBCASE("what no message could carry either is left out") {
        senml::Pack pack = values(roof, {{1, 1}, {2, std::numeric_limits<double>::quiet_NaN()}});
        pack.add(pack.intern_name(roof), senml::no_unit, Time{}, 5);
        keep(pack);
        CHECK(ask(*store, [](Mailboxes& m) { return m.past().count(); }) == 1);
    }
    SUBCASE("the better quality stands, among equals the later one") {
        keep(values(roof, {{1, 1}, {1, 2}}));
        CHECK(read(roof).readings == values(roof, {{1, 2}}));
        keep(values(roof, {{1, 3}}), Quality::validated);
        keep(values(roof, {{1, 4}}), Quality::corrected);
        CHECK(read(roof).readings == values(roof, {{1, 3}}));
        keep(values(roof, {{1, 5}}), Quality::validated, 95);
        CHECK(read(roof).readings == values(roof, {{1, 5}}));
        CHECK(read(roof).known == std::vector<KeptReading>{{Quality::validated, day(95)}});
        // Another kind takes the number's place.
        senml::Pack text;
        text.add_text(text.intern_name(roof), senml::no_unit, day(1), "none");
        keep(text, Quality::invoiced);
        CHECK(read(roof).readings == text);
    }
    SUBCASE("they go when their time is over, and what is erased goes at once") {
        keep(values(roof, {{1, 1}, {2, 2}, {3, 3}}), Quality::raw, 10);
        keep(values(house, {{1, 1}, {2, 2}, {3, 3}}), Quality::raw, 20);
        CHECK(ask(*store, [](Mailboxes& m) { return m.past().series(); }) ==
              std::vector<KeptSeries>{{house, 3, day(1), day(3)}, {roof, 3, day(1), day(3)}});
        store->commit([](Mailboxes& m) {
            CHECK(m.past().purge(day(9), 100) == 0);
            CHECK(m.past().purge(day(10), 2) == 2);
            CHECK(m.past().purge(day(10), 2) == 1);
            CHECK(m.past().series().size() == 1);
            CHECK(m.past().erase("*/school@*", 100) == 0);
            CHECK(m.past().erase("*/kersabiec@lorient.example/*", 2) == 2);
            CHECK(m.past().erase("*/kersabiec@lorient.example/*", 2) == 1);
            CHECK(m.past().series().empty());
        });
    }
    SUBCASE("with what else is committed, or not at all") {
        CHECK_THROWS(store->commit([&](Mailboxes& m) {
            m.past().keep(values(roof, {{1, 1}}), Quality::raw, day(9));
            throw std::runtime_error("the outbox is full");
        }));
        CHECK(read(roof).readings.empty());
    }
}

}  // namespace courant::test
