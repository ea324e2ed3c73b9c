#include <algorithm>
#include <utility>

#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::detail {
namespace {

struct LaneRow {
    std::int64_t id;
    Jid peer;
    Seq next;
    Seq acknowledged;
    std::int64_t bytes;
    Seq voided;
    std::string void_reason;

    // The last number before those that still hold messages.
    Seq front() const { return std::max(acknowledged, voided); }
};

std::optional<LaneRow> find_row(SqliteConnection& connection, const LaneId& lane) {
    Query query(connection,
                "SELECT id, peer, next, acknowledged, waiting_bytes, voided, void_reason "
                "FROM lanes_out WHERE lane = ?",
                lane);
    if (!query.step()) return std::nullopt;
    return LaneRow{query.integer(0), query.jid(1),     query.integer(2), query.integer(3),
                   query.integer(4), query.integer(5), query.text(6)};
}

Message void_of(const LaneRow& row, const LaneId& lane, Seq seq) {
    Message message;
    message.peer = row.peer;
    message.lane = lane;
    message.seq = seq;
    message.void_reason = row.void_reason;
    return message;
}

// The oldest messages that the cap has no place for.
std::optional<Dropped> beyond(SqliteConnection& connection, const LaneRow& row, const LaneCap& cap,
                              std::int64_t most) {
    Dropped dropped{.first = row.front() + 1, .last = row.front(), .oldest = {}, .newest = {}};
    Query query(connection,
                "SELECT seq, records, stored_at, length(body) FROM outbox WHERE lane = ? "
                "ORDER BY seq LIMIT ?",
                row.id, most);
    while (query.step()) {
        const Time stored = query.time(2);
        if (row.bytes - dropped.bytes <= cap.bytes && stored >= cap.since) break;
        if (dropped.messages() == 0) dropped.oldest = stored;
        dropped.last = query.integer(0);
        dropped.records += query.integer(1);
        dropped.bytes += query.integer(3);
        dropped.newest = stored;
    }
    if (dropped.messages() == 0) return std::nullopt;
    return dropped;
}

void insert(SqliteConnection& connection, std::int64_t row, Seq seq, const Envelope& envelope,
            std::int64_t records, Time stored_at, std::string_view body,
            std::string_view void_reason = {}) {
    Query(Aside{}, connection,
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body, void_reason) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          row, seq, envelope.retain, envelope.grant, envelope.quality, envelope.hops, records,
          stored_at, Blob{body}, void_reason)
        .run();
}

// Columns: seq, retain, grant_ref, quality, hops, records, stored_at, body, void_reason.
Message message_of(const Query& query, const LaneRow& row, const LaneId& lane) {
    auto reason = query.text(8);
    return {.peer = row.peer,
            .lane = lane,
            .seq = query.integer(0),
            .envelope = reason.empty() ? query.envelope(1) : Envelope{},
            .body = query.text(7),
            .records = query.integer(5),
            .stored_at = query.time(6),
            .void_reason = std::move(reason)};
}

// Columns: lane, peer, next, acknowledged, waiting_records, waiting_bytes, voided, oldest.
OutgoingLane lane_of(const Query& query) {
    OutgoingLane lane{.lane = {query.text(0)},
                      .peer = query.jid(1),
                      .next = query.integer(2),
                      .acknowledged = query.integer(3),
                      .waiting_records = query.integer(4),
                      .waiting_bytes = query.integer(5),
                      .oldest = query.maybe_time(7),
                      .voided = query.integer(6)};
    lane.waiting_messages = lane.next - 1 - std::max(lane.acknowledged, lane.voided);
    return lane;
}

}  // namespace

