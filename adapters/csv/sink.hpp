// Writes readings into CSV files: a file for each series, or one wide file.
//
// A reading is known by its series and its time. Delivered again it changes nothing; delivered with
// another value it replaces the one that stands there, because the proxy offers a second value only
// where it is the better one. Verdicts are given when the file is synced. A file that cannot be
// written costs only its own series: they are offered again later.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "adapters/csv/row_format.hpp"
#include "adapters/csv/series_files.hpp"
#include "adapters/csv/wide_file.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::csv {

/// A folder of CSV files as a sink.
class CsvSink : public Sink {
  public:
    /// Throws ConfigError where the settings make no sense; the folder is made at the first
    /// delivery.
    explicit CsvSink(const Settings& settings);

    std::vector<Verdict> deliver(const senml::Pack& readings, const Call& call) override;
    /// In files of a series each. A wide file has rows that many series share: there, a person
    /// has to.
    std::optional<std::int64_t> erase(const ErasureWanted& wanted, const Call& call) override;

  private:
    /// Records that are written together, by their index, and what became of them.
    struct Work;
    void deliver_series(Work& work, SeriesFiles& files, const Call& call) const;
    void deliver_wide(Work& work, const WideFile& file) const;

    std::filesystem::path folder_;
    RowFormat format_;
    std::variant<SeriesFiles, WideFile> files_;
};

}  // namespace courant::csv
