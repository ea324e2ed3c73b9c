// What grants promise in every store: the database itself keeps what has no permission out of the
// outbox.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "proxy-core/access/access_book.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {
namespace {

const Jid grantee = Jid::parse("bmhs@coop.example").value();
const Jid other_peer = Jid::parse("dash@analyst.example").value();

Time day(int number) {
    return senml::from_unix_seconds(1'780'000'000 + std::int64_t{86'400} * number);
}

// From day 1 to day 10.
Grant ten_days(std::string id, const Jid& peer = grantee) {
    Grant grant;
    grant.id = std::move(id);
    grant.subject = "kersabiec@lorient.example";
    grant.series = "zabbix@lorient.example/*";
    grant.peer = peer;
    grant.purpose = "monitoring";
    grant.basis = LegalBasis::not_personal;
    grant.retain = "P1Y";
    grant.history = "P13M";
    grant.resolution = "PT1H";
    grant.pseudonym = true;
    grant.hidden = "1 3";
    grant.from = day(1);
    grant.until = day(10);
    grant.added_at = grant.state_since = day(0);
    return grant;
}

Consent signed_form() {
    return {.mode = ConsentMode::asker,
            .collected_by = "coop",
            .collected_at = day(0),
            .method = "signed form",
            .text_version = "2026-1",
            .proof = "sha256:1234",
            .guardian = "a parent"};
}

Outgoing under(std::string grant, const Jid& peer = grantee) {
    return {.peer = peer,
            .envelope = {.retain = "P1Y", .grant = std::move(grant)},
            .body = "some body",
            .records = 2};
}

