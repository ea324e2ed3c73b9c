#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::detail {
namespace {

struct Numbered {
    std::int64_t row;
    LaneId lane;
    Seq seq;
};

// The next number of the lane to a peer. A new lane begins with 1.
//
// Here and below no RETURNING: SQLite makes a temporary table for it each time, which measured
// three times the cost of the whole enqueue.
Numbered number(SqliteConnection& connection, const Outgoing& message, Time now) {
    {
        Query query(connection, "SELECT id, lane, next FROM lanes_out WHERE peer = ?",
                    message.peer);
        if (query.step()) {
            Numbered place{query.integer(0), LaneId{query.text(1)}, query.integer(2)};
            Query(connection,
                  "UPDATE lanes_out SET next = next + 1, waiting_records = waiting_records + ? "
                  "WHERE id = ?",
                  message.records, place.row)
                .run();
            return place;
        }
    }
    const auto lane = make_lane_id(now);
    Query(connection,
          "INSERT INTO lanes_out (peer, lane, next, acknowledged, waiting_records) "
          "VALUES (?, ?, 2, 0, ?)",
          message.peer, lane, message.records)
        .run();
    return {connection.new_row(), lane, 1};
}

struct LaneRow {
    std::int64_t id;
    Jid peer;
    Seq next;
    Seq acknowledged;
};

std::optional<LaneRow> find_lane(SqliteConnection& connection, const LaneId& lane) {
    Query query(connection, "SELECT id, peer, next, acknowledged FROM lanes_out WHERE lane = ?",
                lane);
    if (!query.step()) return std::nullopt;
    return LaneRow{query.integer(0), query.jid(1), query.integer(2), query.integer(3)};
}

// Columns: seq, retain, grant_ref, quality, hops, records, stored_at, body.
Message message_of(const Query& query, const LaneRow& row, const LaneId& lane) {
    return {row.peer,         lane,         query.integer(0), query.envelope(1), query.text(7),
            query.integer(5), query.time(6)};
}

}  // namespace

std::pair<LaneId, Seq> SqliteMailboxes::enqueue(const Outgoing& message, Time now) {
    auto place = number(connection_, message, now);
    Query(connection_,
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          place.row, place.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, now, Blob{message.body})
        .run();
    return {std::move(place.lane), place.seq};
}

std::vector<Message> SqliteMailboxes::outbox(const LaneId& lane, Seq after, PageLimit limit) {
    const auto row = find_lane(connection_, lane);
    if (!row) return {};
    std::vector<Message> messages;
    Page page(limit);
    Query query(
        connection_,
        "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body FROM outbox "
        "WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
        row->id, after, limit.messages);
    while (query.step() && page.takes(query.size(7)))
        messages.push_back(message_of(query, *row, lane));
    return messages;
}

std::int64_t SqliteMailboxes::acknowledge(const LaneId& lane, Seq through) {
    const auto row = find_lane(connection_, lane);
    if (!row || through >= row->next || through <= row->acknowledged) return 0;
    // What is acknowledged is gone, so that everything up to `through` is what is acknowledged now.
    std::int64_t records = 0;
    {
        Query sum(connection_, "SELECT sum(records) FROM outbox WHERE lane = ? AND seq <= ?",
                  row->id, through);
        sum.step();
        records = sum.integer(0);
    }
    Query(
        connection_,
        "UPDATE lanes_out SET acknowledged = ?, waiting_records = waiting_records - ? WHERE id = ?",
        through, records, row->id)
        .run();
    return Query(connection_, "DELETE FROM outbox WHERE lane = ? AND seq <= ?", row->id, through)
        .run();
}

std::optional<LaneId> SqliteMailboxes::renew_lane(const LaneId& lane, Time now) {
    const auto row = find_lane(connection_, lane);
    if (!row) return std::nullopt;
    auto renewed = make_lane_id(now);
    Query(connection_,
          "UPDATE lanes_out SET lane = ?, next = next - acknowledged, acknowledged = 0 "
          "WHERE id = ?",
          renewed, row->id)
        .run();
    // By way of negative numbers, or an old and a new number could meet.
    Query(connection_, "UPDATE outbox SET seq = ? - seq WHERE lane = ?", row->acknowledged, row->id)
        .run();
    Query(connection_, "UPDATE outbox SET seq = -seq WHERE lane = ?", row->id).run();
    return renewed;
}

std::optional<Message> SqliteMailboxes::find_outgoing(const LaneId& lane, Seq seq) {
    const auto row = find_lane(connection_, lane);
    if (!row) return std::nullopt;
    Query query(
        connection_,
        "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body FROM outbox "
        "WHERE lane = ? AND seq = ?",
        row->id, seq);
    if (!query.step()) return std::nullopt;
    return message_of(query, *row, lane);
}

std::vector<OutgoingLane> SqliteMailboxes::outgoing_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(
        connection_,
        "SELECT lane, peer, next, acknowledged, waiting_records, (SELECT stored_at FROM outbox "
        "WHERE outbox.lane = lanes_out.id AND seq = acknowledged + 1) "
        "FROM lanes_out ORDER BY peer");
    while (query.step()) {
        const Seq next = query.integer(2);
        const Seq acknowledged = query.integer(3);
        lanes.push_back({LaneId{query.text(0)}, query.jid(1), next, acknowledged,
                         next - 1 - acknowledged, query.integer(4), query.maybe_time(5)});
    }
    return lanes;
}

}  // namespace courant::detail
