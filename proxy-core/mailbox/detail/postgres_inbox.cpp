#include <algorithm>
#include <limits>

#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

std::vector<IncomingLane> lanes_of(Query& query) {
    std::vector<IncomingLane> lanes;
    while (query.step())
        lanes.push_back({query.jid(0), LaneId{query.text(1)}, query.integer(2), query.integer(3)});
    return lanes;
}

}  // namespace

Intake PostgresMailboxes::take_in(const Message& message, Time now) {
    return arrive(message.peer, message.lane, {message.seq, &message, now});
}

Intake PostgresMailboxes::take_in_nothing(const Jid& peer, const LaneId& lane, Seq seq, Time now) {
    return arrive(peer, lane, {seq, nullptr, now});
}

Intake PostgresMailboxes::arrive(const Jid& peer, const LaneId& lane_id, const Arriving& arriving) {
    Inbound& lane = inbound(peer, lane_id);
    if (arriving.seq < lane.next || waits(lane, arriving.seq))
        return {.next = lane.next, .missing = missing(lane), .repeated = true, .dropped = false};
    bool dropped = false;
    if (arriving.seq == lane.next) {
        if (arriving.message != nullptr) append(lane, arriving);
        ++lane.next;
        join_those_behind(lane);
    } else {
        dropped = !let_wait(lane, arriving);
    }
    lane.highest = std::max(lane.highest, arriving.seq);
    store(lane);
    return {.next = lane.next, .missing = missing(lane), .repeated = false, .dropped = dropped};
}

PostgresMailboxes::Inbound& PostgresMailboxes::inbound(const Jid& peer, const LaneId& lane) {
    auto& known = locked().inbound;
    const std::pair key(peer.bare().to_string(), lane.value);
    if (const auto found = known.find(key); found != known.end()) return found->second;
    const auto lock = [&]() -> std::optional<std::int64_t> {
        Query query(connection_, "SELECT id FROM lanes_in WHERE peer = $1 AND lane = $2 FOR UPDATE",
                    peer, lane);
        if (!query.step()) return std::nullopt;
        return query.integer(0);
    };
    auto row = lock();
    if (!row) {
        // Another worker may be faster: then theirs is the lane.
        Query(connection_,
              "WITH made AS (INSERT INTO lanes_in (peer, lane) VALUES ($1, $2) "
              "ON CONFLICT (peer, lane) DO NOTHING RETURNING id) "
              "INSERT INTO lanes_in_state (lane, version, next, highest, waiting) "
              "SELECT id, 1, 1, 0, 0 FROM made",
              peer, lane);
        row = lock();
        if (!row) throw StoreError("a lane vanished as it was made", Retry::worthwhile);
    }
    // A statement of its own after the lock: one that waits for a lock goes on with the state that
    // it saw before it had to wait.
    Query state(connection_,
                "SELECT version, next, highest, waiting FROM lanes_in_state WHERE lane = $1 "
                "ORDER BY version DESC LIMIT 1",
                *row);
    state.step();
    return known
        .emplace(key, Inbound{*row, state.integer(0), state.integer(1), state.integer(2),
                              state.integer(3)})
        .first->second;
}

void PostgresMailboxes::store(Inbound& lane) {
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_in_state WHERE lane = $1 AND version = $2) "
          "INSERT INTO lanes_in_state (lane, version, next, highest, waiting) "
          "VALUES ($1, $2::bigint + 1, $3, $4, $5)",
          lane.row, lane.version, lane.next, lane.highest, lane.waiting);
    ++lane.version;
}

PostgresMailboxes::End& PostgresMailboxes::end() {
    auto& known = locked().end;
    if (known) return *known;
    connection_.lock_inbox();
    Query query(connection_,
                "SELECT position, records, bytes FROM inbox_end "
                "ORDER BY position DESC LIMIT 1");
    query.step();
    known = {query.integer(0), query.integer(1), query.integer(2)};
    return *known;
}

void PostgresMailboxes::append(const Inbound& lane, const Arriving& arriving) {
    const Message& message = *arriving.message;
    End& end = this->end();
    const auto bytes = static_cast<std::int64_t>(message.body.size());
    Query(connection_,
          "WITH before AS (DELETE FROM inbox_end WHERE position = $1), "
          "after AS (INSERT INTO inbox_end (position, records, bytes) "
          "VALUES ($1::bigint + 1, $2, $12)) "
          "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, records, "
          "records_through, bytes_through, stored_at, body) "
          "VALUES ($1::bigint + 1, $3, $4, $5, $6, $7, $8, $9, $2, $12, $10, $11)",
          end.position, end.records + message.records, lane.row, arriving.seq,
          message.envelope.retain, message.envelope.grant, message.envelope.quality,
          message.envelope.hops, message.records, arriving.now, Bytes{message.body},
          end.bytes + bytes);
    ++end.position;
    end.records += message.records;
    end.bytes += bytes;
}

bool PostgresMailboxes::waits(const Inbound& lane, Seq seq) {
    if (lane.waiting == 0) return false;
    return Query(connection_, "SELECT 1 FROM inbox_waiting WHERE lane = $1 AND seq = $2", lane.row,
                 seq)
        .step();
}

