// Peers, subscriptions, dead letters, cursors, jobs, counters, notes.
#include <algorithm>

#include "proxy-core/mailbox/detail/peer_row.hpp"
#include "proxy-core/mailbox/detail/shape_row.hpp"
#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"

namespace courant::detail {
namespace {

// Columns: jid, relay, added_at, xml_only, packed, those of the terms, dialect,
// card.
Peer peer_of(const Query& query) {
    Peer peer{query.jid(0), query.integer(1) != 0, query.time(2), query.integer(3) != 0};
    if (const auto packed = query.maybe_integer(4)) peer.packed = *packed != 0;
    peer.terms = terms_of(query, 5);
    peer.dialect = dialect_from(query.text(12)).value_or(Dialect::courant);
    peer.card = query.text(13);
    return peer;
}

JobState job_state_of(const Query& query) {
    return {query.text(0), query.maybe_time(1), query.maybe_time(2), query.integer(3),
            query.text(4)};
}

// Columns: id, at, origin, whom, lane, seq, record, reason, payload, retain, grant_ref, quality,
// hops.
DeadLetter letter_of(const Query& query) {
    DeadLetter letter;
    letter.id = query.integer(0);
    letter.at = query.time(1);
    letter.origin = dead_origin_from(query.text(2)).value_or(DeadOrigin::source);
    letter.whom = query.text(3);
    if (auto lane = query.maybe_text(4)) letter.lane = LaneId{*std::move(lane)};
    letter.seq = query.maybe_integer(5);
    letter.record = query.maybe_integer(6);
    letter.reason = query.text(7);
    letter.payload = query.text(8);
    letter.envelope = query.envelope(9);
    return letter;
}

}  // namespace

void SqliteMailboxes::put_peer(const Peer& peer) {
    ++subscription_changes_;
    Query(connection_,
          "INSERT INTO peers (jid, relay, added_at, xml_only, link, agreement, agreed_from, "
          "agreed_until, code, purposes, suspended, dialect) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT (jid) DO UPDATE SET relay = excluded.relay, xml_only = excluded.xml_only, "
          "link = excluded.link, agreement = excluded.agreement, "
          "agreed_from = excluded.agreed_from, agreed_until = excluded.agreed_until, "
          "code = excluded.code, purposes = excluded.purposes, suspended = excluded.suspended, "
          "dialect = excluded.dialect",
          peer.jid, std::int64_t{peer.relay}, peer.added_at, std::int64_t{peer.xml_only},
          to_word(peer.terms.link), peer.terms.agreement, peer.terms.from, peer.terms.until,
          peer.terms.code, purposes_text(peer.terms), peer.terms.suspended, to_word(peer.dialect))
        .run();
}

void SqliteMailboxes::set_packed(const Jid& peer, bool understood) {
    ++subscription_changes_;
    Query(connection_, "UPDATE peers SET packed = ? WHERE jid = ?", std::int64_t{understood}, peer)
        .run();
}

void SqliteMailboxes::set_card(const Jid& peer, std::string_view card) {
    Query(connection_, "UPDATE peers SET card = ? WHERE jid = ?", card, peer).run();
}

std::optional<Peer> SqliteMailboxes::find_peer(const Jid& bare) {
    Query query(connection_,
                "SELECT jid, relay, added_at, xml_only, packed, link, agreement, agreed_from, "
                "agreed_until, code, purposes, suspended, dialect, card FROM peers WHERE jid = ?",
                bare);
    if (!query.step()) return std::nullopt;
    return peer_of(query);
}

std::vector<Peer> SqliteMailboxes::peers() {
    std::vector<Peer> peers;
    Query query(connection_,
                "SELECT jid, relay, added_at, xml_only, packed, link, agreement, agreed_from, "
                "agreed_until, code, purposes, suspended, dialect, card FROM peers ORDER BY jid");
    while (query.step()) peers.push_back(peer_of(query));
    return peers;
}

std::int64_t SqliteMailboxes::put_subscription(const Subscription& subscription) {
    ++subscription_changes_;
    Query query(connection_,
                "INSERT INTO subscriptions (peer, series, retain, grant_ref, added_at, every, "
                "dead_band, heartbeat, quality) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (peer, series) DO UPDATE SET retain = excluded.retain, "
                "grant_ref = excluded.grant_ref, every = excluded.every, "
                "dead_band = excluded.dead_band, heartbeat = excluded.heartbeat, "
                "quality = excluded.quality RETURNING id",
                subscription.peer, subscription.series, subscription.retain, subscription.grant,
                subscription.added_at, subscription.shape.every,
                text_of_dead_band(subscription.shape.dead_band), subscription.shape.heartbeat,
                subscription.shape.quality);
    query.step();
    return query.integer(0);
}

std::vector<Subscription> SqliteMailboxes::subscriptions() {
    std::vector<Subscription> subscriptions;
    Query query(connection_,
                "SELECT id, peer, series, retain, grant_ref, added_at, every, dead_band, "
                "heartbeat, quality FROM subscriptions ORDER BY id");
    while (query.step())
        subscriptions.push_back({query.integer(0), query.jid(1), query.text(2), query.text(3),
                                 query.text(4), query.time(5), shape_of(query, 6)});
    return subscriptions;
}

// SQLite counts what other connections have committed; that is more than their subscriptions, and
// rare.
std::int64_t SqliteMailboxes::subscriptions_revision() {
    Query query(connection_, "SELECT data_version FROM pragma_data_version");
    query.step();
    return (query.integer(0) << 24) + subscription_changes_;
}

bool SqliteMailboxes::remove_subscription(std::int64_t id) {
    ++subscription_changes_;
    return Query(connection_, "DELETE FROM subscriptions WHERE id = ?", id).run() > 0;
}

std::int64_t SqliteMailboxes::bury(const DeadLetter& letter) {
    Query(connection_,
          "INSERT INTO dead_letters (at, origin, whom, lane, seq, record, reason, payload, retain, "
          "grant_ref, quality, hops) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          letter.at, to_word(letter.origin), letter.whom, letter.lane, letter.seq, letter.record,
          letter.reason, Blob{letter.payload}, letter.envelope.retain, letter.envelope.grant,
          letter.envelope.quality, letter.envelope.hops)
        .run();
    return connection_.new_row();
}

std::optional<DeadLetter> SqliteMailboxes::find_dead(std::int64_t id) {
    auto letters = dead(id - 1, {.messages = 1});
    if (letters.empty() || letters.front().id != id) return std::nullopt;
    return std::move(letters.front());
}

std::vector<DeadLetter> SqliteMailboxes::dead(std::int64_t after, PageLimit limit) {
    std::vector<DeadLetter> letters;
    Page page(limit);
    Query query(
        connection_,
        "SELECT id, at, origin, whom, lane, seq, record, reason, payload, retain, grant_ref, "
        "quality, hops FROM dead_letters WHERE id > ? ORDER BY id LIMIT ?",
        after, limit.messages);
    while (query.step() && page.takes(query.size(8))) letters.push_back(letter_of(query));
    return letters;
}

std::int64_t SqliteMailboxes::dead_count() {
    Query query(connection_, "SELECT count(*) FROM dead_letters");
    query.step();
    return query.integer(0);
}

bool SqliteMailboxes::has_dead(DeadOrigin origin, const LaneId& lane, Seq seq,
                               std::optional<std::int64_t> record) {
    return Query(connection_,
                 "SELECT 1 FROM dead_letters WHERE lane = ? AND seq = ? AND record IS ? "
                 "AND origin = ? LIMIT 1",
                 lane, seq, record, to_word(origin))
        .step();
}

bool SqliteMailboxes::remove_dead(std::int64_t id) {
    return Query(connection_, "DELETE FROM dead_letters WHERE id = ?", id).run() > 0;
}

std::int64_t SqliteMailboxes::purge_dead(Time before, std::int64_t most) {
    return Query(connection_,
                 "DELETE FROM dead_letters WHERE id IN "
                 "(SELECT id FROM dead_letters WHERE at < ? ORDER BY at, id LIMIT ?)",
                 before, std::clamp<std::int64_t>(most, 0, limits_.purge_batch))
        .run();
}

std::string SqliteMailboxes::cursor(std::string_view source) {
    Query query(connection_, "SELECT cursor FROM cursors WHERE source = ?", source);
    return query.step() ? query.text(0) : std::string();
}

void SqliteMailboxes::set_cursor(std::string_view source, std::string_view cursor) {
    Query(connection_,
          "INSERT INTO cursors (source, cursor) VALUES (?, ?) "
          "ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor",
          source, Blob{cursor})
        .run();
}

std::optional<JobState> SqliteMailboxes::job_state(std::string_view job) {
    Query query(connection_,
                "SELECT job, last_start, last_success, failures, last_error FROM job_states "
                "WHERE job = ?",
                job);
    if (!query.step()) return std::nullopt;
    return job_state_of(query);
}

std::vector<JobState> SqliteMailboxes::job_states() {
    std::vector<JobState> states;
    Query query(connection_,
                "SELECT job, last_start, last_success, failures, last_error FROM job_states "
                "ORDER BY job");
    while (query.step()) states.push_back(job_state_of(query));
    return states;
}

void SqliteMailboxes::set_job_state(const JobState& state) {
    Query(connection_,
          "INSERT OR REPLACE INTO job_states (job, last_start, last_success, failures, last_error) "
          "VALUES (?, ?, ?, ?, ?)",
          state.job, state.last_start, state.last_success, state.failures, state.last_error)
        .run();
}

void SqliteMailboxes::add_to_counter(std::string_view name, std::int64_t amount) {
    Query(connection_,
          "INSERT INTO counters (name, value) VALUES (?, ?) "
          "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
          name, amount)
        .run();
}

std::map<std::string, std::int64_t> SqliteMailboxes::counters() {
    std::map<std::string, std::int64_t> counters;
    Query query(connection_, "SELECT name, value FROM counters");
    while (query.step()) counters.emplace(query.text(0), query.integer(1));
    return counters;
}

void SqliteMailboxes::set_note(std::string_view key, std::string_view text) {
    if (text.empty()) {
        Query(connection_, "DELETE FROM notes WHERE key = ?", key).run();
        return;
    }
    Query(connection_,
          "INSERT INTO notes (key, text) VALUES (?, ?) ON CONFLICT (key) DO UPDATE "
          "SET text = excluded.text",
          key, text)
        .run();
}

std::string SqliteMailboxes::note(std::string_view key) {
    Query query(connection_, "SELECT text FROM notes WHERE key = ?", key);
    return query.step() ? query.text(0) : std::string();
}

}  // namespace courant::detail
