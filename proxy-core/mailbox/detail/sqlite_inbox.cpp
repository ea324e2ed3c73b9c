#include <algorithm>
#include <limits>

#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"

namespace courant::detail {
namespace {

std::vector<IncomingLane> lanes_of(Query& query) {
    std::vector<IncomingLane> lanes;
    while (query.step())
        lanes.push_back({query.jid(0), LaneId{query.text(1)}, query.integer(2), query.integer(3)});
    return lanes;
}

struct InboxEnd {
    std::int64_t position;
    std::int64_t records;
    std::int64_t bytes;
};

InboxEnd inbox_end(SqliteConnection& connection) {
    Query query(connection, "SELECT position, records, bytes FROM inbox_end");
    query.step();
    return {query.integer(0), query.integer(1), query.integer(2)};
}

// One message more, with so many readings and bytes.
InboxEnd extend_inbox(SqliteConnection& connection, std::int64_t records, std::int64_t bytes) {
    const auto end = inbox_end(connection);
    Query(connection,
          "UPDATE inbox_end SET position = position + 1, records = records + ?, bytes = bytes + ?",
          records, bytes)
        .run();
    return {end.position + 1, end.records + records, end.bytes + bytes};
}

}  // namespace

Intake SqliteMailboxes::take_in(const Message& message, Time now) {
    return arrive(message.peer, message.lane, {message.seq, &message, now});
}

Intake SqliteMailboxes::take_in_nothing(const Jid& peer, const LaneId& lane, Seq seq, Time now) {
    return arrive(peer, lane, {seq, nullptr, now});
}

Intake SqliteMailboxes::arrive(const Jid& peer, const LaneId& lane_id, const Arriving& arriving) {
    Incoming lane = incoming(peer, lane_id);
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
    Query(connection_, "UPDATE lanes_in SET next = ?, highest = ?, waiting = ? WHERE id = ?",
          lane.next, lane.highest, lane.waiting, lane.id)
        .run();
    return {.next = lane.next, .missing = missing(lane), .repeated = false, .dropped = dropped};
}

SqliteMailboxes::Incoming SqliteMailboxes::incoming(const Jid& peer, const LaneId& lane) {
    {
        Query query(connection_,
                    "SELECT id, next, highest, waiting FROM lanes_in WHERE peer = ? AND lane = ?",
                    peer, lane);
        if (query.step())
            return {query.integer(0), query.integer(1), query.integer(2), query.integer(3)};
    }
    Query(connection_,
          "INSERT INTO lanes_in (peer, lane, next, highest, waiting) VALUES (?, ?, 1, 0, 0)", peer,
          lane)
        .run();
    return {connection_.new_row(), 1, 0, 0};
}

void SqliteMailboxes::append(const Incoming& lane, const Arriving& arriving) {
    const Message& message = *arriving.message;
    const auto end =
        extend_inbox(connection_, message.records, static_cast<std::int64_t>(message.body.size()));
    Query(connection_,
          "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, records, "
          "records_through, stored_at, body, bytes_through) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          end.position, lane.id, arriving.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, end.records,
          arriving.now, Blob{message.body}, end.bytes)
        .run();
}

bool SqliteMailboxes::waits(const Incoming& lane, Seq seq) {
    if (lane.waiting == 0) return false;
    return Query(connection_, "SELECT 1 FROM inbox_waiting WHERE lane = ? AND seq = ?", lane.id,
                 seq)
        .step();
}

bool SqliteMailboxes::let_wait(Incoming& lane, const Arriving& arriving) {
    if (lane.waiting >= limits_.waiting_per_lane) return false;
    const Envelope nothing;
    const bool empty = arriving.message == nullptr;
    const Envelope& envelope = empty ? nothing : arriving.message->envelope;
    Query(connection_,
          "INSERT INTO inbox_waiting (lane, seq, retain, grant_ref, quality, hops, records, "
          "stored_at, "
          "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          lane.id, arriving.seq, envelope.retain, envelope.grant, envelope.quality, envelope.hops,
          empty ? std::int64_t{0} : arriving.message->records, arriving.now,
          empty ? std::nullopt : std::optional(Blob{arriving.message->body}))
        .run();
    ++lane.waiting;
    return true;
}

// Bodies move inside SQLite, one at a time: a closed hole may set a thousand of them free.
void SqliteMailboxes::join_those_behind(Incoming& lane) {
    for (; lane.waiting > 0; --lane.waiting, ++lane.next) {
        std::int64_t records = 0;
        std::optional<std::int64_t> bytes;  // of a body, if it has one
        {
            // length() does not load the body.
            Query query(connection_,
                        "SELECT records, length(body) FROM inbox_waiting "
                        "WHERE lane = ? AND seq = ?",
                        lane.id, lane.next);
            if (!query.step()) return;
            records = query.integer(0);
            bytes = query.maybe_integer(1);
        }
        if (bytes) {
            const auto end = extend_inbox(connection_, records, *bytes);
            Query(connection_,
                  "INSERT INTO inbox (position, lane, seq, retain, grant_ref, quality, hops, "
                  "records, records_through, stored_at, body, bytes_through) "
                  "SELECT ?, lane, seq, retain, grant_ref, quality, hops, records, ?, stored_at, "
                  "body, ? FROM inbox_waiting WHERE lane = ? AND seq = ?",
                  end.position, end.records, end.bytes, lane.id, lane.next)
                .run();
        }
        Query(connection_, "DELETE FROM inbox_waiting WHERE lane = ? AND seq = ?", lane.id,
              lane.next)
            .run();
    }
}

std::vector<std::pair<Seq, Seq>> SqliteMailboxes::missing(const Incoming& lane) {
    std::vector<std::pair<Seq, Seq>> holes;
    if (lane.highest < lane.next) return holes;
    Seq begin = lane.next;
    Query query(connection_, "SELECT seq FROM inbox_waiting WHERE lane = ? ORDER BY seq", lane.id);
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

std::vector<IncomingLane> SqliteMailboxes::incoming_lanes(const Jid& peer) {
    Query query(connection_,
                "SELECT peer, lane, next, highest FROM lanes_in WHERE peer = ? ORDER BY lane",
                peer);
    return lanes_of(query);
}

std::vector<IncomingLane> SqliteMailboxes::incoming_lanes() {
    Query query(connection_, "SELECT peer, lane, next, highest FROM lanes_in ORDER BY peer, lane");
    return lanes_of(query);
}

bool SqliteMailboxes::knows_lane(const Jid& peer, const LaneId& lane) {
    return Query(connection_, "SELECT 1 FROM lanes_in WHERE peer = ? AND lane = ?", peer, lane)
        .step();
}

std::int64_t SqliteMailboxes::lanes_from(const Jid& peer) {
    Query query(connection_, "SELECT count(*) FROM lanes_in WHERE peer = ?", peer);
    query.step();
    return query.integer(0);
}

std::vector<Arrival> SqliteMailboxes::inbox(std::int64_t after, PageLimit limit) {
    std::vector<Arrival> arrivals;
    Page page(limit);
    // CROSS JOIN keeps SQLite from beginning with the lanes and sorting the inbox afterwards.
    Query query(
        connection_,
        "SELECT i.position, l.peer, l.lane, i.seq, i.retain, i.grant_ref, i.quality, i.hops, "
        "i.records, i.stored_at, i.body FROM inbox i CROSS JOIN lanes_in l ON l.id = i.lane "
        "WHERE i.position > ? ORDER BY i.position LIMIT ?",
        after, limit.messages);
    while (query.step() && page.takes(query.size(10)))
        arrivals.push_back({query.integer(0),
                            {query.jid(1), LaneId{query.text(2)}, query.integer(3),
                             query.envelope(4), query.text(10), query.integer(8), query.time(9)}});
    return arrivals;
}

InboxSize SqliteMailboxes::inbox_size(std::int64_t after) {
    Query first(connection_,
                "SELECT position, records_through - records, bytes_through - length(body), "
                "stored_at FROM inbox WHERE position > ? ORDER BY position LIMIT 1",
                after);
    if (!first.step()) return {};
    const auto end = inbox_end(connection_);
    return {end.position - first.integer(0) + 1, end.records - first.integer(1),
            end.bytes - first.integer(2), first.time(3)};
}

std::int64_t SqliteMailboxes::delivered(std::string_view sink) {
    Query query(connection_, "SELECT position FROM sinks WHERE name = ?", sink);
    return query.step() ? query.integer(0) : 0;
}

void SqliteMailboxes::set_delivered(std::string_view sink, std::int64_t position) {
    Query(connection_,
          "INSERT INTO sinks (name, position) VALUES (?, ?) "
          "ON CONFLICT (name) DO UPDATE SET position = excluded.position",
          sink, position)
        .run();
}

std::int64_t SqliteMailboxes::purge_delivered(std::span<const std::string> sinks) {
    if (sinks.empty()) return 0;
    std::int64_t through = std::numeric_limits<std::int64_t>::max();
    for (const auto& sink : sinks) through = std::min(through, delivered(sink));
    // Only ever from the front: the running totals need what is left to be the end of the inbox.
    return Query(connection_,
                 "DELETE FROM inbox WHERE position <= ?1 "
                 "AND position < (SELECT min(position) FROM inbox) + ?2",
                 through, limits_.purge_batch)
        .run();
}

}  // namespace courant::detail
