#include "proxy-core/mailbox/detail/postgres_calls.hpp"

#include "proxy-core/mailbox/detail/call_row.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

}  // namespace

std::int64_t PostgresCallBook::begin(const RecordedCall& call) {
    Query query(connection_,
                "INSERT INTO calls AS known (asker, request, series, from_time, to_time, "
                "grant_ref, called_at, last_at, pages, state, error, readings, digest) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1, 'started', '', 0, '') "
                "ON CONFLICT (asker, request, series, grant_ref) DO UPDATE SET "
                "from_time = least(known.from_time, excluded.from_time), "
                "to_time = greatest(known.to_time, excluded.to_time), "
                "last_at = excluded.last_at, pages = known.pages + 1, state = 'started', "
                "error = '', finished_at = NULL RETURNING id",
                call.asker, call.request, call.series, call.from, call.to, call.grant,
                call.last_at);
    if (!query.step()) throw StoreError("a call could not be recorded", Retry::worthwhile);
    return query.integer(0);
}

void PostgresCallBook::end(std::int64_t id, const CallEnd& end, Time now) {
    const auto finished = end.state == CallState::started ? std::nullopt : std::optional(now);
    Query(connection_,
          "UPDATE calls SET state = $2, error = $3, readings = readings + $4, "
          "through = coalesce($5::bigint, through), "
          "digest = CASE WHEN $6::text = '' THEN digest ELSE $6::text END, "
          "finished_at = $7 WHERE id = $1 AND state = 'started'",
          id, to_word(end.state), end.error, end.readings, end.through, end.digest, finished);
}

std::int64_t PostgresCallBook::cancel(const Jid& asker, std::string_view request, Time now) {
    return Query(connection_,
                 "UPDATE calls SET state = 'cancelled', finished_at = $3 "
                 "WHERE asker = $1 AND request = $2 AND state = 'started'",
                 asker, request, now)
        .changed();
}

std::vector<RecordedCall> PostgresCallBook::calls(std::int64_t after, std::int64_t most) {
    std::vector<RecordedCall> page;
    Query query(connection_,
                "SELECT id, asker, request, series, from_time, to_time, grant_ref, called_at, "
                "last_at, pages, state, error, readings, through, digest, finished_at "
                "FROM calls WHERE id > $1 ORDER BY id LIMIT $2",
                after, most);
    while (query.step()) page.push_back(call_of(query));
    return page;
}

std::int64_t PostgresCallBook::count() {
    Query query(connection_, "SELECT count(*) FROM calls");
    return query.step() ? query.integer(0) : 0;
}

std::int64_t PostgresCallBook::purge(Time before, std::int64_t most) {
    return Query(connection_,
                 "DELETE FROM calls WHERE id IN "
                 "(SELECT id FROM calls WHERE last_at < $1 ORDER BY last_at LIMIT $2)",
                 before, most)
        .changed();
}

void PostgresCallBook::restore(const RecordedCall& call) {
    Query(connection_,
          "INSERT INTO calls (asker, request, series, from_time, to_time, grant_ref, called_at, "
          "last_at, pages, state, error, readings, through, digest, finished_at) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
          call.asker, call.request, call.series, call.from, call.to, call.grant, call.called_at,
          call.last_at, call.pages, to_word(call.state), call.error, call.readings, call.through,
          call.digest, call.finished_at);
}

}  // namespace courant::detail
