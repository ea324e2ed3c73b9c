#include <algorithm>

#include "proxy-core/mailbox/detail/page.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

// Columns: seq, retain, grant_ref, quality, hops, records, stored_at, body, void_reason.
Message message_of(const Query& query, const Jid& peer, const LaneId& lane) {
    auto reason = query.text(8);
    return {.peer = peer,
            .lane = lane,
            .seq = query.integer(0),
            .envelope = reason.empty() ? query.envelope(1) : Envelope{},
            .body = query.bytes(7),
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

PostgresMailboxes::Locked& PostgresMailboxes::locked() {
    if (locked_.epoch != connection_.epoch())
        locked_ = {.epoch = connection_.epoch(), .outbound = {}, .inbound = {}, .end = {}};
    return locked_;
}

// A statement of its own after the lock: one that waits for a lock goes on with the state that it
// saw before it had to wait.
PostgresMailboxes::Outbound PostgresMailboxes::read_outbound(std::int64_t row, LaneId lane) {
    Query query(connection_,
                "SELECT version, next, acknowledged, waiting_records, waiting_bytes, voided "
                "FROM lanes_out_state WHERE lane = $1 ORDER BY version DESC LIMIT 1",
                row);
    query.step();
    return {.row = row,
            .lane = std::move(lane),
            .version = query.integer(0),
            .next = query.integer(1),
            .acknowledged = query.integer(2),
            .records = query.integer(3),
            .bytes = query.integer(4),
            .voided = query.integer(5)};
}

PostgresMailboxes::Outbound* PostgresMailboxes::outbound_to(const Jid& peer) {
    auto& known = locked().outbound;
    auto key = peer.bare().to_string();
    if (const auto found = known.find(key); found != known.end()) return &found->second;
    Query query(connection_, "SELECT id, lane FROM lanes_out WHERE peer = $1 FOR UPDATE", peer);
    if (!query.step()) return nullptr;
    return &known.emplace(std::move(key), read_outbound(query.integer(0), LaneId{query.text(1)}))
                .first->second;
}

PostgresMailboxes::Outbound* PostgresMailboxes::outbound(const LaneId& lane) {
    for (auto& [peer, known] : locked().outbound)
        if (known.lane == lane) return &known;
    Query query(connection_, "SELECT peer FROM lanes_out WHERE lane = $1", lane);
    if (!query.step()) return nullptr;
    auto* found = outbound_to(query.jid(0));
    // It may have been renewed while we waited for the lock.
    return found != nullptr && found->lane == lane ? found : nullptr;
}

PostgresMailboxes::Outbound& PostgresMailboxes::new_outbound(const Jid& peer, Time now) {
    // Another worker may be faster: then theirs is the lane.
    Query(connection_,
          "WITH made AS (INSERT INTO lanes_out (peer, lane) VALUES ($1, $2) "
          "ON CONFLICT (peer) DO NOTHING RETURNING id) "
          "INSERT INTO lanes_out_state (lane, version, next, acknowledged, waiting_records) "
          "SELECT id, 1, 1, 0, 0 FROM made",
          peer, make_lane_id(now));
    auto* made = outbound_to(peer);
    if (made == nullptr) throw StoreError("a lane vanished as it was made", Retry::worthwhile);
    return *made;
}

void PostgresMailboxes::store(Outbound& lane) {
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_out_state WHERE lane = $1 AND version = $2) "
          "INSERT INTO lanes_out_state (lane, version, next, acknowledged, waiting_records, "
          "waiting_bytes, voided) VALUES ($1, $2::bigint + 1, $3, $4, $5, $6, $7)",
          lane.row, lane.version, lane.next, lane.acknowledged, lane.records, lane.bytes,
          lane.voided);
    ++lane.version;
}

void PostgresMailboxes::insert(std::int64_t row, const Message& message) {
    Query(connection_,
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body, void_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
          row, message.seq, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, message.stored_at,
          Bytes{message.body}, message.void_reason);
}

void PostgresMailboxes::empty(const LaneId& lane_id, const std::vector<Seq>& numbers,
                              std::string_view reason) {
    if (numbers.empty()) return;
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr) return;
    for (const Seq seq : numbers) {
        Query gone(connection_,
                   "SELECT records, octet_length(body) FROM outbox "
                   "WHERE lane = $1 AND seq = $2 AND void_reason = ''",
                   lane->row, seq);
        if (!gone.step()) continue;
        lane->records -= gone.integer(0);
        lane->bytes -= gone.integer(1);
        Query(connection_,
              "UPDATE outbox SET void_reason = $3, records = 0, body = '', hops = '' "
              "WHERE lane = $1 AND seq = $2",
              lane->row, seq, reason);
    }
    store(*lane);
}

