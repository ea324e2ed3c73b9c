#include "proxy-core/mailbox/detail/postgres_archive.hpp"

#include <limits>
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/detail/shape_row.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

}  // namespace

std::int64_t PostgresArchive::count(std::string_view sql) {
    Query query(connection_, sql);
    return query.step() ? query.integer(0) : 0;
}

Inventory PostgresArchive::inventory() {
    Inventory all;
    all.peers = mailboxes_.peers();
    all.subscriptions = mailboxes_.subscriptions();
    all.grants = mailboxes_.access().grants();
    all.objections = subjects_.objections();
    all.transfers = subjects_.transfers();
    all.held = mailboxes_.exchange().held();
    all.notices = mailboxes_.exchange().log_of("");
    all.erasures = mailboxes_.exchange().open_erasures();
    for (Erasure& erasure : all.erasures) erasure.id = 0;
    all.series = mailboxes_.series().page("", std::numeric_limits<std::int64_t>::max());
    all.shape_states = mailboxes_.shapes().states();
    all.subscription_requests = mailboxes_.shapes().requests();
    all.outgoing = mailboxes_.outgoing_lanes();
    all.incoming = mailboxes_.incoming_lanes();
    all.inbox_end = count("SELECT position FROM inbox_end ORDER BY position DESC LIMIT 1");
    all.inbox_records = count("SELECT records FROM inbox_end ORDER BY position DESC LIMIT 1");
    all.inbox_bytes = count("SELECT bytes FROM inbox_end ORDER BY position DESC LIMIT 1");
    Query voids(connection_, "SELECT lane, void_reason FROM lanes_out WHERE void_reason <> ''");
    while (voids.step()) all.void_reasons.emplace(voids.text(0), voids.text(1));
    Query sinks(connection_, "SELECT name, max(position) FROM sinks GROUP BY name");
    while (sinks.step()) all.sinks.emplace(sinks.text(0), sinks.integer(1));
    Query cursors(connection_, "SELECT source, cursor FROM cursors");
    while (cursors.step()) all.cursors.emplace(cursors.text(0), cursors.bytes(1));
    all.jobs = mailboxes_.job_states();
    all.counters = mailboxes_.counters();
    Query notes(connection_, "SELECT key, text FROM notes");
    while (notes.step()) all.notes.emplace(notes.text(0), notes.text(1));
    all.last_subscription =
        count("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM subscriptions_id_seq");
    all.last_dead =
        count("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM dead_letters_id_seq");
    return all;
}

Census PostgresArchive::census() {
    return {.outbox = count("SELECT count(*) FROM outbox"),
            .inbox = count("SELECT count(*) FROM inbox"),
            .waiting = count("SELECT count(*) FROM inbox_waiting"),
            .dead = count("SELECT count(*) FROM dead_letters"),
            .calls = mailboxes_.calls().count(),
            .kept = mailboxes_.past().count(),
            .readings = count("SELECT ((SELECT coalesce(sum(records), 0) FROM outbox) + "
                              "(SELECT coalesce(sum(records), 0) FROM inbox) + "
                              "(SELECT coalesce(sum(records), 0) FROM inbox_waiting))::bigint")};
}

std::vector<Waiting> PostgresArchive::waiting(const Jid& peer, const LaneId& lane, Seq after,
                                              std::int64_t limit) {
    std::vector<Waiting> page;
    Query query(connection_,
                "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, "
                "body IS NULL FROM inbox_waiting WHERE lane = "
                "(SELECT id FROM lanes_in WHERE peer = $1 AND lane = $2) AND seq > $3 "
                "ORDER BY seq LIMIT $4",
                peer, lane, after, limit);
    while (query.step()) {
        const bool empty = query.flag(8);
        page.push_back(
            {.message = {peer, lane, query.integer(0), empty ? Envelope{} : query.envelope(1),
                         empty ? std::string() : query.bytes(7), query.integer(5), query.time(6)},
             .empty = empty});
    }
    return page;
}

