#include "adapters/csv/source_settings.hpp"

#include <fmt/format.h>

#include <utility>

namespace courant::csv {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(trim(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

CellKind kind_from(const Settings& table) {
    const std::string kind = table.text_or_empty("kind");
    if (kind == "text") return CellKind::text;
    return kind == "boolean" ? CellKind::boolean : CellKind::number;
}

Series series_from(const Settings& table, bool long_file) {
    Series series{.column = table.text("column"),
                  .key = table.text_or_empty("key"),
                  .name = series_name(table, "name"),
                  .conversion = Conversion(table.text_or_empty("unit")),
                  .kind = kind_from(table),
                  .settings = table};
    if (long_file && series.key.empty())
        throw table.error("key",
                          "must be given, because key_column is: what that column holds in "
                          "the rows of this series");
    if (!long_file && !series.key.empty())
        throw table.error("key", "means something only together with key_column");
    return series;
}

std::optional<Zone> zone_from(const Settings& settings) {
    const std::string text = settings.text_or_empty("time_zone");
    if (text.empty()) return std::nullopt;
    const auto nonexistent =
        settings.text("nonexistent") == "shift" ? Nonexistent::shift : Nonexistent::refuse;
    auto ambiguous = Ambiguous::first;
    if (settings.text("ambiguous") == "second") ambiguous = Ambiguous::second;
    if (settings.text("ambiguous") == "sequence") ambiguous = Ambiguous::sequence;
    auto zone = Zone::find(text, nonexistent, ambiguous);
    if (!zone) throw settings.error("time_zone", zone.error());
    return *std::move(zone);
}

TimeFormat format_from(const Settings& settings) {
    auto format = TimeFormat::compile(settings.text("time_format"));
    if (!format) throw settings.error("time_format", format.error());
    return *std::move(format);
}

}  // namespace

char separator_from(const Settings& settings) {
    const std::string& text = settings.text("separator");
    if (text == "tab") return '\t';
    // What numbers and times consist of cannot stand between them.
    constexpr std::string_view unfit = "\"\n\r+-.:0123456789TZ";
    if (text.size() == 1 && unfit.find(text[0]) == std::string_view::npos) return text[0];
    throw settings.error("separator",
                         fmt::format("\"{}\" is none: one character that is no part of numbers and "
                                     "times, or tab",
                                     text));
}

char decimal_from(const Settings& settings) {
    const std::string& text = settings.text("decimal");
    if (text == "." || text == ",") return text[0];
    throw settings.error("decimal", fmt::format("\"{}\" is none: . or ,", text));
}

SourceSettings SourceSettings::from(const Settings& settings) {
    if (settings.text_or_empty("path").empty())
        throw settings.error("path", "must be given to read: a CSV file, or a folder of them");
    SourceSettings result;
    result.path = settings.text("path");
    result.pattern = settings.text("pattern");
    result.separator = separator_from(settings);
    result.decimal = decimal_from(settings);
    result.header = settings.flag("header") ? Header::present : Header::absent;
    result.columns = split(settings.text_or_empty("columns"), ',');
    result.skip_lines = settings.integer("skip_lines");
    result.time_column = settings.text("time_column");
    result.time_format = format_from(settings);
    result.zone = zone_from(settings);
    result.key_column = settings.text_or_empty("key_column");
    if (settings.text("unknown_key") == "refuse") result.unknown_key = UnknownKey::refuse;
    result.missing = split(settings.text_or_empty("missing"), '|');
    result.complete_after = settings.duration("complete_after");
    for (const Settings& table : settings.tables("series"))
        result.series.push_back(series_from(table, !result.key_column.empty()));
    if (result.series.empty())
        throw settings.error("series",
                             "must have at least one table: which column is which series");
    result.original = settings;
    return result;
}

}  // namespace courant::csv
