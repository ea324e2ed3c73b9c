// What the tests of the CSV adapter share: a folder, files in it, sources and sinks over them.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "proxy-core/adapter.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/adapters/csv/described_settings.hpp"

namespace courant {
const Adapter& csv_adapter();
}

namespace courant::test {

inline const std::string power = "town@lorient.example/school@lorient.example/power";
inline const std::string power_senml = "town:lorient.example/school:lorient.example/power";

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline void append_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

inline std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// One table of `series`.
inline Settings series_table(const Given& given) {
    return described(table_properties(csv_adapter().properties, "series"), given);
}

/// A source that reads the column `power`, unless other series are given.
inline std::unique_ptr<Source> csv_source(const std::filesystem::path& path, Given given = {},
                                          std::vector<Settings> series = {}) {
    if (series.empty())
        series.push_back(series_table({{"column", "power"}, {"name", power}, {"unit", "W"}}));
    given.emplace_back("path", path.string());
    given.emplace_back("series", std::move(series));
    return csv_adapter().source(described(csv_adapter().properties, given));
}

/// The history of the same.
inline std::unique_ptr<History> csv_history(const std::filesystem::path& path) {
    const std::vector<Settings> series{
        series_table({{"column", "power"}, {"name", power}, {"unit", "W"}})};
    return csv_adapter().history(
        described(csv_adapter().properties, {{"path", path.string()}, {"series", series}}));
}

inline std::unique_ptr<Sink> csv_sink(const std::filesystem::path& folder, Given given = {}) {
    given.emplace_back("folder", folder.string());
    return csv_adapter().sink(described(csv_adapter().properties, given));
}

/// A call with plenty of time, just after whatever was written to the disk.
inline Call call_now() {
    return {.now = senml::Time{std::chrono::system_clock::now()},
            .deadline = std::chrono::steady_clock::now() + std::chrono::hours{1},
            .stop = {},
            .max_readings = 10'000};
}

/// One line for each reading: "time name unit value".
inline std::vector<std::string> told(const senml::Pack& pack) {
    std::vector<std::string> lines;
    for (const senml::Record& record : pack.records()) {
        std::string line = std::to_string(record.time.time_since_epoch().count() / 1'000'000'000);
        const auto name = pack.name(record.name);
        line += ' ' + std::string(name.substr(name.rfind('/') + 1)) + ' ' +
                std::string(pack.unit(record.unit)) + ' ';
        if (record.kind == senml::Kind::number) line += std::to_string(record.number);
        if (record.kind == senml::Kind::text) line += '"' + std::string(pack.text(record)) + '"';
        if (record.kind == senml::Kind::boolean) line += record.boolean ? "true" : "false";
        lines.push_back(line);
    }
    return lines;
}

/// Only the values of the readings, which must be numbers.
inline std::vector<double> values(const senml::Pack& pack) {
    std::vector<double> found;
    for (const senml::Record& record : pack.records()) found.push_back(record.number);
    return found;
}

}  // namespace courant::test