void PostgresMailboxes::rewrite(const LaneId& lane_id, Seq seq, std::string_view body,
                                std::int64_t records) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr) return;
    Query before(connection_,
                 "SELECT records, octet_length(body) FROM outbox "
                 "WHERE lane = $1 AND seq = $2 AND void_reason = ''",
                 lane->row, seq);
    if (!before.step()) return;
    lane->records += records - before.integer(0);
    lane->bytes += static_cast<std::int64_t>(body.size()) - before.integer(1);
    Query(connection_, "UPDATE outbox SET records = $3, body = $4 WHERE lane = $1 AND seq = $2",
          lane->row, seq, records, Bytes{body});
    store(*lane);
}

// One statement for what is done most.
std::pair<LaneId, Seq> PostgresMailboxes::enqueue(const Outgoing& message, Time now) {
    auto* found = outbound_to(message.peer);
    Outbound& lane = found != nullptr ? *found : new_outbound(message.peer, now);
    const auto bytes = static_cast<std::int64_t>(message.body.size());
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_out_state WHERE lane = $1 AND version = $2), "
          "after AS (INSERT INTO lanes_out_state (lane, version, next, acknowledged, "
          "waiting_records, waiting_bytes, voided) "
          "VALUES ($1, $2::bigint + 1, $3::bigint + 1, $4, $5, $6, $7)) "
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body) VALUES ($1, $3, $8, $9, $10, $11, $12, $13, $14)",
          lane.row, lane.version, lane.next, lane.acknowledged, lane.records + message.records,
          lane.bytes + bytes, lane.voided, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, now,
          Bytes{message.body});
    ++lane.version;
    lane.records += message.records;
    lane.bytes += bytes;
    return {lane.lane, lane.next++};
}

// The database stops at the limit of bytes, so that no more than a page ever crosses the wire.
std::vector<Message> PostgresMailboxes::outbox(const LaneId& lane, Seq after, PageLimit limit) {
    Query row(connection_,
              "SELECT l.id, l.peer, l.void_reason, s.acknowledged, s.voided FROM lanes_out l "
              "CROSS JOIN LATERAL (SELECT acknowledged, voided FROM lanes_out_state "
              "WHERE lane = l.id ORDER BY version DESC LIMIT 1) s WHERE l.lane = $1",
              lane);
    if (!row.step()) return {};
    const Jid peer = row.jid(1);
    std::vector<Message> messages;
    Page page(limit);
    Seq seq = std::max(after, row.integer(3)) + 1;
    for (; seq <= row.integer(4) && page.takes(0); ++seq) {
        Message gone;
        gone.peer = peer;
        gone.lane = lane;
        gone.seq = seq;
        gone.void_reason = row.text(2);
        messages.push_back(std::move(gone));
    }
    Query query(connection_,
                "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, "
                "void_reason FROM (SELECT page.*, sum(octet_length(body)) OVER place AS bytes, "
                "row_number() OVER place AS number FROM (SELECT * FROM outbox WHERE lane = $1 "
                "AND seq >= $2 ORDER BY seq LIMIT $3) page WINDOW place AS (ORDER BY seq)) counted "
                "WHERE bytes <= $4 OR number = 1 ORDER BY seq",
                row.integer(0), seq, limit.messages - static_cast<std::int64_t>(messages.size()),
                limit.bytes);
    while (query.step()) messages.push_back(message_of(query, peer, lane));
    return messages;
}

std::optional<Message> PostgresMailboxes::find_outgoing(const LaneId& lane, Seq seq) {
    Query query(connection_,
                "SELECT o.seq, o.retain, o.grant_ref, o.quality, o.hops, o.records, o.stored_at, "
                "o.body, o.void_reason, l.peer FROM lanes_out l JOIN outbox o ON o.lane = l.id "
                "WHERE l.lane = $1 AND o.seq = $2",
                lane, seq);
    if (!query.step()) return std::nullopt;
    return message_of(query, query.jid(9), lane);
}

// Takes a range of messages out, and off the sums.
std::int64_t PostgresMailboxes::remove(Outbound& lane, Seq first, Seq last) {
    Query gone(connection_,
               "WITH gone AS (DELETE FROM outbox WHERE lane = $1 AND seq >= $2 AND seq <= $3 "
               "RETURNING records, octet_length(body) AS bytes) "
               "SELECT count(*), coalesce(sum(records), 0)::bigint, coalesce(sum(bytes), 0) "
               "FROM gone",
               lane.row, first, last);
    gone.step();
    lane.records -= gone.integer(1);
    lane.bytes -= gone.integer(2);
    return gone.integer(0);
}

