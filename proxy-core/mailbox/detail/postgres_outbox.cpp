#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

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
                "SELECT version, next, acknowledged, waiting_records FROM lanes_out_state "
                "WHERE lane = $1 ORDER BY version DESC LIMIT 1",
                row);
    query.step();
    return {row,
            std::move(lane),
            query.integer(0),
            query.integer(1),
            query.integer(2),
            query.integer(3)};
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

std::pair<LaneId, Seq> PostgresMailboxes::enqueue(const Outgoing& message, Time now) {
    auto* found = outbound_to(message.peer);
    Outbound& lane = found != nullptr ? *found : new_outbound(message.peer, now);
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_out_state WHERE lane = $1 AND version = $2), "
          "after AS (INSERT INTO lanes_out_state "
          "(lane, version, next, acknowledged, waiting_records) "
          "VALUES ($1, $2::bigint + 1, $3::bigint + 1, $4, $5)) "
          "INSERT INTO outbox (lane, seq, retain, grant_ref, quality, hops, records, stored_at, "
          "body) VALUES ($1, $3, $6, $7, $8, $9, $10, $11, $12)",
          lane.row, lane.version, lane.next, lane.acknowledged,
          lane.waiting_records + message.records, message.envelope.retain, message.envelope.grant,
          message.envelope.quality, message.envelope.hops, message.records, now,
          Bytes{message.body});
    ++lane.version;
    lane.waiting_records += message.records;
    return {lane.lane, lane.next++};
}

namespace {

// Columns: seq, retain, grant_ref, quality, hops, records, stored_at, body, peer.
Message message_of(const Query& query, const LaneId& lane) {
    return {query.jid(8),     lane,         query.integer(0), query.envelope(1), query.bytes(7),
            query.integer(5), query.time(6)};
}

}  // namespace

// The database stops at the limit of bytes, so that no more than a page ever crosses the wire.
std::vector<Message> PostgresMailboxes::outbox(const LaneId& lane, Seq after, PageLimit limit) {
    Query query(connection_,
                "SELECT seq, retain, grant_ref, quality, hops, records, stored_at, body, "
                "(SELECT peer FROM lanes_out WHERE lane = $1) "
                "FROM (SELECT page.*, sum(octet_length(body)) OVER place AS bytes, "
                "row_number() OVER place AS number FROM (SELECT * FROM outbox WHERE lane = "
                "(SELECT id FROM lanes_out WHERE lane = $1) AND seq > $2 ORDER BY seq LIMIT $3) "
                "page WINDOW place AS (ORDER BY seq)) counted "
                "WHERE bytes <= $4 OR number = 1 ORDER BY seq",
                lane, after, limit.messages, limit.bytes);
    std::vector<Message> messages;
    while (query.step()) messages.push_back(message_of(query, lane));
    return messages;
}

std::optional<Message> PostgresMailboxes::find_outgoing(const LaneId& lane, Seq seq) {
    Query query(connection_,
                "SELECT o.seq, o.retain, o.grant_ref, o.quality, o.hops, o.records, o.stored_at, "
                "o.body, l.peer FROM lanes_out l JOIN outbox o ON o.lane = l.id "
                "WHERE l.lane = $1 AND o.seq = $2",
                lane, seq);
    if (!query.step()) return std::nullopt;
    return message_of(query, lane);
}

std::int64_t PostgresMailboxes::acknowledge(const LaneId& lane_id, Seq through) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr || through >= lane->next || through <= lane->acknowledged) return 0;
    Query gone(connection_,
               "WITH gone AS (DELETE FROM outbox WHERE lane = $1 AND seq > $2 AND seq <= $3 "
               "RETURNING records) SELECT count(*), coalesce(sum(records), 0)::bigint FROM gone",
               lane->row, lane->acknowledged, through);
    gone.step();
    lane->waiting_records -= gone.integer(1);
    lane->acknowledged = through;
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_out_state WHERE lane = $1 AND version = $2) "
          "INSERT INTO lanes_out_state (lane, version, next, acknowledged, waiting_records) "
          "VALUES ($1, $2::bigint + 1, $3, $4, $5)",
          lane->row, lane->version, lane->next, lane->acknowledged, lane->waiting_records);
    ++lane->version;
    return gone.integer(0);
}

std::optional<LaneId> PostgresMailboxes::renew_lane(const LaneId& lane_id, Time now) {
    Outbound* lane = outbound(lane_id);
    if (lane == nullptr) return std::nullopt;
    const auto renewed = make_lane_id(now);
    Query(connection_, "UPDATE lanes_out SET lane = $2 WHERE id = $1", lane->row, renewed);
    // By way of negative numbers, or an old and a new number could meet.
    Query(connection_, "UPDATE outbox SET seq = $2 - seq WHERE lane = $1", lane->row,
          lane->acknowledged);
    Query(connection_, "UPDATE outbox SET seq = -seq WHERE lane = $1 AND seq < 0", lane->row);
    lane->lane = renewed;
    lane->next -= lane->acknowledged;
    lane->acknowledged = 0;
    Query(connection_,
          "WITH before AS (DELETE FROM lanes_out_state WHERE lane = $1 AND version = $2) "
          "INSERT INTO lanes_out_state (lane, version, next, acknowledged, waiting_records) "
          "VALUES ($1, $2::bigint + 1, $3, 0, $4)",
          lane->row, lane->version, lane->next, lane->waiting_records);
    ++lane->version;
    return renewed;
}

std::vector<OutgoingLane> PostgresMailboxes::outgoing_lanes() {
    std::vector<OutgoingLane> lanes;
    Query query(connection_,
                "SELECT l.lane, l.peer, s.next, s.acknowledged, s.waiting_records, "
                "(SELECT stored_at FROM outbox o WHERE o.lane = l.id "
                "AND o.seq = s.acknowledged + 1) FROM lanes_out l CROSS JOIN LATERAL "
                "(SELECT next, acknowledged, waiting_records FROM lanes_out_state "
                "WHERE lane = l.id ORDER BY version DESC LIMIT 1) s ORDER BY l.peer");
    while (query.step()) {
        const Seq next = query.integer(2);
        const Seq acknowledged = query.integer(3);
        lanes.push_back({LaneId{query.text(0)}, query.jid(1), next, acknowledged,
                         next - 1 - acknowledged, query.integer(4), query.maybe_time(5)});
    }
    return lanes;
}

}  // namespace courant::detail
