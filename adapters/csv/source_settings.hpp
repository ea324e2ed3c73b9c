// What the administrator said about a CSV file to read, checked and typed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/conversion.hpp"
#include "adapters/csv/time_format.hpp"
#include "adapters/csv/zone.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::csv {

/// What the cells of a series hold.
enum class CellKind { number, text, boolean };

/// Whether the file's first line names its columns.
enum class Header { present, absent };

/// What a row means whose key no series has.
enum class UnknownKey { ignore, refuse };

/// One series to read.
struct Series {
    /// The column of its values: a name, or `#3` for the third.
    std::string column;
    /// In a long file, what the key column holds in its rows.
    std::string key;
    /// SenML spelling.
    std::string name;
    Conversion conversion;
    CellKind kind = CellKind::number;
    /// The table it was read from, for errors.
    Settings settings;
};

/// All settings of a CSV source.
struct SourceSettings {
    std::filesystem::path path;
    std::string pattern;
    char separator = ',';
    char decimal = '.';
    Header header = Header::present;
    /// The names of the columns where the file does not have them.
    std::vector<std::string> columns;
    std::int64_t skip_lines = 0;
    std::string time_column;
    TimeFormat time_format;
    /// Unset: every time must carry its offset.
    std::optional<Zone> zone;
    /// The column that says which series a row is of; empty in a wide file.
    std::string key_column;
    UnknownKey unknown_key = UnknownKey::ignore;
    /// Cells that mean "no value", besides empty ones.
    std::vector<std::string> missing;
    /// How long an unfinished last line waits.
    std::chrono::nanoseconds complete_after{0};
    std::vector<Series> series;
    /// As they were given, for errors.
    Settings original;

    /// Throws ConfigError where they make no sense.
    static SourceSettings from(const Settings& settings);
};

/// The character between fields: one character or the word `tab`.
char separator_from(const Settings& settings);
/// The decimal point or comma.
char decimal_from(const Settings& settings);

}  // namespace courant::csv
