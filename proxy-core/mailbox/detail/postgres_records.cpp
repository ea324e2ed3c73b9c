// Peers, subscriptions, dead letters, cursors, jobs, counters, notes.
#include <algorithm>

#include "proxy-core/mailbox/detail/peer_row.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"
#include "proxy-core/mailbox/detail/shape_row.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

// Columns: jid, relay, added_at, xml_only, packed, those of the terms, dialect,
// card.
Peer peer_of(const Query& query) {
    Peer peer{query.jid(0), query.flag(1), query.time(2), query.flag(3)};
    if (const auto packed = query.maybe_text(4)) peer.packed = *packed == "t";
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
    letter.payload = query.bytes(8);
    letter.envelope = query.envelope(9);
    return letter;
}

}  // namespace

void PostgresMailboxes::put_peer(const Peer& peer) {
    subscriptions_changed();
    Query(connection_,
          "INSERT INTO peers (jid, relay, added_at, xml_only, link, agreement, agreed_from, "
          "agreed_until, code, purposes, suspended, dialect) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
          "ON CONFLICT (jid) DO UPDATE SET relay = excluded.relay, xml_only = excluded.xml_only, "
          "link = excluded.link, agreement = excluded.agreement, "
          "agreed_from = excluded.agreed_from, agreed_until = excluded.agreed_until, "
          "code = excluded.code, purposes = excluded.purposes, suspended = excluded.suspended, "
          "dialect = excluded.dialect",
          peer.jid, peer.relay, peer.added_at, peer.xml_only, to_word(peer.terms.link),
          peer.terms.agreement, peer.terms.from, peer.terms.until, peer.terms.code,
          purposes_text(peer.terms), peer.terms.suspended, to_word(peer.dialect));
}

void PostgresMailboxes::set_packed(const Jid& peer, bool understood) {
    Query(connection_, "UPDATE peers SET packed = $2 WHERE jid = $1", peer.bare(), understood);
}

void PostgresMailboxes::set_card(const Jid& peer, std::string_view card) {
    Query(connection_, "UPDATE peers SET card = $2 WHERE jid = $1", peer.bare(), card);
}

std::optional<Peer> PostgresMailboxes::find_peer(const Jid& bare) {
    Query query(connection_,
                "SELECT jid, relay, added_at, xml_only, packed, link, agreement, agreed_from, "
                "agreed_until, code, purposes, suspended, dialect, card FROM peers WHERE jid = $1",
                bare);
    if (!query.step()) return std::nullopt;
    return peer_of(query);
}

std::vector<Peer> PostgresMailboxes::peers() {
    std::vector<Peer> peers;
    Query query(connection_,
                "SELECT jid, relay, added_at, xml_only, packed, link, agreement, agreed_from, "
                "agreed_until, code, purposes, suspended, dialect, card FROM peers ORDER BY jid");
    while (query.step()) peers.push_back(peer_of(query));
    return peers;
}

