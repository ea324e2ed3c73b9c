// The adapter `csv`: what it is called, what can be set, and how its source and its sink are made.
#include "adapters/csv/history.hpp"
#include "adapters/csv/sink.hpp"
#include "adapters/csv/source.hpp"

namespace courant {

namespace {

using Type = Property::Type;

constexpr Property series_properties[] = {
    {.name = "column",
     .need = Need::required,
     .help = "column of the values: its name, or #3 for the third"},
    {.name = "name", .need = Need::required, .help = "the series, app@server/subject@server/level"},
    {.name = "unit", .help = "unit as in the file (kW); converted to the primary SenML unit"},
    {.name = "key", .help = "long files: what key_column holds in the rows of this series"},
    {.name = "kind",
     .type = Type::choice,
     .fallback = "number",
     .help = "what the cells hold",
     .choices = "number|text|boolean"},
};

constexpr Property properties[] = {
    {.name = "path", .type = Type::path, .help = "source: a CSV file, or a folder of them"},
    {.name = "pattern", .fallback = "*.csv", .help = "source: which files of the folder"},
    {.name = "separator", .fallback = ",", .help = "between fields: one character, or tab"},
    {.name = "decimal",
     .type = Type::choice,
     .fallback = ".",
     .help = "decimal sign",
     .choices = ".|,"},
    {.name = "header",
     .type = Type::flag,
     .fallback = "true",
     .help = "source: the first line names the columns"},
    {.name = "columns",
     .help = "source: names of the columns where there is no header, separated by commas"},
    {.name = "skip_lines",
     .type = Type::integer,
     .fallback = "0",
     .help = "source: lines before the header to leave out"},
    {.name = "time_column",
     .fallback = "#1",
     .help = "source: column of the time: its name, or #1"},
    {.name = "time_format",
     .fallback = "iso8601",
     .help = "source: iso8601, unix, unix_ms, or a pattern like %d/%m/%Y %H:%M"},
    {.name = "time_zone",
     .help = "source: zone of times without offset: Europe/Paris, UTC, +10:00"},
    {.name = "nonexistent",
     .type = Type::choice,
     .fallback = "refuse",
     .help = "source: local times that the clocks skip",
     .choices = "refuse|shift"},
    {.name = "ambiguous",
     .type = Type::choice,
     .fallback = "first",
     .help = "source: local times that the clocks show twice",
     .choices = "first|second|sequence"},
    {.name = "key_column",
     .help = "source: the column that tells which series a row is of (long files)"},
    {.name = "unknown_key",
     .type = Type::choice,
     .fallback = "ignore",
     .help = "source: rows whose key no series has",
     .choices = "ignore|refuse"},
    {.name = "missing",
     .help = "source: cells that mean no value, besides empty ones, separated by |: NA|-"},
    {.name = "complete_after",
     .type = Type::duration,
     .fallback = "1h",
     .help = "source: a last line without line break is read when the file is that old"},
    {.name = "series",
     .type = Type::tables,
     .help = "source: which column is which series",
     .items = series_properties},
    {.name = "folder",
     .type = Type::path,
     .help = "sink: the folder to write into; made where it does not exist"},
    {.name = "layout",
     .type = Type::choice,
     .fallback = "series",
     .help = "sink: a file for each series, or one file with a column for each",
     .choices = "series|wide"},
    {.name = "wide_name",
     .fallback = "readings.csv",
     .help = "sink: name of the file of layout wide"},
    {.name = "formulas",
     .type = Type::choice,
     .fallback = "escape",
     .help = "sink: texts that a spreadsheet would run get a ' before them, or are kept",
     .choices = "escape|keep"},
};

}  // namespace

const Adapter& csv_adapter() {
    static constexpr Adapter adapter{
        .name = "csv",
        .version = "1",
        .summary = "CSV files: reads them as they grow, or writes readings into them",
        .properties = properties,
        .source = [](const Settings& settings) -> std::unique_ptr<Source> {
            return std::make_unique<csv::CsvSource>(settings);
        },
        .sink = [](const Settings& settings) -> std::unique_ptr<Sink> {
            return std::make_unique<csv::CsvSink>(settings);
        },
        .history = [](const Settings& settings) -> std::unique_ptr<History> {
            return std::make_unique<csv::CsvHistory>(settings);
        }};
    return adapter;
}

}  // namespace courant
