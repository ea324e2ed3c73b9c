#include "proxy-core/mailbox/detail/sqlite_calls.hpp"

#include "proxy-core/mailbox/detail/call_row.hpp"

namespace courant::detail {

std::int64_t SqliteCallBook::begin(const RecordedCall& call) {
    Query query(connection_,
                "INSERT INTO calls (asker, request, series, from_time, to_time, grant_ref, "
                "called_at, last_at, pages, state, error, readings, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 'started', '', 0, '') "
                "ON CONFLICT (asker, request, series, grant_ref) DO UPDATE SET "
                "from_time = min(from_time, excluded.from_time), "
                "to_time = max(to_time, excluded.to_time), last_at = excluded.last_at, "
                "pages = pages + 1, state = 'started', error = '', finished_at = NULL RETURNING id",
                call.asker, call.request, call.series, call.from, call.to, call.grant, call.last_at,
                call.last_at);
    if (!query.step()) throw StoreError("a call could not be recorded", Retry::worthwhile);
    const std::int64_t id = query.integer(0);
    query.run();
    return id;
}

void SqliteCallBook::end(std::int64_t id, const CallEnd& end, Time now) {
    const auto finished = end.state == CallState::started ? std::nullopt : std::optional(now);
    Query(connection_,
          "UPDATE calls SET state = ?, error = ?, readings = readings + ?, "
          "through = coalesce(?, through), digest = CASE WHEN ? = '' THEN digest ELSE ? END, "
          "finished_at = ? WHERE id = ? AND state = 'started'",
          to_word(end.state), end.error, end.readings, end.through, end.digest, end.digest,
          finished, id)
        .run();
}

std::int64_t SqliteCallBook::cancel(const Jid& asker, std::string_view request, Time now) {
    return Query(connection_,
                 "UPDATE calls SET state = 'cancelled', finished_at = ? "
                 "WHERE asker = ? AND request = ? AND state = 'started'",
                 now, asker, request)
        .run();
}

std::vector<RecordedCall> SqliteCallBook::calls(std::int64_t after, std::int64_t most) {
    std::vector<RecordedCall> page;
    Query query(connection_,
                "SELECT id, asker, request, series, from_time, to_time, grant_ref, called_at, "
                "last_at, pages, state, error, readings, through, digest, finished_at "
                "FROM calls WHERE id > ? ORDER BY id LIMIT ?",
                after, most);
    while (query.step()) page.push_back(call_of(query));
    return page;
}

std::int64_t SqliteCallBook::count() {
    Query query(connection_, "SELECT count(*) FROM calls");
    return query.step() ? query.integer(0) : 0;
}

std::int64_t SqliteCallBook::purge(Time before, std::int64_t most) {
    return Query(connection_,
                 "DELETE FROM calls WHERE id IN "
                 "(SELECT id FROM calls WHERE last_at < ? ORDER BY last_at LIMIT ?)",
                 before, most)
        .run();
}

void SqliteCallBook::restore(const RecordedCall& call) {
    Query(connection_,
          "INSERT INTO calls (asker, request, series, from_time, to_time, grant_ref, called_at, "
          "last_at, pages, state, error, readings, through, digest, finished_at) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          call.asker, call.request, call.series, call.from, call.to, call.grant, call.called_at,
          call.last_at, call.pages, to_word(call.state), call.error, call.readings, call.through,
          call.digest, call.finished_at)
        .run();
}

}  // namespace courant::detail
