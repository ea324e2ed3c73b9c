// Layout `wide`: one file, one row for each time, one column for each series and unit.
//
// Every delivery writes the file anew beside itself and puts it in place in one step, so a reader
// always finds a whole file. That costs as much as the file is long: for a spreadsheet's worth of
// data, not for an archive. Memory stays small, the old file is streamed through. A new series
// becomes a new last column; where nothing changes, nothing is written.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "adapters/csv/lines.hpp"
#include "adapters/csv/row_format.hpp"

namespace courant::csv {

/// New cells: by time, then by the head of their column, all spelled as they will stand in the
/// file.
using WideCells = std::map<senml::Time, std::map<std::string, std::string>>;

/// The file of layout `wide`.
class WideFile {
  public:
    WideFile(std::filesystem::path path, const RowFormat& format);

    /// Brings cells into the file; they are safe there when this returns. Throws Error and leaves
    /// the file as it was where that cannot be.
    void write(const WideCells& cells) const;

  private:
    std::vector<std::string> heads(std::optional<std::string_view> header_line) const;
    std::string changed_row(std::string_view row, const std::map<std::string, std::string>& cells,
                            const std::vector<std::string>& heads) const;

    std::filesystem::path path_;
    RowFormat format_;
};

}  // namespace courant::csv