void PostgresArchive::restore(const Inventory& all) {
    for (const auto& peer : all.peers) {
        mailboxes_.put_peer(peer);
        if (peer.packed) mailboxes_.set_packed(peer.jid, *peer.packed);
        mailboxes_.set_card(peer.jid, peer.card);
    }
    for (const auto& grant : all.grants) mailboxes_.access().add_grant(grant);
    for (const auto& objection : all.objections) subjects_.put_objection(objection);
    for (const auto& transfer : all.transfers) subjects_.restore(transfer);
    for (const auto& held : all.held) mailboxes_.exchange().put_held(held);
    for (const auto& entry : all.notices) mailboxes_.exchange().log(entry);
    for (const auto& erasure : all.erasures) mailboxes_.exchange().add_erasure(erasure);
    for (const auto& series : all.series) mailboxes_.series().put(series);
    for (const auto& s : all.subscriptions)
        Query(connection_,
              "INSERT INTO subscriptions (id, peer, series, retain, grant_ref, added_at, every, "
              "dead_band, heartbeat, quality) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
              s.id, s.peer, s.series, s.retain, s.grant, s.added_at, s.shape.every,
              text_of_dead_band(s.shape.dead_band), s.shape.heartbeat, s.shape.quality);
    for (const auto& state : all.shape_states) mailboxes_.shapes().set_state(state);
    for (const auto& request : all.subscription_requests) mailboxes_.shapes().put_request(request);
    for (const auto& lane : all.outgoing)
        Query(connection_,
              "WITH made AS (INSERT INTO lanes_out (peer, lane) VALUES ($1, $2) RETURNING id) "
              "INSERT INTO lanes_out_state (lane, version, next, acknowledged, waiting_records, "
              "waiting_bytes, voided) SELECT id, 1, $3, $4, $5, $6, $7 FROM made",
              lane.peer, lane.lane, lane.next, lane.acknowledged, lane.waiting_records,
              lane.waiting_bytes, lane.voided);
    for (const auto& [lane, reason] : all.void_reasons)
        Query(connection_, "UPDATE lanes_out SET void_reason = $1 WHERE lane = $2", reason, lane);
    for (const auto& lane : all.incoming)
        Query(connection_,
              "WITH made AS (INSERT INTO lanes_in (peer, lane) VALUES ($1, $2) RETURNING id) "
              "INSERT INTO lanes_in_state (lane, version, next, highest, waiting) "
              "SELECT id, 1, $3, $4, 0 FROM made",
              lane.peer, lane.lane, lane.next, lane.highest);
    Query(connection_, "UPDATE inbox_end SET position = $1, records = $2, bytes = $3",
          all.inbox_end, all.inbox_records, all.inbox_bytes);
    // Until the first message of the inbox comes.
    Query(connection_, "UPDATE inbox_begin SET position = $1", all.inbox_end);
    for (const auto& [sink, position] : all.sinks) mailboxes_.set_delivered(sink, position);
    for (const auto& [source, cursor] : all.cursors) mailboxes_.set_cursor(source, cursor);
    for (const auto& job : all.jobs) mailboxes_.set_job_state(job);
    for (const auto& [name, value] : all.counters) mailboxes_.add_to_counter(name, value);
    for (const auto& [key, text] : all.notes) mailboxes_.set_note(key, text);
    const auto last_id = [&](std::string_view sequence, std::int64_t last) {
        Query(connection_, "SELECT setval($1::text::regclass, greatest($2, 1), $2 > 0)", sequence,
              last);
    };
    last_id("subscriptions_id_seq", all.last_subscription);
    last_id("dead_letters_id_seq", all.last_dead);
}

void PostgresArchive::restore_outgoing(const Message& message) {
    Query(connection_,
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body, void_reason) VALUES ((SELECT id FROM lanes_out WHERE lane = $1), $2, $3, $4, $5, "
          "$6, $7, $8, $9, $10)",
          message.lane, message.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, message.stored_at,
          Bytes{message.body}, message.void_reason);
}

void PostgresArchive::restore_arrival(const Arrival& arrival, std::int64_t records_through,
                                      std::int64_t bytes_through) {
    const Message& message = arrival.message;
    Query(connection_,
          "WITH begin AS (UPDATE inbox_begin SET position = $1::bigint - 1 "
          "WHERE position >= $1) "
          "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, records, "
          "records_through, bytes_through, stored_at, body) VALUES ($1, (SELECT id FROM lanes_in "
          "WHERE peer = $2 AND lane = $3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
          arrival.position, message.peer, message.lane, message.seq, message.envelope.retain,
          message.envelope.grant, message.envelope.quality, message.envelope.hops, message.records,
          records_through, bytes_through, message.stored_at, Bytes{message.body});
}

void PostgresArchive::restore_waiting(const Waiting& waiting) {
    const Message& message = waiting.message;
    Query(connection_,
          "WITH lane AS (SELECT id FROM lanes_in WHERE peer = $1 AND lane = $2), "
          "counted AS (UPDATE lanes_in_state s SET waiting = waiting + 1 FROM lane "
          "WHERE s.lane = lane.id) "
          "INSERT INTO inbox_waiting (lane, seq, retain, grant_ref, quality, hops, records, "
          "stored_at, body) SELECT id, $3, $4, $5, $6, $7, $8, $9, "
          "CASE WHEN $10::boolean THEN NULL ELSE $11::bytea END FROM lane",
          message.peer, message.lane, message.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, message.stored_at,
          waiting.empty, Bytes{message.body});
}

void PostgresArchive::restore_dead(const DeadLetter& letter) {
    Query(connection_,
          "INSERT INTO dead_letters (id, at, origin, whom, lane, seq, record, reason, payload, "
          "retain, grant_ref, quality, hops) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
          letter.id, letter.at, to_word(letter.origin), letter.whom, letter.lane, letter.seq,
          letter.record, letter.reason, Bytes{letter.payload}, letter.envelope.retain,
          letter.envelope.grant, letter.envelope.quality, letter.envelope.hops);
}

}  // namespace courant::detail
