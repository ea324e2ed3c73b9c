#include "proxy-core/mailbox/detail/sqlite_series.hpp"

#include "proxy-core/mailbox/detail/series_row.hpp"

namespace courant::detail {

std::optional<SeriesSeen> SqliteSeriesBook::find(std::string_view name) {
    Query query(connection_,
                "SELECT name, unit, kind, first_at, last_at, readings, latest FROM series_seen "
                "WHERE name = ?",
                name);
    if (!query.step()) return std::nullopt;
    return series_of(query);
}

std::vector<SeriesSeen> SqliteSeriesBook::page(std::string_view after, std::int64_t most) {
    std::vector<SeriesSeen> page;
    Query query(connection_,
                "SELECT name, unit, kind, first_at, last_at, readings, latest FROM series_seen "
                "WHERE name > ? ORDER BY name LIMIT ?",
                after, most);
    while (query.step()) page.push_back(series_of(query));
    return page;
}

void SqliteSeriesBook::put(const SeriesSeen& series) {
    Query(connection_,
          "INSERT OR REPLACE INTO series_seen (name, unit, kind, first_at, last_at, readings, "
          "latest) VALUES (?, ?, ?, ?, ?, ?, ?)",
          series.name, series.unit, to_word(series.kind), series.first, series.last,
          series.readings, text_of(series.latest))
        .run();
}

bool SqliteSeriesBook::forget(std::string_view name) {
    return Query(connection_, "DELETE FROM series_seen WHERE name = ?", name).run() > 0;
}

}  // namespace courant::detail