bool PostgresMailboxes::let_wait(Inbound& lane, const Arriving& arriving) {
    if (lane.waiting >= limits_.waiting_per_lane) return false;
    const Envelope nothing;
    const bool empty = arriving.message == nullptr;
    const Envelope& envelope = empty ? nothing : arriving.message->envelope;
    Query(connection_,
          "INSERT INTO inbox_waiting (lane, seq, retain, grant_ref, quality, hops, records, "
          "stored_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
          "CASE WHEN $9::boolean THEN NULL ELSE $10::bytea END)",
          lane.row, arriving.seq, envelope.retain, envelope.grant, envelope.quality, envelope.hops,
          empty ? std::int64_t{0} : arriving.message->records, arriving.now, empty,
          Bytes{empty ? std::string_view() : arriving.message->body});
    ++lane.waiting;
    return true;
}

// Bodies move inside the database: a closed hole may set a thousand of them free.
void PostgresMailboxes::join_those_behind(Inbound& lane) {
    if (lane.waiting == 0) return;
    const Seq first = lane.next;
    End more;
    {
        Query query(connection_,
                    "SELECT seq, records, octet_length(body) FROM inbox_waiting WHERE lane = $1 "
                    "AND seq >= $2 ORDER BY seq",
                    lane.row, first);
        for (; query.step() && query.integer(0) == lane.next; ++lane.next, --lane.waiting) {
            const auto bytes = query.maybe_integer(2);
            if (!bytes) continue;
            ++more.position;
            more.records += query.integer(1);
            more.bytes += *bytes;
        }
    }
    if (lane.next == first) return;
    End& end = this->end();
    Query(connection_,
          "WITH ready AS (DELETE FROM inbox_waiting WHERE lane = $1 AND seq >= $2 AND seq < $3 "
          "RETURNING *), "
          "before AS (DELETE FROM inbox_end WHERE position = $4 AND $7::bigint > 0), "
          "after AS (INSERT INTO inbox_end (position, records, bytes) "
          "SELECT $4::bigint + $7, $5::bigint + $8, $6::bigint + $9 WHERE $7::bigint > 0) "
          "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, records, "
          "records_through, bytes_through, stored_at, body) "
          "SELECT $4::bigint + row_number() OVER place, lane, seq, retain, grant_ref, quality, "
          "hops, records, $5::bigint + sum(records) OVER place, "
          "$6::bigint + sum(octet_length(body)) OVER place, stored_at, body "
          "FROM ready WHERE body IS NOT NULL WINDOW place AS (ORDER BY seq)",
          lane.row, first, lane.next, end.position, end.records, end.bytes, more.position,
          more.records, more.bytes);
    end.position += more.position;
    end.records += more.records;
    end.bytes += more.bytes;
}

std::vector<std::pair<Seq, Seq>> PostgresMailboxes::missing(const Inbound& lane) {
    std::vector<std::pair<Seq, Seq>> holes;
    if (lane.highest < lane.next) return holes;
    Seq begin = lane.next;
    Query query(connection_,
                "SELECT seq FROM inbox_waiting WHERE lane = $1 AND seq >= $2 ORDER BY seq",
                lane.row, lane.next);
    while (query.step()) {
        const Seq here = query.integer(0);
        if (begin < here) holes.emplace_back(begin, here - 1);
        if (holes.size() >= limits_.missing_ranges) return holes;
        if (here == std::numeric_limits<Seq>::max()) return holes;
        begin = here + 1;
    }
    if (begin <= lane.highest) holes.emplace_back(begin, lane.highest);
    return holes;
}

std::vector<IncomingLane> PostgresMailboxes::incoming_lanes(const Jid& peer) {
    Query query(connection_,
                "SELECT l.peer, l.lane, s.next, s.highest FROM lanes_in l CROSS JOIN LATERAL "
                "(SELECT next, highest FROM lanes_in_state WHERE lane = l.id "
                "ORDER BY version DESC LIMIT 1) s WHERE l.peer = $1 ORDER BY l.lane",
                peer);
    return lanes_of(query);
}

std::vector<IncomingLane> PostgresMailboxes::incoming_lanes() {
    Query query(connection_,
                "SELECT l.peer, l.lane, s.next, s.highest FROM lanes_in l CROSS JOIN LATERAL "
                "(SELECT next, highest FROM lanes_in_state WHERE lane = l.id "
                "ORDER BY version DESC LIMIT 1) s ORDER BY l.peer, l.lane");
    return lanes_of(query);
}

bool PostgresMailboxes::knows_lane(const Jid& peer, const LaneId& lane) {
    return Query(connection_, "SELECT 1 FROM lanes_in WHERE peer = $1 AND lane = $2", peer, lane)
        .step();
}

std::int64_t PostgresMailboxes::lanes_from(const Jid& peer) {
    Query query(connection_, "SELECT count(*) FROM lanes_in WHERE peer = $1", peer);
    query.step();
    return query.integer(0);
}

