// What every store keeps of what two sides said about grants.
#pragma once

#include <doctest/doctest.h>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/exchange.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/federation/some_notices.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {
namespace {

const Jid giver = Jid::parse("zabbix@lorient.example").value();

Time minute(std::int64_t number) {
    return senml::from_unix_seconds(1'780'000'000 + 60 * number);
}

Message from_giver(Seq seq, std::string body, std::int64_t records, std::string grant = {}) {
    return {.peer = giver,
            .lane = {"L"},
            .seq = seq,
            .envelope = {.retain = "P1Y", .grant = std::move(grant)},
            .body = std::move(body),
            .records = records,
            .stored_at = minute(seq)};
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("what two sides say about grants is kept", Home, exchange_is_kept) {
    Home home;
    const auto store = home.open_guarded({});
    const auto book = [&](auto what) {
        store->commit([&](Mailboxes& m) { what(m, m.exchange()); });
    };

    SUBCASE("a notice needs no grant to leave; readings that say they are one do") {
        store->commit([](Mailboxes& m) { m.put_peer({.jid = giver}); });
        const Outgoing notice{.peer = giver,
                              .envelope = {},
                              .body = notice_body(AnswerToOffer{.grant = "G", .accepted = true}),
                              .records = 0};
        store->commit([&](Mailboxes& m) { m.enqueue(notice, minute(0)); });
        Outgoing readings = notice;
        readings.records = 1;
        CHECK_THROWS_AS(store->commit([&](Mailboxes& m) { m.enqueue(readings, minute(0)); }),
                        StoreError);
        readings = notice;
        readings.body = "<sensml/>";
        CHECK_THROWS_AS(store->commit([&](Mailboxes& m) { m.enqueue(readings, minute(0)); }),
                        StoreError);
    }
    SUBCASE("a grant that was given to us, its state and our answer") {
        const auto offer = std::get<OfferNotice>(some_notices().front());
        HeldGrant held{.grant = offer.grant, .role = offer.role};
        held.grant.peer = giver;
        held.grant.state_since = held.grant.added_at = minute(1);
        book([&](Mailboxes&, ExchangeBook& b) {
            b.put_held(held);
            CHECK(b.find_held(giver, "member-17") == held);
            CHECK_FALSE(b.find_held(giver, "other"));
            CHECK(b.why_held_no_more(giver, "member-17").empty());
            CHECK(b.why_held_no_more(giver, "other").empty());
            held.answer = OfferAnswer::declined;
            b.put_held(held);
            CHECK(b.why_held_no_more(giver, "member-17") == "grant member-17 was declined");
            held.answer = OfferAnswer::accepted;
            held.grant.state = GrantState::withdrawn;
            held.grant.state_reason = "moved";
            b.put_held(held);
            CHECK(b.why_held_no_more(giver, "member-17") == "grant member-17 is withdrawn");
            CHECK(b.held() == std::vector{held});
        });
    }
    SUBCASE("notices are found among the readings, and every one that went or came is kept") {
        const std::string notice = notice_body(ExpiryNotice{.grant = "G", .until = minute(9)});
        book([&](Mailboxes& m, ExchangeBook& b) {
            m.take_in(from_giver(1, "some body", 2), minute(1));
            m.take_in(from_giver(2, notice, 0), minute(2));
            m.take_in(from_giver(4, notice, 0), minute(2));
            m.take_in(from_giver(3, "some body", 2), minute(2));
            const auto found = b.notices(0, 9);
            REQUIRE(found.size() == 2);
            CHECK(found[0].message.seq == 2);
            CHECK(found[0].message.body == notice);
            CHECK(b.notices(found[0].position, 9).size() == 1);
            const NoticeEntry entry{.at = minute(1),
                                    .sent = true,
                                    .peer = giver,
                                    .about = "G",
                                    .word = "expires",
                                    .body = notice};
            b.log(entry);
            CHECK(b.log_of("G") == std::vector{entry});
            CHECK(b.log_of("H").empty());
            CHECK(b.log_of("").size() == 1);
        });
    }
    SUBCASE("an erasure is open until it is closed, whoever has answered") {
        book([&](Mailboxes&, ExchangeBook& b) {
            Erasure erasure{.peer = giver,
                            .about = "G",
                            .series = "a@b/*",
                            .subject = "*",
                            .from = minute(1),
                            .asked_at = minute(2)};
            erasure.id = b.add_erasure(erasure);
            CHECK(b.open_erasures() == std::vector{erasure});
            b.answer_erasure(erasure.id, {"db", false, "no"});
            b.answer_erasure(erasure.id, {"db", true, "yes"});
            b.answer_erasure(erasure.id, {"", true, "7"});
            CHECK(b.answers_to(erasure.id) ==
                  std::vector<ErasureAnswer>{{"", true, "7"}, {"db", true, "yes"}});
            b.close_erasure(erasure.id, minute(3));
            CHECK(b.open_erasures().empty());
        });
    }
    SUBCASE("readings are taken out of the inbox and leave their place, and of what waits") {
        book([&](Mailboxes& m, ExchangeBook& b) {
            m.take_in(from_giver(1, "first", 2, "G"), minute(1));
            m.take_in(from_giver(2, "second", 3, "G"), minute(1));
            m.take_in(from_giver(5, "waits", 4, "G"), minute(1));
            m.take_in(from_giver(6, "waits", 4, "H"), minute(1));
            const auto kept = b.kept(0, 9);
            REQUIRE(kept.size() == 2);
            CHECK(kept[1].envelope.grant == "G");
            CHECK(kept[1].stored_at == minute(1));
            m.subjects().rewrite_inbox(std::vector<Rewritten>{{.position = kept[0].position}});
            CHECK(b.kept(0, 9).size() == 1);
            CHECK(b.arrival(kept[0].position)->message.body.empty());
            CHECK(m.inbox_size(0).messages == 2);
            CHECK(m.inbox_size(0).records == 3);
            CHECK(m.inbox_size(0).bytes == 6);
            CHECK(b.empty_waiting(giver, "G") == 4);
            m.take_in(from_giver(3, "third", 1, "G"), minute(2));
            m.take_in(from_giver(4, "fourth", 1, "G"), minute(2));
            CHECK(m.incoming_lanes(giver)[0].next == 7);
            std::vector<Seq> left;
            for (const auto& one : b.kept(0, 9)) left.push_back(one.seq);
            CHECK(left == std::vector<Seq>{2, 3, 4, 6});
        });
    }
    SUBCASE("a dead letter loses its payload and says why") {
        book([&](Mailboxes& m, ExchangeBook& b) {
            DeadLetter letter;
            letter.reason = "broken";
            letter.payload = "42 W";
            const auto id = m.bury(letter);
            b.empty_dead(id, "erased");
            CHECK(m.find_dead(id)->payload.empty());
            CHECK(m.find_dead(id)->reason == "broken (erased)");
        });
    }
}

}  // namespace courant::test
