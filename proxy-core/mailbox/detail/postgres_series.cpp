#include "proxy-core/mailbox/detail/postgres_series.hpp"

#include "proxy-core/mailbox/detail/series_row.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

}  // namespace

std::optional<SeriesSeen> PostgresSeriesBook::find(std::string_view name) {
    Query query(connection_,
                "SELECT name, unit, kind, first_at, last_at, readings, latest FROM series_seen "
                "WHERE name = $1",
                name);
    if (!query.step()) return std::nullopt;
    return series_of(query);
}

std::vector<SeriesSeen> PostgresSeriesBook::page(std::string_view after, std::int64_t most) {
    std::vector<SeriesSeen> page;
    Query query(connection_,
                "SELECT name, unit, kind, first_at, last_at, readings, latest FROM series_seen "
                "WHERE name > $1 ORDER BY name LIMIT $2",
                after, most);
    while (query.step()) page.push_back(series_of(query));
    return page;
}

void PostgresSeriesBook::put(const SeriesSeen& series) {
    Query(connection_,
          "INSERT INTO series_seen (name, unit, kind, first_at, last_at, readings, latest) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET "
          "unit = excluded.unit, kind = excluded.kind, first_at = excluded.first_at, "
          "last_at = excluded.last_at, readings = excluded.readings, latest = excluded.latest",
          series.name, series.unit, to_word(series.kind), series.first, series.last,
          series.readings, text_of(series.latest));
}

bool PostgresSeriesBook::forget(std::string_view name) {
    return Query(connection_, "DELETE FROM series_seen WHERE name = $1", name).changed() > 0;
}

}  // namespace courant::detail