const GrowingLane::End& GrowingLane::end_of(const Jid& peer, Time now) {
    if (end_ && end_->peer == peer) return *end_;
    make();
    {
        Query query(connection_, "SELECT id, lane, next FROM lanes_out WHERE peer = ?", peer);
        if (query.step())
            return end_.emplace(
                End{peer, query.integer(0), LaneId{query.text(1)}, query.integer(2)});
    }
    const auto lane = make_lane_id(now);
    Query(connection_,
          "INSERT INTO lanes_out (peer, lane, next, acknowledged, waiting_records) "
          "VALUES (?, ?, 1, 0, 0)",
          peer, lane)
        .run();
    return end_.emplace(End{peer, connection_.new_row(), lane});
}

void GrowingLane::grow(std::int64_t records, std::int64_t bytes) {
    ++end_->next;
    ++end_->messages;
    end_->records += records;
    end_->bytes += bytes;
}

// No RETURNING: SQLite makes a temporary table for it each time, which measured three times the
// cost of a whole enqueue.
void GrowingLane::make() {
    const auto end = std::exchange(end_, std::nullopt);
    if (!end || end->messages == 0) return;
    Query(Aside{}, connection_,
          "UPDATE lanes_out SET next = next + ?, waiting_records = waiting_records + ?, "
          "waiting_bytes = waiting_bytes + ? WHERE id = ?",
          end->messages, end->records, end->bytes, end->row)
        .run();
}

std::pair<LaneId, Seq> SqliteMailboxes::enqueue(const Outgoing& message, Time now) {
    const auto& end = growing_.end_of(message.peer, now);
    insert(connection_, end.row, end.next, message.envelope, message.records, now, message.body);
    std::pair placed{end.lane, end.next};
    growing_.grow(message.records, static_cast<std::int64_t>(message.body.size()));
    return placed;
}

std::vector<Message> SqliteMailboxes::outbox(const LaneId& lane, Seq after, PageLimit limit) {
    const auto row = find_row(connection_, lane);
    if (!row) return {};
    std::vector<Message> messages;
    Page page(limit);
    for (Seq seq = std::max(after, row->acknowledged) + 1; seq <= row->voided && page.takes(0);
         ++seq)
        messages.push_back(void_of(*row, lane, seq));
    Query query(
        connection_,
        "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, void_reason "
        "FROM outbox "
        "WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
        row->id, after, limit.messages);
    while (query.step() && page.takes(query.size(7)))
        messages.push_back(message_of(query, *row, lane));
    return messages;
}

std::int64_t SqliteMailboxes::acknowledge(const LaneId& lane, Seq through) {
    const auto row = find_row(connection_, lane);
    if (!row || through >= row->next || through <= row->acknowledged) return 0;
    // What is acknowledged is gone, so that everything up to `through` is what is acknowledged now.
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    {
        // length() does not load the bodies.
        Query sum(connection_,
                  "SELECT sum(records), sum(length(body)) FROM outbox WHERE lane = ? AND seq <= ?",
                  row->id, through);
        sum.step();
        records = sum.integer(0);
        bytes = sum.integer(1);
    }
    subjects_.count_transfers(row->id, through);
    Query(connection_,
          "UPDATE lanes_out SET acknowledged = ?, waiting_records = waiting_records - ?, "
          "waiting_bytes = waiting_bytes - ? WHERE id = ?",
          through, records, bytes, row->id)
        .run();
    return Query(connection_, "DELETE FROM outbox WHERE lane = ? AND seq <= ?", row->id, through)
        .run();
}

std::optional<LaneId> SqliteMailboxes::renew_lane(const LaneId& lane, Time now) {
    const auto row = find_row(connection_, lane);
    if (!row) return std::nullopt;
    auto renewed = make_lane_id(now);
    Query(connection_,
          "UPDATE lanes_out SET lane = ?, next = next - ?, acknowledged = 0, voided = 0 "
          "WHERE id = ?",
          renewed, row->front(), row->id)
        .run();
    // By way of negative numbers, or an old and a new number could meet.
    Query(connection_, "UPDATE outbox SET seq = ? - seq WHERE lane = ?", row->front(), row->id)
        .run();
    Query(connection_, "UPDATE outbox SET seq = -seq WHERE lane = ?", row->id).run();
    return renewed;
}

