#include "proxy-core/mailbox/detail/postgres_past.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/mailbox/detail/past_row.hpp"
#include "senml/number.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

// Readings of one series and unit that go in one statement: arrays as PostgreSQL writes them. Later
// readings of one time take the place of earlier ones, which one statement could not do.
struct Batch {
    std::map<std::int64_t, double> numbers;

    std::string times() const {
        std::string array = "{";
        for (const auto& [time, number] : numbers)
            array.append(array.size() > 1 ? "," : "").append(std::to_string(time));
        return array + "}";
    }
    std::string values() const {
        std::string array = "{";
        for (const auto& [time, number] : numbers) {
            if (array.size() > 1) array += ',';
            senml::append_number(array, number);
        }
        return array + "}";
    }
};

}  // namespace

// Made where it is not there yet.
std::int64_t PostgresReadingArchive::row_of(std::string_view series) {
    Query(connection_, "INSERT INTO past_series (name) VALUES ($1) ON CONFLICT DO NOTHING", series);
    Query query(connection_, "SELECT id FROM past_series WHERE name = $1", series);
    return query.step() ? query.integer(0) : 0;
}

void PostgresReadingArchive::keep(const senml::Pack& readings, Quality quality, Time until) {
    std::vector<std::int64_t> rows(readings.name_count(), 0);
    std::map<std::pair<std::int64_t, std::optional<std::string>>, Batch> batches;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const senml::Record& record = readings[i];
        const auto value = past_value(readings, i);
        if (!value) continue;
        std::int64_t& row = rows[static_cast<std::size_t>(record.name)];
        if (row == 0) row = row_of(readings.name(record.name));
        const auto unit = past_unit(readings, record);
        if (value->number) {
            batches[{row, unit}].numbers[record.time.time_since_epoch().count()] = *value->number;
            continue;
        }
        Query(
            connection_,
            "INSERT INTO past_readings AS known (series, time, quality, keep_until, unit, record) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (series, time) DO UPDATE SET "
            "quality = excluded.quality, keep_until = excluded.keep_until, "
            "unit = excluded.unit, number = NULL, record = excluded.record "
            "WHERE excluded.quality >= known.quality",
            row, record.time, static_cast<std::int64_t>(quality), until, unit,
            PostgresBytes{*value->record});
    }
    for (const auto& [place, batch] : batches)
        Query(
            connection_,
            "INSERT INTO past_readings AS known (series, time, quality, keep_until, unit, number) "
            "SELECT $1, t.time, $2, $3, $4, t.number "
            "FROM unnest($5::bigint[], $6::double precision[]) AS t (time, number) "
            "ON CONFLICT (series, time) DO UPDATE SET quality = excluded.quality, "
            "keep_until = excluded.keep_until, unit = excluded.unit, "
            "number = excluded.number, record = NULL WHERE excluded.quality >= known.quality",
            place.first, static_cast<std::int64_t>(quality), until, place.second, batch.times(),
            batch.values());
}

KeptPage PostgresReadingArchive::read(std::string_view series, Time from, Time to,
                                      std::int64_t most) {
    KeptPage page;
    Query query(connection_,
                "SELECT time, quality, keep_until, unit, number, record FROM past_readings "
                "WHERE series = (SELECT id FROM past_series WHERE name = $1) "
                "AND time >= $2 AND time < $3 ORDER BY time LIMIT $4",
                series, from, to, most);
    const auto name = page.readings.intern_name(series);
    while (query.step()) {
        const auto unit = query.maybe_text(3);
        const auto number = query.maybe_number(4);
        if (number)
            page.readings.add(name, unit ? page.readings.intern_unit(*unit) : senml::no_unit,
                              query.time(0), *number);
        else if (!add_past_record(page.readings, query.bytes(5)))
            throw StoreError("a kept reading cannot be read: the store is damaged", Retry::useless);
        page.known.push_back(
            {.quality = static_cast<Quality>(query.integer(1)), .keep_until = query.time(2)});
    }
    return page;
}

std::vector<KeptSeries> PostgresReadingArchive::series() {
    std::vector<KeptSeries> all;
    Query query(connection_,
                "SELECT s.name, count(*), min(r.time), max(r.time) FROM past_series s "
                "JOIN past_readings r ON r.series = s.id GROUP BY s.name ORDER BY s.name");
    while (query.step())
        all.push_back({query.text(0), query.integer(1), query.time(2), query.time(3)});
    return all;
}

std::int64_t PostgresReadingArchive::count() {
    Query query(connection_, "SELECT count(*) FROM past_readings");
    return query.step() ? query.integer(0) : 0;
}

std::int64_t PostgresReadingArchive::erase(std::string_view pattern, std::int64_t most) {
    std::vector<std::int64_t> rows;
    Query query(connection_, "SELECT id, name FROM past_series ORDER BY id");
    while (query.step())
        if (series_matches(pattern, named_series(query.text(1)).name))
            rows.push_back(query.integer(0));
    std::int64_t erased = 0;
    for (const auto row : rows) {
        if (erased >= most) return erased;
        erased += Query(connection_,
                        "DELETE FROM past_readings WHERE series = $1 AND time IN (SELECT time FROM "
                        "past_readings WHERE series = $1 ORDER BY time LIMIT $2)",
                        row, most - erased)
                      .changed();
    }
    forget_empty_series();
    return erased;
}

std::int64_t PostgresReadingArchive::purge(Time now, std::int64_t most) {
    const auto purged =
        Query(connection_,
              "DELETE FROM past_readings WHERE (series, time) IN (SELECT series, time FROM "
              "past_readings WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2)",
              now, most)
            .changed();
    if (purged > 0) forget_empty_series();
    return purged;
}

// A name says who lives where. One that another worker is using right now stays until next time.
void PostgresReadingArchive::forget_empty_series() {
    Query(connection_,
          "DELETE FROM past_series WHERE id IN (SELECT id FROM past_series s WHERE NOT EXISTS "
          "(SELECT 1 FROM past_readings WHERE series = s.id) FOR UPDATE SKIP LOCKED)");
}

}  // namespace courant::detail
