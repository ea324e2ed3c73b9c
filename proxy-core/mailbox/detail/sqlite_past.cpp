#include "proxy-core/mailbox/detail/sqlite_past.hpp"

#include <algorithm>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/mailbox/detail/past_row.hpp"

namespace courant::detail {

// Made where it is not there yet.
std::int64_t SqliteReadingArchive::row_of(std::string_view series) {
    Query(connection_, "INSERT OR IGNORE INTO past_series (name) VALUES (?)", series).run();
    Query query(connection_, "SELECT id FROM past_series WHERE name = ?", series);
    return query.step() ? query.integer(0) : 0;
}

void SqliteReadingArchive::keep(const senml::Pack& readings, Quality quality, Time until) {
    std::vector<std::int64_t> rows(readings.name_count(), 0);
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const senml::Record& record = readings[i];
        const auto value = past_value(readings, i);
        if (!value) continue;
        std::int64_t& row = rows[static_cast<std::size_t>(record.name)];
        if (row == 0) row = row_of(readings.name(record.name));
        const auto blob = value->record ? std::optional(Blob{*value->record}) : std::nullopt;
        Query(connection_,
              "INSERT INTO past_readings (series, time, quality, keep_until, unit, number, record) "
              "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series, time) DO UPDATE SET "
              "quality = excluded.quality, keep_until = excluded.keep_until, "
              "unit = excluded.unit, number = excluded.number, record = excluded.record "
              "WHERE excluded.quality >= quality",
              row, record.time, static_cast<std::int64_t>(quality), until,
              past_unit(readings, record), value->number, blob)
            .run();
    }
}

KeptPage SqliteReadingArchive::read(std::string_view series, Time from, Time to,
                                    std::int64_t most) {
    KeptPage page;
    Query query(connection_,
                "SELECT time, quality, keep_until, unit, number, record FROM past_readings "
                "WHERE series = (SELECT id FROM past_series WHERE name = ?) "
                "AND time >= ? AND time < ? ORDER BY time LIMIT ?",
                series, from, to, most);
    const auto name = page.readings.intern_name(series);
    while (query.step()) {
        const auto record = query.maybe_text(5);
        const auto unit = query.maybe_text(3);
        if (!record)
            page.readings.add(name, unit ? page.readings.intern_unit(*unit) : senml::no_unit,
                              query.time(0), query.number(4));
        else if (!add_past_record(page.readings, *record))
            throw StoreError("a kept reading cannot be read: the store is damaged", Retry::useless);
        page.known.push_back(
            {.quality = static_cast<Quality>(query.integer(1)), .keep_until = query.time(2)});
    }
    return page;
}

std::vector<KeptSeries> SqliteReadingArchive::series() {
    std::vector<KeptSeries> all;
    Query query(connection_,
                "SELECT s.name, count(*), min(r.time), max(r.time) FROM past_series s "
                "JOIN past_readings r ON r.series = s.id GROUP BY s.name ORDER BY s.name");
    while (query.step())
        all.push_back({query.text(0), query.integer(1), query.time(2), query.time(3)});
    return all;
}

std::int64_t SqliteReadingArchive::count() {
    Query query(connection_, "SELECT count(*) FROM past_readings");
    return query.step() ? query.integer(0) : 0;
}

std::int64_t SqliteReadingArchive::erase(std::string_view pattern, std::int64_t most) {
    std::vector<std::int64_t> rows;
    {
        Query query(connection_, "SELECT id, name FROM past_series ORDER BY id");
        while (query.step())
            if (series_matches(pattern, named_series(query.text(1)).name))
                rows.push_back(query.integer(0));
    }
    std::int64_t erased = 0;
    for (const auto row : rows) {
        if (erased >= most) return erased;
        erased += Query(connection_,
                        "DELETE FROM past_readings WHERE series = ? AND time IN (SELECT time FROM "
                        "past_readings WHERE series = ? ORDER BY time LIMIT ?)",
                        row, row, most - erased)
                      .run();
    }
    forget_empty_series();
    return erased;
}

std::int64_t SqliteReadingArchive::purge(Time now, std::int64_t most) {
    const auto purged =
        Query(connection_,
              "DELETE FROM past_readings WHERE (series, time) IN (SELECT series, time FROM "
              "past_readings WHERE keep_until <= ? ORDER BY keep_until LIMIT ?)",
              now, most)
            .run();
    if (purged > 0) forget_empty_series();
    return purged;
}

// A name says who lives where.
void SqliteReadingArchive::forget_empty_series() {
    Query(connection_,
          "DELETE FROM past_series WHERE NOT EXISTS "
          "(SELECT 1 FROM past_readings WHERE series = past_series.id)")
        .run();
}

}  // namespace courant::detail
