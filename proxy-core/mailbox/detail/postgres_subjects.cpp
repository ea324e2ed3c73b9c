#include "proxy-core/mailbox/detail/postgres_subjects.hpp"

#include "proxy-core/mailbox/detail/objection_row.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;
using Bytes = PostgresBytes;

}  // namespace

void PostgresSubjectBook::put_objection(const Objection& objection) {
    mailboxes_.subscriptions_changed();
    Query(connection_,
          "INSERT INTO objections (subject, kind, reason, since, until) "
          "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject) DO UPDATE SET kind = excluded.kind, "
          "reason = excluded.reason, since = excluded.since, until = excluded.until",
          objection.subject, to_word(objection.kind), objection.reason, objection.since,
          objection.until);
}

bool PostgresSubjectBook::remove_objection(std::string_view subject) {
    mailboxes_.subscriptions_changed();
    return Query(connection_, "DELETE FROM objections WHERE subject = $1", subject).changed() > 0;
}

std::vector<Objection> PostgresSubjectBook::objections() {
    std::vector<Objection> all;
    Query query(connection_,
                "SELECT subject, kind, reason, since, until FROM objections ORDER BY subject");
    while (query.step()) all.push_back(objection_of(query));
    return all;
}

std::vector<Transfer> PostgresSubjectBook::transfers() {
    std::vector<Transfer> all;
    Query query(connection_,
                "SELECT grant_ref, messages, readings, first_at, last_at FROM transfers "
                "ORDER BY grant_ref");
    while (query.step()) all.push_back(transfer_of(query));
    return all;
}

void PostgresSubjectBook::count_transfers(std::int64_t lane_row, Seq first, Seq last) {
    Query(connection_,
          "INSERT INTO transfers AS known (grant_ref, messages, readings, first_at, last_at) "
          "SELECT grant_ref, count(*), sum(records)::bigint, min(stored_at), max(stored_at) "
          "FROM outbox WHERE lane = $1 AND seq >= $2 AND seq <= $3 AND records > 0 "
          "GROUP BY grant_ref ON CONFLICT (grant_ref) DO UPDATE "
          "SET messages = known.messages + excluded.messages, "
          "readings = known.readings + excluded.readings, "
          "last_at = greatest(known.last_at, excluded.last_at)",
          lane_row, first, last);
}

void PostgresSubjectBook::restore(const Transfer& transfer) {
    Query(connection_,
          "INSERT INTO transfers (grant_ref, messages, readings, first_at, last_at) "
          "VALUES ($1, $2, $3, $4, $5)",
          transfer.grant, transfer.messages, transfer.readings, transfer.first_at,
          transfer.last_at);
}

void PostgresSubjectBook::rewrite_outgoing(const LaneId& lane, Seq seq, std::string_view body,
                                           std::int64_t records, std::string_view reason) {
    if (records > 0)
        mailboxes_.rewrite(lane, seq, body, records);
    else
        mailboxes_.empty(lane, {seq}, reason);
}

void PostgresSubjectBook::rewrite_inbox(std::span<const Rewritten> messages) {
    mailboxes_.rewrite_inbox(messages);
}

void PostgresSubjectBook::rewrite_waiting(const Jid& peer, const LaneId& lane, Seq seq,
                                          std::string_view body, std::int64_t records) {
    Query(connection_,
          "UPDATE inbox_waiting SET records = $4, body = $5 WHERE lane = "
          "(SELECT id FROM lanes_in WHERE peer = $1 AND lane = $2) AND seq = $3 "
          "AND body IS NOT NULL",
          peer, lane, seq, records, Bytes{body});
}

void PostgresSubjectBook::rewrite_dead(std::int64_t id, std::string_view payload) {
    Query(connection_, "UPDATE dead_letters SET payload = $2 WHERE id = $1", id, Bytes{payload});
}

}  // namespace courant::detail