bool is_taken(Store& store, const Outgoing& message, Time now) {
    try {
        store.commit([&](Mailboxes& m) { m.enqueue(message, now); });
        return true;
    } catch (const StoreError& error) {
        CHECK(std::string(error.what()).find("grant") != std::string::npos);
        return false;
    }
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("the store itself keeps out of the outbox what no grant allows", Home,
                          access_is_kept) {
    Home home;
    const auto store = home.open_guarded({});
    store->commit([](Mailboxes& m) {
        m.put_peer({.jid = grantee});
        m.put_peer({.jid = other_peer});
        m.access().add_grant(ten_days("G"));
    });
    const auto access = [&](auto work) { store->commit([&](Mailboxes& m) { work(m.access()); }); };

    SUBCASE("a message enters the outbox under a grant for its peer that is valid at that time") {
        CHECK_FALSE(is_taken(*store, under("G"), day(0)));
        CHECK(is_taken(*store, under("G"), day(1)));
        CHECK(is_taken(*store, under("G"), day(10) - std::chrono::nanoseconds(1)));
        CHECK_FALSE(is_taken(*store, under("G"), day(10)));
        CHECK_FALSE(is_taken(*store, under("another"), day(2)));
        CHECK_FALSE(is_taken(*store, under(""), day(2)));
        CHECK_FALSE(is_taken(*store, under("G", other_peer), day(2)));
    }
    SUBCASE("only an active one lets anything through, and lifting a limit does again") {
        for (const auto state : {GrantState::limited, GrantState::objected}) {
            access([&](AccessBook& a) { CHECK(a.set_grant_state("G", state, "asked", day(2))); });
            CHECK_FALSE(is_taken(*store, under("G"), day(3)));
            access([&](AccessBook& a) { a.set_grant_state("G", GrantState::active, "", day(3)); });
            CHECK(is_taken(*store, under("G"), day(3)));
        }
        access([&](AccessBook& a) { a.set_grant_state("G", GrantState::withdrawn, "", day(4)); });
        CHECK_THROWS_AS(
            access([&](AccessBook& a) { a.set_grant_state("G", GrantState::active, "", day(5)); }),
            StoreError);
        access([&](AccessBook& a) { CHECK_FALSE(a.set_grant_state("none", {}, "", day(5))); });
    }
    SUBCASE("what waits under a grant that ends becomes void, and keeps its number") {
        access([&](AccessBook& a) { a.add_grant(ten_days("H")); });
        LaneId lane;
        store->commit([&](Mailboxes& m) {
            lane = m.enqueue(under("G"), day(2)).first;
            m.enqueue(under("H"), day(2));
            m.enqueue(under("G"), day(2));
        });
        access([&](AccessBook& a) { a.set_grant_state("G", GrantState::withdrawn, "", day(3)); });
        store->commit([&](Mailboxes& m) {
            const auto waiting = m.outbox(lane, 0, {});
            REQUIRE(waiting.size() == 3);
            CHECK(waiting[0].void_reason == "the grant is withdrawn");
            CHECK(waiting[0].body.empty());
            CHECK(waiting[1].void_reason.empty());
            CHECK(waiting[1].body == "some body");
            CHECK(waiting[2].seq == 3);
            CHECK_FALSE(waiting[2].void_reason.empty());
            const auto stored = m.find_lane(lane);
            CHECK(stored->waiting_records == 2);
            CHECK(stored->waiting_bytes == 9);
            CHECK(m.acknowledge(lane, 3) == 3);
            CHECK(m.find_lane(lane)->waiting_records == 0);
        });
    }
    SUBCASE("what waited until its grant ran out is void when it is to go") {
        LaneId lane;
        store->commit([&](Mailboxes& m) {
            Grant longer = ten_days("L");
            longer.until = std::nullopt;
            m.access().add_grant(longer);
            lane = m.enqueue(under("G"), day(2)).first;
            m.enqueue(under("L"), day(2));
            m.enqueue(under("G"), day(2));
        });
        store->commit([&](Mailboxes& m) {
            CHECK(m.access().void_lapsed(lane, 0, 3, day(9)) == 0);
            CHECK(m.access().void_lapsed(lane, 0, 2, day(10)) == 1);
            CHECK(m.access().void_lapsed(lane, 2, 2, day(10)) == 1);
            CHECK(m.access().void_lapsed(lane, 0, 9, day(10)) == 0);
            const auto waiting = m.outbox(lane, 0, {});
            REQUIRE(waiting.size() == 3);
            CHECK(waiting[0].void_reason == "the grant has ended");
            CHECK(waiting[1].void_reason.empty());
            CHECK(m.find_lane(lane)->waiting_records == 2);
        });
    }
    SUBCASE("R1.2: a grant and its consent are read as they were written, and stand") {
        Grant grant = ten_days("C");
        grant.basis = LegalBasis::consent;
        grant.consent = signed_form();
        CHECK_THROWS_AS(access([&](AccessBook& a) { a.add_grant(grant); }), StoreError);
        store->commit([](Mailboxes& m) {
            m.put_peer({.jid = grantee,
                        .terms = {.link = LegalLink::processor,
                                  .agreement = "A-7",
                                  .from = day(0),
                                  .until = day(99),
                                  .code = "1.2",
                                  .purposes = {"billing", "monitoring"},
                                  .suspended = "audit"},
                        .dialect = Dialect::quoalise});
            m.set_card(grantee, R"({"organisation": "Coop"})");
        });
        access([&](AccessBook& a) { a.add_grant(grant); });
        access([&](AccessBook& a) {
            CHECK(a.find_grant("C") == grant);
            CHECK(a.grants().size() == 2);
            CHECK_FALSE(a.find_grant("none"));
        });
        Grant hollow = grant;
        hollow.id = "D";
        hollow.consent->text_version.clear();
        CHECK_THROWS_AS(access([&](AccessBook& a) { a.add_grant(hollow); }), StoreError);
        CHECK_THROWS_AS(access([&](AccessBook& a) { a.add_grant(grant); }), StoreError);
        store->read([](Mailboxes& m) {
            const auto peer = m.find_peer(grantee);
            REQUIRE(peer);
            CHECK(peer->terms.purposes == std::vector<std::string>{"billing", "monitoring"});
            CHECK(peer->terms.until == day(99));
            CHECK(peer->terms.suspended == "audit");
            CHECK(peer->dialect == Dialect::quoalise);
            CHECK(peer->card == R"({"organisation": "Coop"})");
        });
    }
    SUBCASE("strangers are remembered, a thousand at most, and a flood is one try") {
        const auto stranger = [](int i) {
            return Jid::parse("s" + std::to_string(i) + "@x.example").value();
        };
        access([&](AccessBook& a) {
            a.note_stranger(stranger(0), day(0));
            a.note_stranger(stranger(0), day(0) + std::chrono::seconds(59));
            a.note_stranger(stranger(0), day(0) + std::chrono::seconds(60));
            CHECK(a.admission_requests() ==
                  std::vector<AdmissionRequest>{
                      {stranger(0), day(0), day(0) + std::chrono::seconds(60), 2}});
            for (int i = 1; i <= most_admission_requests; ++i) a.note_stranger(stranger(i), day(1));
            const auto all = a.admission_requests();
            CHECK(all.size() == most_admission_requests);
            CHECK(all.back().jid != stranger(0));
            CHECK(a.remove_admission_request(stranger(5)));
            CHECK_FALSE(a.remove_admission_request(stranger(5)));
        });
    }
}

}  // namespace courant::test