std::optional<Dropped> SqliteMailboxes::drop_oldest(const LaneId& lane, const LaneCap& cap,
                                                    std::string_view reason) {
    const auto row = find_row(connection_, lane);
    if (!row) return std::nullopt;
    auto dropped = beyond(connection_, *row, cap, limits_.purge_batch);
    if (!dropped) return std::nullopt;
    Query(connection_,
          "UPDATE lanes_out SET voided = ?, void_reason = ?, "
          "waiting_records = waiting_records - ?, waiting_bytes = waiting_bytes - ? WHERE id = ?",
          dropped->last, reason, dropped->records, dropped->bytes, row->id)
        .run();
    Query(connection_, "DELETE FROM outbox WHERE lane = ? AND seq <= ?", row->id, dropped->last)
        .run();
    return dropped;
}

std::optional<Message> SqliteMailboxes::find_outgoing(const LaneId& lane, Seq seq) {
    const auto row = find_row(connection_, lane);
    if (!row) return std::nullopt;
    Query query(
        connection_,
        "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, void_reason "
        "FROM outbox "
        "WHERE lane = ? AND seq = ?",
        row->id, seq);
    if (!query.step()) return std::nullopt;
    return message_of(query, *row, lane);
}

std::vector<OutgoingLane> SqliteMailboxes::outgoing_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(connection_,
                "SELECT lane, peer, next, acknowledged, waiting_records, waiting_bytes, voided, "
                "(SELECT stored_at FROM outbox "
                "WHERE outbox.lane = lanes_out.id AND seq = max(acknowledged, voided) + 1) "
                "FROM lanes_out ORDER BY peer");
    while (query.step()) lanes.push_back(lane_of(query));
    return lanes;
}

std::optional<OutgoingLane> SqliteMailboxes::find_lane(const LaneId& lane) {
    Query query(connection_,
                "SELECT lane, peer, next, acknowledged, waiting_records, waiting_bytes, voided, "
                "(SELECT stored_at FROM outbox "
                "WHERE outbox.lane = lanes_out.id AND seq = max(acknowledged, voided) + 1) "
                "FROM lanes_out WHERE lane = ?",
                lane);
    if (!query.step()) return std::nullopt;
    return lane_of(query);
}

std::vector<OutgoingLane> SqliteMailboxes::waiting_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(
        connection_,
        "SELECT lane, peer, next, acknowledged, waiting_records, waiting_bytes, voided, NULL "
        "FROM lanes_out WHERE next > acknowledged + 1");
    while (query.step()) lanes.push_back(lane_of(query));
    return lanes;
}

bool SqliteMailboxes::replace_tail(const LaneId& lane, Seq from, Seq last,
                                   std::span<const Message> messages) {
    const auto row = find_row(connection_, lane);
    if (!row || from <= row->front() || from > last || last + 1 != row->next) return false;
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    {
        Query sum(connection_,
                  "SELECT coalesce(sum(records), 0), coalesce(sum(length(body)), 0) FROM outbox "
                  "WHERE lane = ? AND seq >= ?",
                  row->id, from);
        sum.step();
        records = -sum.integer(0);
        bytes = -sum.integer(1);
    }
    Query(connection_, "DELETE FROM outbox WHERE lane = ? AND seq >= ?", row->id, from).run();
    Seq next = from;
    for (const Message& message : messages) {
        insert(connection_, row->id, next++, message.envelope, message.records, message.stored_at,
               message.body, message.void_reason);
        records += message.records;
        bytes += static_cast<std::int64_t>(message.body.size());
    }
    Query(connection_,
          "UPDATE lanes_out SET next = ?, waiting_records = waiting_records + ?, "
          "waiting_bytes = waiting_bytes + ? WHERE id = ?",
          next, records, bytes, row->id)
        .run();
    return true;
}

}  // namespace courant::detail
