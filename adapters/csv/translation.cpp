#include "adapters/csv/translation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace courant::csv {

namespace {

// What a dead letter keeps of a line.
constexpr std::size_t max_payload = 4096;

std::string column_list(const std::vector<std::string>& header) {
    std::string out;
    for (std::size_t i = 0; i < header.size(); ++i)
        out += fmt::format("{}#{} \"{}\"", i == 0 ? "" : ", ", i + 1, header[i]);
    return out;
}

}  // namespace

Translation::Translation(const SourceSettings& settings, const std::string& file_name,
                         std::vector<std::string> header, Extraction& out)
    : settings_(settings),
      file_name_(file_name),
      header_(std::move(header)),
      width_(header_.size()),
      out_(out) {
    time_column_ = column_index(settings.time_column, settings.original, "time_column");
    if (!settings.key_column.empty())
        key_column_ = column_index(settings.key_column, settings.original, "key_column");
    for (const Series& series : settings.series) {
        Target target;
        target.series = &series;
        target.column = column_index(series.column, series.settings, "column");
        targets_[series.key].push_back(target);
    }
    if (!header_.empty()) return;
    width_ = std::max(time_column_, key_column_.value_or(0)) + 1;
    for (const auto& [key, targets] : targets_)
        for (const Target& target : targets) width_ = std::max(width_, target.column + 1);
}

std::size_t Translation::column_index(const std::string& reference, const Settings& place,
                                      std::string_view property) const {
    if (!reference.starts_with('#')) return named_column(reference, place, property);
    std::size_t number = 0;
    const char* const end = reference.data() + reference.size();
    const auto result = std::from_chars(reference.data() + 1, end, number);
    if (result.ec != std::errc{} || result.ptr != end || number == 0)
        throw place.error(property,
                          fmt::format("\"{}\" is no column number: #1 is the first", reference));
    if (!header_.empty() && number > header_.size())
        throw place.error(property, fmt::format("{} has no column {}; its columns: {}", file_name_,
                                                reference, column_list(header_)));
    return number - 1;
}

std::size_t Translation::named_column(const std::string& name, const Settings& place,
                                      std::string_view property) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end())
        throw place.error(
            property,
            header_.empty()
                ? fmt::format("without a header columns have numbers: #1, not \"{}\"; or name "
                              "them with `columns`",
                              name)
                : fmt::format("{} has no column \"{}\"; its columns: {}", file_name_, name,
                              column_list(header_)));
    if (std::find(found + 1, header_.end(), name) != header_.end())
        throw place.error(property,
                          fmt::format("{} has two columns \"{}\"; say which by its number: {}",
                                      file_name_, name, column_list(header_)));
    return static_cast<std::size_t>(found - header_.begin());
}

bool Translation::fits(const Row& row) const {
    const auto& values = row.fields.values;
    if (values.size() < width_ || has_lines_in_a_value(row)) return false;
    if (header_.empty()) return true;
    return std::all_of(values.begin() + static_cast<std::ptrdiff_t>(width_), values.end(),
                       [](std::string_view surplus) { return trim(surplus).empty(); });
}

bool Translation::has_lines_in_a_value(const Row& row) const {
    if (row.raw.find('\n') == std::string_view::npos) return false;
    const auto broken = [&](std::size_t column) {
        return row.fields.values[column].find('\n') != std::string_view::npos;
    };
    if (broken(time_column_) || (key_column_ && broken(*key_column_))) return true;
    for (const auto& [key, targets] : targets_)
        for (const Target& target : targets)
            if (target.series->kind != CellKind::text && broken(target.column)) return true;
    return false;
}

std::string Translation::misfit(const Row& row) const {
    if (row.fields.values.size() >= width_ && has_lines_in_a_value(row))
        return "a quote joins it with the lines after it";
    return fmt::format(
        "{} fields where {} are expected. Is the separator right, or a field with a "
        "separator in it not quoted?",
        row.fields.values.size(), width_);
}

void Translation::refuse(const Row& row, std::string reason) {
    out_.refused.push_back({.where = fmt::format("{}:{}", file_name_, row.begin.line),
                            .reason = std::move(reason),
                            .payload = std::string(row.raw.substr(0, max_payload))});
}