std::int64_t PostgresMailboxes::acknowledge(const LaneId& lane_id, Seq through) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr || through >= lane->next || through <= lane->acknowledged) return 0;
    subjects_.count_transfers(lane->row, lane->front() + 1, through);
    const auto gone = remove(*lane, lane->front() + 1, through);
    lane->acknowledged = through;
    store(*lane);
    return gone;
}

std::optional<LaneId> PostgresMailboxes::renew_lane(const LaneId& lane_id, Time now) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr) return std::nullopt;
    const auto renewed = make_lane_id(now);
    Query(connection_, "UPDATE lanes_out SET lane = $2 WHERE id = $1", lane->row, renewed);
    // By way of negative numbers, or an old and a new number could meet.
    Query(connection_, "UPDATE outbox SET seq = $2 - seq WHERE lane = $1", lane->row,
          lane->front());
    Query(connection_, "UPDATE outbox SET seq = -seq WHERE lane = $1 AND seq < 0", lane->row);
    lane->lane = renewed;
    lane->next -= lane->front();
    lane->acknowledged = lane->voided = 0;
    store(*lane);
    return renewed;
}

std::optional<Dropped> PostgresMailboxes::drop_oldest(const LaneId& lane_id, const LaneCap& cap,
                                                      std::string_view reason) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr) return std::nullopt;
    Dropped dropped{.first = lane->front() + 1, .last = lane->front(), .oldest = {}, .newest = {}};
    Query query(connection_,
                "SELECT seq, records, stored_at, octet_length(body) FROM outbox "
                "WHERE lane = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                lane->row, lane->front(), limits_.purge_batch);
    while (query.step()) {
        const Time stored = query.time(2);
        if (lane->bytes - dropped.bytes <= cap.bytes && stored >= cap.since) break;
        if (dropped.messages() == 0) dropped.oldest = stored;
        dropped.last = query.integer(0);
        dropped.records += query.integer(1);
        dropped.bytes += query.integer(3);
        dropped.newest = stored;
    }
    if (dropped.messages() == 0) return std::nullopt;
    remove(*lane, dropped.first, dropped.last);
    lane->voided = dropped.last;
    store(*lane);
    Query(connection_, "UPDATE lanes_out SET void_reason = $2 WHERE id = $1", lane->row, reason);
    return dropped;
}

bool PostgresMailboxes::replace_tail(const LaneId& lane_id, Seq from, Seq last,
                                     std::span<const Message> messages) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr || from <= lane->front() || from > last || last + 1 != lane->next)
        return false;
    remove(*lane, from, last);
    lane->next = from;
    for (Message message : messages) {
        message.seq = lane->next++;
        insert(lane->row, message);
        lane->records += message.records;
        lane->bytes += static_cast<std::int64_t>(message.body.size());
    }
    store(*lane);
    return true;
}

std::vector<OutgoingLane> PostgresMailboxes::outgoing_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(connection_,
                "SELECT l.lane, l.peer, s.next, s.acknowledged, s.waiting_records, "
                "s.waiting_bytes, s.voided, (SELECT stored_at FROM outbox o WHERE o.lane = l.id "
                "AND o.seq = greatest(s.acknowledged, s.voided) + 1) FROM lanes_out l "
                "CROSS JOIN LATERAL (SELECT * FROM lanes_out_state "
                "WHERE lane = l.id ORDER BY version DESC LIMIT 1) s ORDER BY l.peer");
    while (query.step()) lanes.push_back(lane_of(query));
    return lanes;
}

std::optional<OutgoingLane> PostgresMailboxes::find_lane(const LaneId& lane) {
    Query query(connection_,
                "SELECT l.lane, l.peer, s.next, s.acknowledged, s.waiting_records, "
                "s.waiting_bytes, s.voided, (SELECT stored_at FROM outbox o WHERE o.lane = l.id "
                "AND o.seq = greatest(s.acknowledged, s.voided) + 1) FROM lanes_out l "
                "CROSS JOIN LATERAL (SELECT * FROM lanes_out_state "
                "WHERE lane = l.id ORDER BY version DESC LIMIT 1) s WHERE l.lane = $1",
                lane);
    if (!query.step()) return std::nullopt;
    return lane_of(query);
}

std::vector<OutgoingLane> PostgresMailboxes::waiting_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(connection_,
                "SELECT l.lane, l.peer, s.next, s.acknowledged, s.waiting_records, "
                "s.waiting_bytes, s.voided, NULL::bigint FROM lanes_out l "
                "CROSS JOIN LATERAL (SELECT * FROM lanes_out_state "
                "WHERE lane = l.id ORDER BY version DESC LIMIT 1) s "
                "WHERE s.next > s.acknowledged + 1");
    while (query.step()) lanes.push_back(lane_of(query));
    return lanes;
}

}  // namespace courant::detail
