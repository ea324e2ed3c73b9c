// The past of a CSV file: what its rows say of one series between two times.
//
// A file holds its rows in any order, and a row may correct an earlier one, so a range is read by
// going through all rows and keeping the earliest that fit, each time once, the last row that
// speaks of it being right. What is kept is bounded; where there is more, the files are gone
// through once more from the next time on. Rows that cannot be used are passed over here: the
// source tells of them.
#pragma once

#include <string_view>

#include "adapters/csv/source_settings.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::csv {

/// A CSV file or folder as a history.
class CsvHistory : public History {
  public:
    /// Throws ConfigError where the settings make no sense.
    explicit CsvHistory(const Settings& settings);

    bool speaks(std::string_view series) const override;
    void read(const HistoryRange& range, const Call& call, const TakeHistory& take) override;

  private:
    SourceSettings settings_;
};

}  // namespace courant::csv
