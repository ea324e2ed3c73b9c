// A recorded call as both stores have it in a row.
#pragma once

#include "proxy-core/access/call_book.hpp"

namespace courant::detail {

/// Columns: id, asker, request, series, from_time, to_time, grant_ref, called_at, last_at, pages,
/// state, error, readings, through, digest, finished_at. `Query` is either store's.
template <class Query>
RecordedCall call_of(const Query& query) {
    return {.id = query.integer(0),
            .asker = query.jid(1),
            .request = query.text(2),
            .series = query.text(3),
            .from = query.time(4),
            .to = query.time(5),
            .grant = query.text(6),
            .called_at = query.time(7),
            .last_at = query.time(8),
            .pages = query.integer(9),
            .state = call_state_from(query.text(10)).value_or(CallState::failed),
            .error = query.text(11),
            .readings = query.integer(12),
            .through = query.maybe_time(13),
            .digest = query.text(14),
            .finished_at = query.maybe_time(15)};
}

}  // namespace courant::detail
