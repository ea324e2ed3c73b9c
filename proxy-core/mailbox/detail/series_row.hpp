// A series as both stores have it in a row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/catalog/series_seen.hpp"

namespace courant::detail {

/// The last values as one text, and back; what cannot be read is left out.
std::string text_of(const std::vector<SeenValue>& latest);
std::vector<SeenValue> latest_from(std::string_view text);

/// Columns: name, unit, kind, first_at, last_at, readings, latest. `Query` is either store's.
template <class Query>
SeriesSeen series_of(const Query& query) {
    return {.name = query.text(0),
            .unit = query.text(1),
            .kind = kind_from(query.text(2)),
            .first = query.time(3),
            .last = query.time(4),
            .readings = query.integer(5),
            .latest = latest_from(query.text(6))};
}

}  // namespace courant::detail
