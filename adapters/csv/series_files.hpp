// Layout `series`: one file for each series, `time,value,unit`, one line for each time, ascending.
//
// Because the lines ascend, everything follows from little reading:
//   what is newer than the last line is appended, in one write, and synced;
//   what is not newer is looked up by binary search; if it stands there already (the same pack
//   again after a crash), nothing happens; if it is missing or differs (late data, a correction),
//   the file is written anew beside itself and put in place in one step.
// A crash in the middle of an append leaves at most a last line without line break. It was never
// acknowledged, so the next opening cuts it off, and the pack comes again. A reader therefore finds
// whole lines, and for a moment perhaps a last one without line break, which readers of growing
// files must wait for anyway.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/lines.hpp"

namespace courant::csv {

/// The files of all series below a folder.
class SeriesFiles {
  public:
    /// `header` is the first line of every file.
    SeriesFiles(std::filesystem::path folder, std::string header, char separator);

    /// Brings lines into the file of that relative path: ascending, one for each time. They are
    /// safe there when this returns; throws Error and leaves the file as it was where that cannot
    /// be.
    void write(const std::filesystem::path& file_name, const std::vector<Line>& lines);

    /// Takes the lines from `from` on and before `to` out of a file, and the file away where none
    /// is left; how many lines that were. None where there is no such file.
    std::int64_t erase(const std::filesystem::path& file_name, senml::Time from, senml::Time to);

  private:
    struct End {
        std::uint64_t inode = 0;
        std::uint64_t size = 0;
        std::optional<senml::Time> last;
    };
    End examine(const File& file, const std::filesystem::path& file_name) const;
    End recover(const File& file, std::uint64_t size) const;
    bool has(const File& file, std::uint64_t from, const std::vector<Line>& lines,
             senml::Time last) const;
    void append(const File& file, End& end, const Line* begin, const Line* last) const;
    void rewrite(const File& file, std::uint64_t from, const std::vector<Line>& lines) const;

    std::filesystem::path folder_;
    std::string header_;
    char separator_;
    /// Where files end, so that appending needs no reading; checked against the file each time.
    std::map<std::filesystem::path, End> ends_;
};

}  // namespace courant::csv