std::vector<Arrival> PostgresMailboxes::inbox(std::int64_t after, PageLimit limit) {
    Query query(connection_,
                "SELECT counted.position, l.peer, l.lane, seq, retain, grant_ref, quality, hops, "
                "records, stored_at, body "
                "FROM (SELECT page.*, sum(octet_length(body)) OVER place AS bytes, "
                "row_number() OVER place AS number FROM (SELECT * FROM inbox WHERE position > "
                "greatest($1, (SELECT position FROM inbox_begin ORDER BY position DESC LIMIT 1)) "
                "ORDER BY position LIMIT $2) page WINDOW place AS (ORDER BY position)) counted "
                "JOIN lanes_in l ON l.id = counted.lane WHERE bytes <= $3 OR number = 1 "
                "ORDER BY counted.position",
                after, limit.messages, limit.bytes);
    std::vector<Arrival> arrivals;
    while (query.step())
        arrivals.push_back({query.integer(0),
                            {query.jid(1), LaneId{query.text(2)}, query.integer(3),
                             query.envelope(4), query.bytes(10), query.integer(8), query.time(9)}});
    return arrivals;
}

InboxSize PostgresMailboxes::inbox_size(std::int64_t after) {
    Query query(connection_,
                "SELECT e.position - f.position + 1, e.records - f.records, e.bytes - f.bytes, "
                "f.stored_at FROM "
                "(SELECT * FROM inbox_end ORDER BY position DESC LIMIT 1) e, "
                "(SELECT position, records_through - records AS records, "
                "bytes_through - octet_length(body) AS bytes, stored_at FROM inbox "
                "WHERE position > "
                "greatest($1, (SELECT position FROM inbox_begin ORDER BY position DESC LIMIT 1)) "
                "ORDER BY position LIMIT 1) f",
                after);
    if (!query.step()) return {};
    return {query.integer(0), query.integer(1), query.integer(2), query.time(3)};
}

std::int64_t PostgresMailboxes::delivered(std::string_view sink) {
    Query query(connection_,
                "SELECT position FROM sinks WHERE name = $1 ORDER BY position DESC LIMIT 1", sink);
    return query.step() ? query.integer(0) : 0;
}

void PostgresMailboxes::set_delivered(std::string_view sink, std::int64_t position) {
    // Not the row that is about to be written: the order of the two is the database's choice.
    Query(connection_,
          "WITH before AS (DELETE FROM sinks WHERE name = $1 AND position <> $2 AND position = "
          "(SELECT position FROM sinks WHERE name = $1 ORDER BY position DESC LIMIT 1)) "
          "INSERT INTO sinks (name, position) VALUES ($1, $2) ON CONFLICT DO NOTHING",
          sink, position);
}

std::int64_t PostgresMailboxes::purge_delivered(std::span<const std::string> sinks) {
    if (sinks.empty()) return 0;
    std::int64_t through = std::numeric_limits<std::int64_t>::max();
    for (const auto& sink : sinks) through = std::min(through, delivered(sink));
    // Only ever from the front, one after the other: the running totals need what is left to be the
    // end of the inbox.
    const std::int64_t last = end().position;
    Query begin(connection_, "SELECT position FROM inbox_begin ORDER BY position DESC LIMIT 1");
    begin.step();
    const std::int64_t purged = begin.integer(0);
    through = std::min({through, last, purged + limits_.purge_batch});
    if (through <= purged) return 0;
    Query(connection_,
          "WITH before AS (DELETE FROM inbox_begin WHERE position = $1) "
          "INSERT INTO inbox_begin (position) VALUES ($2)",
          purged, through);
    return Query(connection_, "DELETE FROM inbox WHERE position > $1 AND position <= $2", purged,
                 through)
        .changed();
}

// The running totals are made anew from the first of them on: only their differences mean anything.
void PostgresMailboxes::rewrite_inbox(std::span<const Rewritten> messages) {
    if (messages.empty()) return;
    const std::int64_t first = messages.front().position;
    End& end = this->end();
    Query before(connection_,
                 "SELECT records_through - records, bytes_through - octet_length(body) FROM inbox "
                 "WHERE position >= $1 ORDER BY position LIMIT 1",
                 first);
    if (!before.step()) return;
    for (const Rewritten& message : messages)
        Query(connection_, "UPDATE inbox SET records = $2, body = $3 WHERE position = $1",
              message.position, message.records, Bytes{message.body});
    Query(connection_,
          "UPDATE inbox SET records_through = $2::bigint + total.records, "
          "bytes_through = $3::bigint + total.bytes FROM (SELECT position, "
          "sum(records) OVER (ORDER BY position)::bigint AS records, "
          "sum(octet_length(body)) OVER (ORDER BY position)::bigint AS bytes FROM inbox "
          "WHERE position >= $1) AS total WHERE total.position = inbox.position",
          first, before.integer(0), before.integer(1));
    Query last(connection_,
               "SELECT records_through, bytes_through FROM inbox ORDER BY position DESC LIMIT 1");
    last.step();
    end.records = last.integer(0);
    end.bytes = last.integer(1);
    Query(connection_, "UPDATE inbox_end SET records = $2, bytes = $3 WHERE position = $1",
          end.position, end.records, end.bytes);
}

}  // namespace courant::detail
