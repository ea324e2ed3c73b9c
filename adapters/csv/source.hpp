// Reads a CSV file, or the files of a folder, and goes on where it stopped: in files that grow, in
// new files, in files that were renamed by a log rotation.
//
// Each pull looks at every file, in the order of their names, and reads until it has enough; the
// cursor (cursor.hpp) then says for each file how far. What the files hold decides, never when we
// looked: the same cursor brings the same readings as long as the files only grow. A file that was
// cut or overwritten is read again from its beginning and reported; the readings that come twice do
// no harm, since name and time tell them apart downstream.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/cursor.hpp"
#include "adapters/csv/source_settings.hpp"
#include "adapters/csv/translation.hpp"

namespace courant::csv {

/// A CSV file or folder as a source.
class CsvSource : public Source {
  public:
    /// Throws ConfigError where the settings make no sense; files are looked at in `pull` only.
    explicit CsvSource(const Settings& settings);
    /// The same with what was made of them.
    explicit CsvSource(SourceSettings settings) : settings_(std::move(settings)) {}

    Extraction pull(std::string_view cursor, const Call& call) override;

  private:
    struct Listed {
        std::filesystem::path path;
        std::string name;
        FileStatus status;
    };
    class Budget;
    std::vector<Listed> list() const;
    void read_all(const std::vector<Listed>& files, std::vector<FileProgress>& known,
                  Budget& budget, Extraction& out) const;
    void read_file(const File& file, FileProgress& progress, Budget& budget, Extraction& out) const;
    void read_rows(RowReader& rows, Translation& translation, FileProgress& progress,
                   Budget& budget) const;
    bool find_first_row(const File& file, Tail tail, Position& first,
                        std::vector<std::string>& header) const;

    SourceSettings settings_;
};

}  // namespace courant::csv