std::int64_t PostgresMailboxes::put_subscription(const Subscription& subscription) {
    subscriptions_changed();
    Query query(connection_,
                "INSERT INTO subscriptions (peer, series, retain, grant_ref, added_at, every, "
                "dead_band, heartbeat, quality) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
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

std::vector<Subscription> PostgresMailboxes::subscriptions() {
    std::vector<Subscription> subscriptions;
    Query query(connection_,
                "SELECT id, peer, series, retain, grant_ref, added_at, every, dead_band, "
                "heartbeat, quality FROM subscriptions ORDER BY id");
    while (query.step())
        subscriptions.push_back({query.integer(0), query.jid(1), query.text(2), query.text(3),
                                 query.text(4), query.time(5), shape_of(query, 6)});
    return subscriptions;
}

void PostgresMailboxes::subscriptions_changed() {
    Query(connection_, "UPDATE subscriptions_revision SET revision = revision + 1");
}

std::int64_t PostgresMailboxes::subscriptions_revision() {
    Query query(connection_, "SELECT revision FROM subscriptions_revision");
    query.step();
    return query.integer(0);
}

bool PostgresMailboxes::remove_subscription(std::int64_t id) {
    subscriptions_changed();
    return Query(connection_, "DELETE FROM subscriptions WHERE id = $1", id).changed() > 0;
}

std::int64_t PostgresMailboxes::bury(const DeadLetter& letter) {
    Query query(connection_,
                "INSERT INTO dead_letters (at, origin, whom, lane, seq, record, reason, payload, "
                "retain, grant_ref, quality, hops) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
                letter.at, to_word(letter.origin), letter.whom, letter.lane, letter.seq,
                letter.record, letter.reason, Bytes{letter.payload}, letter.envelope.retain,
                letter.envelope.grant, letter.envelope.quality, letter.envelope.hops);
    query.step();
    return query.integer(0);
}

std::optional<DeadLetter> PostgresMailboxes::find_dead(std::int64_t id) {
    auto letters = dead(id - 1, {.messages = 1});
    if (letters.empty() || letters.front().id != id) return std::nullopt;
    return std::move(letters.front());
}

std::vector<DeadLetter> PostgresMailboxes::dead(std::int64_t after, PageLimit limit) {
    std::vector<DeadLetter> letters;
    Query query(
        connection_,
        "SELECT id, at, origin, whom, lane, seq, record, reason, payload, retain, grant_ref, "
        "quality, hops FROM (SELECT page.*, sum(octet_length(payload)) OVER place AS bytes, "
        "row_number() OVER place AS number FROM (SELECT * FROM dead_letters WHERE id > $1 "
        "ORDER BY id LIMIT $2) page WINDOW place AS (ORDER BY id)) counted "
        "WHERE bytes <= $3 OR number = 1 ORDER BY id",
        after, limit.messages, limit.bytes);
    while (query.step()) letters.push_back(letter_of(query));
    return letters;
}

std::int64_t PostgresMailboxes::dead_count() {
    Query query(connection_, "SELECT count(*) FROM dead_letters");
    query.step();
    return query.integer(0);
}

bool PostgresMailboxes::has_dead(DeadOrigin origin, const LaneId& lane, Seq seq,
                                 std::optional<std::int64_t> record) {
    return Query(connection_,
                 "SELECT 1 FROM dead_letters WHERE lane = $1 AND seq = $2 "
                 "AND record IS NOT DISTINCT FROM $3::bigint AND origin = $4 LIMIT 1",
                 lane, seq, record, to_word(origin))
        .step();
}

bool PostgresMailboxes::remove_dead(std::int64_t id) {
    return Query(connection_, "DELETE FROM dead_letters WHERE id = $1", id).changed() > 0;
}

std::int64_t PostgresMailboxes::purge_dead(Time before, std::int64_t most) {
    return Query(connection_,
                 "DELETE FROM dead_letters WHERE id IN "
                 "(SELECT id FROM dead_letters WHERE at < $1 ORDER BY at, id LIMIT $2)",
                 before, std::clamp<std::int64_t>(most, 0, limits_.purge_batch))
        .changed();
}

std::string PostgresMailboxes::cursor(std::string_view source) {
    Query query(connection_, "SELECT cursor FROM cursors WHERE source = $1", source);
    return query.step() ? query.bytes(0) : std::string();
}

void PostgresMailboxes::set_cursor(std::string_view source, std::string_view cursor) {
    Query(connection_,
          "INSERT INTO cursors (source, cursor) VALUES ($1, $2) "
          "ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor",
          source, Bytes{cursor});
}

std::optional<JobState> PostgresMailboxes::job_state(std::string_view job) {
    Query query(connection_,
                "SELECT job, last_start, last_success, failures, last_error FROM job_states "
                "WHERE job = $1",
                job);
    if (!query.step()) return std::nullopt;
    return job_state_of(query);
}

std::vector<JobState> PostgresMailboxes::job_states() {
    std::vector<JobState> states;
    Query query(connection_,
                "SELECT job, last_start, last_success, failures, last_error FROM job_states "
                "ORDER BY job");
    while (query.step()) states.push_back(job_state_of(query));
    return states;
}

void PostgresMailboxes::set_job_state(const JobState& state) {
    Query(connection_,
          "INSERT INTO job_states (job, last_start, last_success, failures, last_error) "
          "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (job) DO UPDATE SET "
          "last_start = excluded.last_start, last_success = excluded.last_success, "
          "failures = excluded.failures, last_error = excluded.last_error",
          state.job, state.last_start, state.last_success, state.failures, state.last_error);
}

void PostgresMailboxes::add_to_counter(std::string_view name, std::int64_t amount) {
    Query(connection_,
          "INSERT INTO counters (name, value) VALUES ($1, $2) "
          "ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value",
          name, amount);
}

std::map<std::string, std::int64_t> PostgresMailboxes::counters() {
    std::map<std::string, std::int64_t> counters;
    Query query(connection_, "SELECT name, value FROM counters");
    while (query.step()) counters.emplace(query.text(0), query.integer(1));
    return counters;
}

void PostgresMailboxes::set_note(std::string_view key, std::string_view text) {
    if (text.empty()) {
        Query(connection_, "DELETE FROM notes WHERE key = $1", key);
        return;
    }
    Query(connection_,
          "INSERT INTO notes (key, text) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE "
          "SET text = excluded.text",
          key, text);
}

std::string PostgresMailboxes::note(std::string_view key) {
    Query query(connection_, "SELECT text FROM notes WHERE key = $1", key);
    return query.step() ? query.text(0) : std::string();
}

}  // namespace courant::detail
