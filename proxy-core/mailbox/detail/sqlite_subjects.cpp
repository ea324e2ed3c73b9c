#include "proxy-core/mailbox/detail/sqlite_subjects.hpp"

#include "proxy-core/mailbox/detail/objection_row.hpp"

namespace courant::detail {

void SqliteSubjectBook::put_objection(const Objection& objection) {
    ++changes_;
    Query(connection_,
          "INSERT INTO objections (subject, kind, reason, since, until) VALUES (?, ?, ?, ?, ?) "
          "ON CONFLICT (subject) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, "
          "since = excluded.since, until = excluded.until",
          objection.subject, to_word(objection.kind), objection.reason, objection.since,
          objection.until)
        .run();
}

bool SqliteSubjectBook::remove_objection(std::string_view subject) {
    ++changes_;
    return Query(connection_, "DELETE FROM objections WHERE subject = ?", subject).run() > 0;
}

std::vector<Objection> SqliteSubjectBook::objections() {
    std::vector<Objection> all;
    Query query(connection_,
                "SELECT subject, kind, reason, since, until FROM objections ORDER BY subject");
    while (query.step()) all.push_back(objection_of(query));
    return all;
}

std::vector<Transfer> SqliteSubjectBook::transfers() {
    std::vector<Transfer> all;
    Query query(connection_,
                "SELECT grant_ref, messages, readings, first_at, last_at FROM transfers "
                "ORDER BY grant_ref");
    while (query.step()) all.push_back(transfer_of(query));
    return all;
}

void SqliteSubjectBook::count_transfers(std::int64_t lane_row, Seq through) {
    Query(connection_,
          "INSERT INTO transfers (grant_ref, messages, readings, first_at, last_at) "
          "SELECT grant_ref, count(*), sum(records), min(stored_at), max(stored_at) FROM outbox "
          "WHERE lane = ? AND seq <= ? AND records > 0 GROUP BY grant_ref "
          "ON CONFLICT (grant_ref) DO UPDATE SET messages = messages + excluded.messages, "
          "readings = readings + excluded.readings, "
          "last_at = max(last_at, excluded.last_at)",
          lane_row, through)
        .run();
}

void SqliteSubjectBook::restore(const Transfer& transfer) {
    Query(connection_,
          "INSERT INTO transfers (grant_ref, messages, readings, first_at, last_at) "
          "VALUES (?, ?, ?, ?, ?)",
          transfer.grant, transfer.messages, transfer.readings, transfer.first_at, transfer.last_at)
        .run();
}

// The number stays, and the lane's sums are those of what is left.
void SqliteSubjectBook::rewrite_outgoing(const LaneId& lane, Seq seq, std::string_view body,
                                         std::int64_t records, std::string_view reason) {
    std::int64_t row = 0;
    std::int64_t more_records = 0;
    std::int64_t more_bytes = 0;
    const std::string_view left = records > 0 ? body : std::string_view();
    {
        Query query(connection_,
                    "SELECT outbox.id, records, length(body) FROM lanes_out "
                    "JOIN outbox ON outbox.lane = lanes_out.id "
                    "WHERE lanes_out.lane = ? AND seq = ? AND outbox.void_reason = ''",
                    lane, seq);
        if (!query.step()) return;
        row = query.integer(0);
        more_records = records - query.integer(1);
        more_bytes = static_cast<std::int64_t>(left.size()) - query.integer(2);
    }
    Query(connection_,
          "UPDATE lanes_out SET waiting_records = waiting_records + ?, "
          "waiting_bytes = waiting_bytes + ? WHERE lane = ?",
          more_records, more_bytes, lane)
        .run();
    if (records > 0)
        Query(connection_, "UPDATE outbox SET records = ?, body = ? WHERE id = ?", records,
              Blob{left}, row)
            .run();
    else
        Query(connection_,
              "UPDATE outbox SET void_reason = ?, records = 0, body = x'', hops = '' "
              "WHERE id = ?",
              reason, row)
            .run();
}

// The running totals are made anew from the first of them on: only their differences mean anything.
void SqliteSubjectBook::rewrite_inbox(std::span<const Rewritten> messages) {
    if (messages.empty()) return;
    const std::int64_t first = messages.front().position;
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    {
        Query before(connection_,
                     "SELECT records_through - records, bytes_through - length(body) FROM inbox "
                     "WHERE position >= ? ORDER BY position LIMIT 1",
                     first);
        if (!before.step()) return;
        records = before.integer(0);
        bytes = before.integer(1);
    }
    for (const Rewritten& message : messages)
        Query(connection_, "UPDATE inbox SET records = ?, body = ? WHERE position = ?",
              message.records, Blob{message.body}, message.position)
            .run();
    Query(connection_,
          "UPDATE inbox SET records_through = ?2 + total.records, "
          "bytes_through = ?3 + total.bytes FROM (SELECT position, "
          "sum(records) OVER (ORDER BY position) AS records, "
          "sum(length(body)) OVER (ORDER BY position) AS bytes FROM inbox WHERE position >= ?1) "
          "AS total WHERE total.position = inbox.position",
          first, records, bytes)
        .run();
    Query(connection_,
          "UPDATE inbox_end SET records = last.records_through, bytes = last.bytes_through "
          "FROM (SELECT records_through, bytes_through FROM inbox ORDER BY position DESC LIMIT 1) "
          "AS last")
        .run();
}

void SqliteSubjectBook::rewrite_waiting(const Jid& peer, const LaneId& lane, Seq seq,
                                        std::string_view body, std::int64_t records) {
    Query(connection_,
          "UPDATE inbox_waiting SET records = ?, body = ? WHERE lane = "
          "(SELECT id FROM lanes_in WHERE peer = ? AND lane = ?) AND seq = ? "
          "AND body IS NOT NULL",
          records, Blob{body}, peer, lane, seq)
        .run();
}

void SqliteSubjectBook::rewrite_dead(std::int64_t id, std::string_view payload) {
    Query(connection_, "UPDATE dead_letters SET payload = ? WHERE id = ?", Blob{payload}, id).run();
}

}  // namespace courant::detail
