// What every store promises about peers, subscriptions, dead letters, jobs, counters and notes.
// How to use it: transaction_contract.hpp.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE_TEMPLATE_DEFINE("a peer is known by its bare JID and may change", Home,
                          a_peer_is_known_by_its_bare_jid) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        CHECK_FALSE(m.find_peer(jid("bmhs@coop.example")));
        m.put_peer({jid("bmhs@coop.example/here"), false, at(1)});
        m.put_peer({jid("a@coop.example"), false, at(2)});
        m.put_peer({jid("bmhs@coop.example"), true, at(3)});
        const auto peer = m.find_peer(jid("bmhs@coop.example/elsewhere"));
        REQUIRE(peer);
        CHECK(peer->jid == jid("bmhs@coop.example"));
        CHECK(peer->relay);
        CHECK(peer->added_at == at(1));
        CHECK(m.peers().size() == 2);
    });
}

TEST_CASE_TEMPLATE_DEFINE("the revision of subscriptions tells every change and nothing else", Home,
                          the_revision_tells_every_change) {
    Home home;
    const auto store = home.open({});
    std::int64_t last = ask(*store, [](Mailboxes& m) { return m.subscriptions_revision(); });
    const auto changed = [&] {
        const auto now = ask(*store, [](Mailboxes& m) { return m.subscriptions_revision(); });
        return std::exchange(last, now) != now;
    };
    Subscription one{.id = 0,
                     .peer = jid("bmhs@coop.example"),
                     .series = "*",
                     .retain = "P3Y",
                     .grant = {},
                     .added_at = at(0)};
    CHECK_FALSE(changed());
    const auto id = commit(*store, [&](Mailboxes& m) { return m.put_subscription(one); });
    CHECK(changed());
    fill(*store, "bmhs@coop.example", 3);
    CHECK_FALSE(changed());
    one.retain = "P1Y";
    store->commit([&](Mailboxes& m) { m.put_subscription(one); });
    CHECK(changed());
    store->commit([&](Mailboxes& m) { m.remove_subscription(id); });
    CHECK(changed());
    CHECK_FALSE(changed());
}

TEST_CASE_TEMPLATE_DEFINE("which packs a peer gets: the operator's word, and its own", Home,
                          which_packs_a_peer_gets) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto found = [&] { return m.find_peer(jid("bmhs@coop.example")).value(); };
        m.set_packed(jid("bmhs@coop.example"), true);  // a stranger leaves no trace
        CHECK(m.peers().empty());
        m.put_peer({jid("bmhs@coop.example"), false, at(1)});
        CHECK_FALSE(found().xml_only);
        CHECK_FALSE(found().packed);
        m.set_packed(jid("bmhs@coop.example/here"), true);
        CHECK(found().packed == true);
        m.put_peer({jid("bmhs@coop.example"), true, at(2), true});
        CHECK(found().xml_only);
        CHECK(found().packed == true);
        m.put_peer({jid("bmhs@coop.example"), true, at(2)});
        CHECK_FALSE(found().xml_only);
        m.set_packed(jid("bmhs@coop.example"), false);
        CHECK(found().packed == false);
        CHECK(m.peers().at(0).packed == false);
        CHECK(m.peers().at(0).relay);
    });
}

TEST_CASE_TEMPLATE_DEFINE("one peer has one subscription to a series", Home,
                          one_subscription_to_a_series) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const Subscription first{0, jid("bmhs@coop.example"), "a@b/c@d/*", "P1Y", "grant-1", at(1)};
        auto second = first;
        second.retain = "P2Y";
        second.grant = "grant-2";
        auto other = first;
        other.series = "a@b/e@d/*";
        const auto id = m.put_subscription(first);
        CHECK(m.put_subscription(second) == id);
        const auto other_id = m.put_subscription(other);
        CHECK(other_id != id);
        const auto all = m.subscriptions();
        REQUIRE(all.size() == 2);
        CHECK(all[0].id == id);
        CHECK(all[0].retain == "P2Y");
        CHECK(all[0].grant == "grant-2");
        CHECK(all[0].peer == first.peer);
        CHECK(all[0].added_at == at(1));
        CHECK(all[1].series == other.series);
        CHECK(m.remove_subscription(other_id));
        CHECK_FALSE(m.remove_subscription(other_id));
        CHECK(m.subscriptions().size() == 1);
        // An id once shown to a person never means another subscription.
        CHECK(m.put_subscription(other) > other_id);
    });
}

TEST_CASE_TEMPLATE_DEFINE("a dead letter keeps everything that a retry needs", Home,
                          a_dead_letter_keeps_everything) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const DeadLetter letter{0, at(1), DeadOrigin::sent, "bmhs@coop.example", LaneId{"L"},
                                7, 3,     "unknown unit",   "<sensml/>",         envelope()};
        const auto id = m.bury(letter);
        const auto plain = m.bury(
            {0, at(2), DeadOrigin::source, "zabbix", {}, {}, {}, "no number", "\xFF\x01", {}});
        CHECK(plain > id);
        CHECK(m.dead_count() == 2);
        const auto found = m.find_dead(id);
        REQUIRE(found);
        CHECK(found->id == id);
        CHECK(found->at == at(1));
        CHECK(found->origin == DeadOrigin::sent);
        CHECK(found->whom == letter.whom);
        CHECK(found->lane == letter.lane);
        CHECK(found->seq == letter.seq);
        CHECK(found->record == letter.record);
        CHECK(found->reason == letter.reason);
        CHECK(found->payload == letter.payload);
        CHECK(found->envelope == letter.envelope);
        const auto rest = m.dead(id, everything);
        REQUIRE(rest.size() == 1);
        CHECK_FALSE(rest[0].lane);
        CHECK_FALSE(rest[0].seq);
        CHECK_FALSE(rest[0].record);
        CHECK(rest[0].payload == "\xFF\x01");
        CHECK(m.dead(0, {.messages = 1}).at(0).id == id);
        CHECK(m.remove_dead(id));
        CHECK_FALSE(m.remove_dead(id));
        CHECK_FALSE(m.find_dead(id));
        CHECK(m.dead_count() == 1);
    });
}