void Translation::translate(const Row& row, Passes& passes) {
    if (is_header(row)) return;
    const std::string_view key = key_column_ ? trim(row.fields.values[*key_column_]) : "";
    auto* targets = targets_of(row, key);
    if (targets == nullptr) return;
    const auto time = time_of(row, key, passes);
    if (!time) return;
    for (Target& target : *targets) add_cell(row, target, *time);
}

std::vector<Translation::Target>* Translation::targets_of(const Row& row, std::string_view key) {
    const auto found = targets_.find(key);
    if (found != targets_.end()) return &found->second;
    if (settings_.unknown_key == UnknownKey::refuse)
        refuse(row, fmt::format("no series has the key \"{}\"", key));
    return nullptr;
}

std::optional<senml::Time> Translation::time_of(const Row& row, std::string_view key,
                                                Passes& passes) {
    const auto stamp = settings_.time_format.read(row.fields.values[time_column_]);
    if (!stamp) {
        refuse(row, stamp.error());
        return std::nullopt;
    }
    if (stamp->offset) return stamp->clock - *stamp->offset;
    if (!settings_.zone)
        throw settings_.original.error(
            "time_zone",
            fmt::format("must be given, because the time in {}:{} has no offset: an IANA name "
                        "like Europe/Paris, UTC, or an offset like +10:00",
                        file_name_, row.begin.line));
    std::optional<Pass> pass;
    const auto remembered = passes.find(key);
    if (remembered != passes.end()) pass = remembered->second;
    const auto time = settings_.zone->to_utc(stamp->clock, pass);
    if (pass)
        passes.insert_or_assign(std::string(key), *pass);
    else if (remembered != passes.end())
        passes.erase(remembered);
    if (time) return *time;
    refuse(row, time.error());
    return std::nullopt;
}

void Translation::add_cell(const Row& row, Target& target, senml::Time time) {
    const std::string_view cell = row.fields.values[target.column];
    if (is_missing(trim(cell))) return;
    if (!target.name) {
        target.name = out_.readings.intern_name(target.series->name);
        const std::string& unit = target.series->conversion.unit();
        if (!unit.empty()) target.unit = out_.readings.intern_unit(unit);
    }
    switch (target.series->kind) {
        case CellKind::number:
            return add_number(row, target, time, trim(cell));
        case CellKind::boolean:
            return add_boolean(row, target, time, trim(cell));
        case CellKind::text:
            return out_.readings.add_text(*target.name, target.unit, time, cell);
    }
}

void Translation::add_number(const Row& row, const Target& target, senml::Time time,
                             std::string_view cell) {
    number_ = cell;
    if (settings_.decimal == ',') {
        // "1.234,5" has a thousands separator, and "1.234" may have one: no guessing.
        if (number_.find('.') != std::string::npos)
            return refuse_cell(row, target, "has a point, and the decimal sign is a comma");
        std::replace(number_.begin(), number_.end(), ',', '.');
    }
    const auto value = target.series->conversion.read(number_);
    if (!value) return refuse_cell(row, target, "is no number");
    out_.readings.add(*target.name, target.unit, time, *value);
}

void Translation::add_boolean(const Row& row, const Target& target, senml::Time time,
                              std::string_view cell) {
    const bool yes = cell == "true" || cell == "TRUE" || cell == "1";
    if (!yes && cell != "false" && cell != "FALSE" && cell != "0")
        return refuse_cell(row, target, "is neither true nor false");
    out_.readings.add_boolean(*target.name, target.unit, time, yes);
}

void Translation::refuse_cell(const Row& row, const Target& target, std::string_view what) {
    const std::string column =
        header_.empty() ? fmt::format("#{}", target.column + 1) : header_[target.column];
    refuse(row, fmt::format("column {}: \"{}\" {}", column,
                            trim(row.fields.values[target.column]).substr(0, 100), what));
}

bool Translation::is_missing(std::string_view cell) const {
    return cell.empty() || std::find(settings_.missing.begin(), settings_.missing.end(), cell) !=
                               settings_.missing.end();
}

bool Translation::is_header(const Row& row) const {
    if (settings_.header == Header::absent || row.fields.values.size() < header_.size())
        return false;
    for (std::size_t i = 0; i < header_.size(); ++i)
        if (trim(row.fields.values[i]) != header_[i]) return false;
    return true;
}

}  // namespace courant::csv
