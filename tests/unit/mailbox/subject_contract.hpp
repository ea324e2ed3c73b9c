// What a person's word does in every store: objections stand, transfers are counted, and what is
// held is taken back without a number or a sum going wrong.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/mailbox/archive.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {
namespace {

const Jid subject_peer = Jid::parse("bmhs@coop.example").value();
const std::string somebody = "kersabiec@lorient.example";

Time hour(int number) {
    return senml::from_unix_seconds(1'780'000'000 + std::int64_t{3'600} * number);
}

Outgoing of_grant(std::string grant, std::int64_t records, std::string body = "some body") {
    return {.peer = subject_peer,
            .envelope = {.retain = "P1Y", .grant = std::move(grant)},
            .body = std::move(body),
            .records = records};
}

Message arriving(Seq seq, std::string body, std::int64_t records) {
    return {.peer = subject_peer,
            .lane = {"L"},
            .seq = seq,
            .envelope = {.retain = "P1Y", .grant = "g", .hops = {subject_peer}},
            .body = std::move(body),
            .records = records,
            .stored_at = hour(1)};
}

TEST_CASE_TEMPLATE_DEFINE("an objection stands until it is lifted, once for each subject", Home,
                          an_objection_stands) {
    Home home;
    auto store = home.open({});
    const Objection limited{.subject = somebody,
                            .kind = GrantState::limited,
                            .reason = "disputed",
                            .since = hour(1),
                            .until = hour(9)};
    const Objection objected{.subject = somebody, .reason = "no", .since = hour(2)};
    std::int64_t before = 0;
    store->commit([&](Mailboxes& m) {
        before = m.subscriptions_revision();
        m.subjects().put_objection(limited);
    });
    store->commit([&](Mailboxes& m) {
        // Whoever made something of grants has to make it anew.
        CHECK(m.subscriptions_revision() != before);
        CHECK(m.subjects().objections() == std::vector{limited});
        m.subjects().put_objection(objected);
        CHECK(m.subjects().objections() == std::vector{objected});
        CHECK(m.subjects().remove_objection(somebody));
        CHECK_FALSE(m.subjects().remove_objection(somebody));
        CHECK(m.subjects().objections().empty());
    });
    CHECK_THROWS_AS(store->commit([](Mailboxes& m) {
        m.subjects().put_objection(
            {.subject = "*", .kind = GrantState::objected, .reason = "", .since = hour(1)});
    }),
                    StoreError);
}

TEST_CASE_TEMPLATE_DEFINE("R2.2: what peers have by their receipts is counted by grant", Home,
                          transfers_are_counted) {
    Home home;
    auto store = home.open({});
    LaneId lane;
    store->commit([&](Mailboxes& m) {
        for (int i = 1; i <= 3; ++i) lane = m.enqueue(of_grant("A", 10), hour(i)).first;
        m.enqueue(of_grant("B", 5), hour(4));
        m.enqueue(of_grant("A", 1), hour(5));
    });
    store->commit([&](Mailboxes& m) {
        CHECK(m.subjects().transfers().empty());
        m.acknowledge(lane, 2);
        CHECK(m.subjects().transfers() == std::vector<Transfer>{{"A", 2, 20, hour(1), hour(2)}});
        m.acknowledge(lane, 2);
        CHECK(m.subjects().transfers().front().messages == 2);
    });
    store->commit([&](Mailboxes& m) { m.acknowledge(lane, 5); });
    store->commit([&](Mailboxes& m) {
        CHECK(m.subjects().transfers() ==
              std::vector<Transfer>{{"A", 4, 31, hour(1), hour(5)}, {"B", 1, 5, hour(4), hour(4)}});
    });
}

TEST_CASE_TEMPLATE_DEFINE("R4.1: a waiting message can lose readings, or all, and keeps its number",
                          Home, a_waiting_message_is_rewritten) {
    Home home;
    auto store = home.open({});
    LaneId lane;
    store->commit([&](Mailboxes& m) {
        for (int i = 1; i <= 3; ++i)
            lane = m.enqueue(of_grant("A", 10, std::string(100, 'x')), hour(i)).first;
        m.subjects().rewrite_outgoing(lane, 1, "four", 4, "objected");
        m.subjects().rewrite_outgoing(lane, 2, "", 0, "objected");
        m.subjects().rewrite_outgoing(lane, 9, "four", 4, "objected");
    });
    store->commit([&](Mailboxes& m) {
        const auto waiting = m.outbox(lane, 0, {});
        REQUIRE(waiting.size() == 3);
        CHECK(waiting[0].body == "four");
        CHECK(waiting[0].records == 4);
        CHECK(waiting[0].envelope.grant == "A");
        CHECK(waiting[1].void_reason == "objected");
        CHECK(waiting[1].body.empty());
        CHECK(waiting[2].records == 10);
        const auto stored = m.find_lane(lane);
        REQUIRE(stored);
        CHECK(stored->waiting_records == 14);
        CHECK(stored->waiting_bytes == 104);
        // A void was nobody's.
        m.acknowledge(lane, 3);
        CHECK(m.subjects().transfers().front().messages == 2);
        CHECK(m.find_lane(lane)->waiting_bytes == 0);
    });
}

TEST_CASE_TEMPLATE_DEFINE("R3.6: the inbox's sums are right after readings were taken out", Home,
                          the_inbox_is_rewritten) {
    Home home;
    auto store = home.open({});
    store->commit([&](Mailboxes& m) {
        for (int i = 1; i <= 5; ++i) m.take_in(arriving(i, std::string(100, 'x'), 10), hour(i));
        m.take_in(arriving(8, std::string(100, 'w'), 10), hour(8));
    });
    store->commit([&](Mailboxes& m) {
        const Rewritten fewer[]{{.position = 2, .body = "two", .records = 1},
                                {.position = 4, .body = "", .records = 0}};
        m.subjects().rewrite_inbox(fewer);
        m.subjects().rewrite_waiting(subject_peer, {"L"}, 8, "left", 3);
    });
    store->commit([&](Mailboxes& m) {
        const auto arrivals = m.inbox(0, {});
        REQUIRE(arrivals.size() == 5);
        CHECK(arrivals[1].message.body == "two");
        CHECK(arrivals[3].message.records == 0);
        CHECK(m.inbox_size(0) == InboxSize{5, 31, 303, hour(1)});
        CHECK(m.inbox_size(2) == InboxSize{3, 20, 200, hour(3)});
        // What comes after goes on from there.
        m.take_in(arriving(6, std::string(50, 'y'), 7), hour(9));
        m.take_in(arriving(7, std::string(50, 'y'), 7), hour(9));
        CHECK(m.inbox_size(0) == InboxSize{8, 48, 407, hour(1)});
        CHECK(m.inbox_size(6) == InboxSize{2, 10, 54, hour(9)});
    });
}

TEST_CASE_TEMPLATE_DEFINE("a dead letter's payload can be replaced", Home,
                          a_dead_letter_is_rewritten) {
    Home home;
    auto store = home.open({});
    store->commit([&](Mailboxes& m) {
        const auto id = m.bury({.id = 0,
                                .at = hour(1),
                                .origin = DeadOrigin::sent,
                                .whom = "x",
                                .lane = {},
                                .seq = {},
                                .record = {},
                                .reason = "why",
                                .payload = "two persons",
                                .envelope = {}});
        m.subjects().rewrite_dead(id, "one");
        CHECK(m.find_dead(id)->payload == "one");
        CHECK(m.find_dead(id)->reason == "why");
    });
}

}  // namespace
}  // namespace courant::test