/// Ten letters that were set aside one second after the other; the first has the id of the answer.
inline std::int64_t ten_letters(Mailboxes& m) {
    DeadLetter letter;
    letter.payload = std::string(100, 'x');
    std::int64_t first = 0;
    for (std::int64_t i = 1; i <= 10; ++i) {
        letter.at = at(i);
        const auto id = m.bury(letter);
        if (i == 1) first = id;
    }
    return first;
}

TEST_CASE_TEMPLATE_DEFINE("a page of dead letters ends with its letters or its bytes", Home,
                          a_page_of_dead_letters_ends) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        const auto first = ten_letters(m);
        CHECK(m.dead(0, {4, 1'000'000}).size() == 4);
        CHECK(m.dead(0, {10, 350}).size() == 3);
        CHECK(m.dead(0, {10, 1}).size() == 1);
        CHECK(m.dead(first + 7, everything).size() == 2);
    });
}

TEST_CASE_TEMPLATE_DEFINE("dead letters go by age or by number, the oldest first, in batches", Home,
                          dead_letters_are_purged) {
    Home home;
    MailboxLimits limits;
    limits.purge_batch = 3;
    const auto store = home.open(limits);
    store->commit([](Mailboxes& m) {
        const auto first = ten_letters(m);
        CHECK(m.purge_dead(at(1), 100) == 0);
        CHECK(m.purge_dead(at(3), 100) == 2);
        CHECK(m.dead(0, everything).at(0).id == first + 2);
        CHECK(m.purge_dead(Time::max(), 0) == 0);
        CHECK(m.purge_dead(Time::max(), -1) == 0);
        CHECK(m.purge_dead(Time::max(), 1) == 1);
        CHECK(m.purge_dead(Time::max(), 100) == 3);
        CHECK(m.dead(0, everything).at(0).id == first + 6);
        CHECK(m.dead_count() == 4);
    });
}

TEST_CASE_TEMPLATE_DEFINE("what has been set aside is known by its message and record", Home,
                          what_is_set_aside_is_known) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        DeadLetter letter;
        letter.origin = DeadOrigin::sent;
        letter.lane = LaneId{"L"};
        letter.seq = 3;
        letter.record = 2;
        m.bury(letter);
        letter.seq = 4;
        letter.record.reset();
        const auto id = m.bury(letter);
        CHECK(m.has_dead(DeadOrigin::sent, LaneId{"L"}, 3, 2));
        CHECK(m.has_dead(DeadOrigin::sent, LaneId{"L"}, 4, {}));
        CHECK_FALSE(m.has_dead(DeadOrigin::sent, LaneId{"L"}, 3, {}));
        CHECK_FALSE(m.has_dead(DeadOrigin::sent, LaneId{"L"}, 4, 1));
        CHECK_FALSE(m.has_dead(DeadOrigin::sent, LaneId{"M"}, 3, 2));
        CHECK_FALSE(m.has_dead(DeadOrigin::arrived, LaneId{"L"}, 3, 2));
        m.remove_dead(id);
        CHECK_FALSE(m.has_dead(DeadOrigin::sent, LaneId{"L"}, 4, {}));
    });
}

TEST_CASE_TEMPLATE_DEFINE("a cursor is the source's own bytes", Home, a_cursor_is_bytes) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        CHECK(m.cursor("roof").empty());
        m.set_cursor("roof", "first");
        m.set_cursor("roof", std::string_view("a\0b", 3));
        CHECK(m.cursor("roof") == std::string("a\0b", 3));
        m.set_cursor("roof", "");
        CHECK(m.cursor("roof").empty());
        CHECK(m.cursor("cellar").empty());
    });
}

TEST_CASE_TEMPLATE_DEFINE("a job is remembered between runs", Home, a_job_is_remembered) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        CHECK_FALSE(m.job_state("extract roof"));
        const JobState failed{"extract roof", at(1), {}, 2, "time-out"};
        m.set_job_state(failed);
        CHECK(m.job_state("extract roof") == failed);
        const JobState done{"extract roof", at(2), at(3), 0, ""};
        m.set_job_state(done);
        m.set_job_state({"send", {}, {}, 0, ""});
        CHECK(m.job_state("extract roof") == done);
        CHECK(m.job_states().size() == 2);
    });
}

TEST_CASE_TEMPLATE_DEFINE("counters add up and notes are replaced", Home, counters_and_notes) {
    Home home;
    const auto store = home.open({});
    store->commit([](Mailboxes& m) {
        CHECK(m.counters().empty());
        m.add_to_counter("refused", 2);
        m.add_to_counter("refused", 3);
        m.add_to_counter("repeated", 1);
        CHECK(m.counters() == std::map<std::string, std::int64_t>{{"refused", 5}, {"repeated", 1}});
        CHECK(m.note("session").empty());
        m.set_note("session", "connecting");
        m.set_note("session", "online since 12:00");
        CHECK(m.note("session") == "online since 12:00");
    });
}

}  // namespace courant::test
