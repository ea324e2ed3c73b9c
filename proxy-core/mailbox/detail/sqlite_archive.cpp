#include "proxy-core/mailbox/detail/sqlite_archive.hpp"

#include <limits>
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/detail/shape_row.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant::detail {

std::int64_t SqliteArchive::count(std::string_view sql) {
    Query query(connection_, sql);
    return query.step() ? query.integer(0) : 0;
}

Inventory SqliteArchive::inventory() {
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
    all.inbox_end = count("SELECT position FROM inbox_end");
    all.inbox_records = count("SELECT records FROM inbox_end");
    all.inbox_bytes = count("SELECT bytes FROM inbox_end");
    Query voids(connection_, "SELECT lane, void_reason FROM lanes_out WHERE void_reason <> ''");
    while (voids.step()) all.void_reasons.emplace(voids.text(0), voids.text(1));
    Query sinks(connection_, "SELECT name, position FROM sinks");
    while (sinks.step()) all.sinks.emplace(sinks.text(0), sinks.integer(1));
    Query cursors(connection_, "SELECT source, cursor FROM cursors");
    while (cursors.step()) all.cursors.emplace(cursors.text(0), cursors.text(1));
    all.jobs = mailboxes_.job_states();
    all.counters = mailboxes_.counters();
    Query notes(connection_, "SELECT key, text FROM notes");
    while (notes.step()) all.notes.emplace(notes.text(0), notes.text(1));
    all.last_subscription = count("SELECT seq FROM sqlite_sequence WHERE name = 'subscriptions'");
    all.last_dead = count("SELECT seq FROM sqlite_sequence WHERE name = 'dead_letters'");
    return all;
}

Census SqliteArchive::census() {
    return {.outbox = count("SELECT count(*) FROM outbox"),
            .inbox = count("SELECT count(*) FROM inbox"),
            .waiting = count("SELECT count(*) FROM inbox_waiting"),
            .dead = count("SELECT count(*) FROM dead_letters"),
            .calls = mailboxes_.calls().count(),
            .kept = mailboxes_.past().count(),
            .readings = count("SELECT (SELECT coalesce(sum(records), 0) FROM outbox) + "
                              "(SELECT coalesce(sum(records), 0) FROM inbox) + "
                              "(SELECT coalesce(sum(records), 0) FROM inbox_waiting)")};
}

std::vector<Waiting> SqliteArchive::waiting(const Jid& peer, const LaneId& lane, Seq after,
                                            std::int64_t limit) {
    std::vector<Waiting> page;
    Query query(connection_,
                "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, "
                "length(body) IS NULL FROM inbox_waiting WHERE lane = "
                "(SELECT id FROM lanes_in WHERE peer = ? AND lane = ?) AND seq > ? "
                "ORDER BY seq LIMIT ?",
                peer, lane, after, limit);
    while (query.step()) {
        const bool empty = query.integer(8) != 0;
        page.push_back(
            {.message = {peer, lane, query.integer(0), empty ? Envelope{} : query.envelope(1),
                         empty ? std::string() : query.text(7), query.integer(5), query.time(6)},
             .empty = empty});
    }
    return page;
}

void SqliteArchive::restore(const Inventory& all) {
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
              "dead_band, heartbeat, quality) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              s.id, s.peer, s.series, s.retain, s.grant, s.added_at, s.shape.every,
              text_of_dead_band(s.shape.dead_band), s.shape.heartbeat, s.shape.quality)
            .run();
    for (const auto& state : all.shape_states) mailboxes_.shapes().set_state(state);
    for (const auto& request : all.subscription_requests) mailboxes_.shapes().put_request(request);
    for (const auto& lane : all.outgoing)
        Query(connection_,
              "INSERT INTO lanes_out (peer, lane, next, acknowledged, waiting_records, "
              "waiting_bytes, voided) VALUES (?, ?, ?, ?, ?, ?, ?)",
              lane.peer, lane.lane, lane.next, lane.acknowledged, lane.waiting_records,
              lane.waiting_bytes, lane.voided)
            .run();
    for (const auto& [lane, reason] : all.void_reasons)
        Query(connection_, "UPDATE lanes_out SET void_reason = ? WHERE lane = ?", reason, lane)
            .run();
    for (const auto& lane : all.incoming)
        Query(connection_,
              "INSERT INTO lanes_in (peer, lane, next, highest, waiting) VALUES (?, ?, ?, ?, 0)",
              lane.peer, lane.lane, lane.next, lane.highest)
            .run();
    Query(connection_, "UPDATE inbox_end SET position = ?, records = ?, bytes = ?", all.inbox_end,
          all.inbox_records, all.inbox_bytes)
        .run();
    for (const auto& [sink, position] : all.sinks) mailboxes_.set_delivered(sink, position);
    for (const auto& [source, cursor] : all.cursors) mailboxes_.set_cursor(source, cursor);
    for (const auto& job : all.jobs) mailboxes_.set_job_state(job);
    for (const auto& [name, value] : all.counters) mailboxes_.add_to_counter(name, value);
    for (const auto& [key, text] : all.notes) mailboxes_.set_note(key, text);
    Query(connection_,
          "DELETE FROM sqlite_sequence WHERE name IN ('subscriptions', 'dead_letters')")
        .run();
    Query(connection_,
          "INSERT INTO sqlite_sequence (name, seq) VALUES ('subscriptions', ?), "
          "('dead_letters', ?)",
          all.last_subscription, all.last_dead)
        .run();
}

void SqliteArchive::restore_outgoing(const Message& message) {
    Query(connection_,
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body, void_reason) "
          "VALUES ((SELECT id FROM lanes_out WHERE lane = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          message.lane, message.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, message.stored_at,
          Blob{message.body}, message.void_reason)
        .run();
}

void SqliteArchive::restore_arrival(const Arrival& arrival, std::int64_t records_through,
                                    std::int64_t bytes_through) {
    const Message& message = arrival.message;
    Query(connection_,
          "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, records, "
          "records_through, bytes_through, stored_at, body) VALUES (?, (SELECT id FROM lanes_in "
          "WHERE peer = ? AND lane = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          arrival.position, message.peer, message.lane, message.seq, message.envelope.retain,
          message.envelope.grant, message.envelope.quality, message.envelope.hops, message.records,
          records_through, bytes_through, message.stored_at, Blob{message.body})
        .run();
}

void SqliteArchive::restore_waiting(const Waiting& waiting) {
    const Message& message = waiting.message;
    Query(connection_,
          "INSERT INTO inbox_waiting (lane, seq, retain, grant_ref, quality, hops, records, "
          "stored_at, body) VALUES "
          "((SELECT id FROM lanes_in WHERE peer = ? AND lane = ?), ?, ?, ?, ?, ?, ?, ?, ?)",
          message.peer, message.lane, message.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, message.stored_at,
          waiting.empty ? std::nullopt : std::optional(Blob{message.body}))
        .run();
    Query(connection_, "UPDATE lanes_in SET waiting = waiting + 1 WHERE peer = ? AND lane = ?",
          message.peer, message.lane)
        .run();
}

void SqliteArchive::restore_dead(const DeadLetter& letter) {
    Query(connection_,
          "INSERT INTO dead_letters (id, at, origin, whom, lane, seq, record, reason, payload, "
          "retain, grant_ref, quality, hops) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          letter.id, letter.at, to_word(letter.origin), letter.whom, letter.lane, letter.seq,
          letter.record, letter.reason, Blob{letter.payload}, letter.envelope.retain,
          letter.envelope.grant, letter.envelope.quality, letter.envelope.hops)
        .run();
}

}  // namespace courant::detail
