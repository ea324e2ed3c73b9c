// Readings of one series written for people and programs: CSV, SenML JSON lines, or a SenML pack.
//
//     ReadingFile file("year.csv", ReadingFormat::csv, series);
//     if (auto last = file.last()) from = *last + 1ns;     // goes on where an earlier run was cut
//     file.add(readings);
//
// After each add() the file is whole: what a run that is cut leaves behind can be used, and be gone
// on with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/error.hpp"
#include "senml/pack.hpp"

namespace courant::cli {

/// How readings are written.
enum class ReadingFormat {
    csv,     ///< time,value,unit, as the adapter csv writes them
    ndjson,  ///< one SenML record in JSON per line, each whole in itself
    senml,   ///< one SenML pack in JSON, a record per line
};

/// "csv", "ndjson" or "senml".
std::optional<ReadingFormat> reading_format_from(std::string_view word);

/// Readings as text. Throws Error where one has no image in the format.
std::string text_of(const senml::Pack& readings, std::size_t index, ReadingFormat format);

/// What stands around the records of a format.
struct ReadingFrame {
    std::string_view head, between, after, tail;
    static ReadingFrame of(ReadingFormat format);
};

/// Readings of one series in a file.
class ReadingFile {
  public:
    /// Begins the file, or goes on with it; throws Error where it holds something else.
    ReadingFile(const std::filesystem::path& path, ReadingFormat format, std::string_view series);

    /// The time of the last reading in it.
    const std::optional<senml::Time>& last() const { return last_; }
    /// Appends, and returns once the system has it.
    void add(const senml::Pack& readings);

  private:
    std::uint64_t end_of_records(std::string_view series);
    std::optional<senml::Time> time_of(std::string line, std::string_view series) const;
    Error foreign(std::string_view what) const;

    std::filesystem::path path_;
    ReadingFormat format_;
    ReadingFrame frame_;
    std::optional<senml::Time> last_;
    std::uint64_t end_ = 0;  ///< of the last record
    std::fstream file_;
};

/// Readings on a stream, from beginning to end.
class ReadingStream {
  public:
    ReadingStream(std::ostream& out, ReadingFormat format);
    void add(const senml::Pack& readings);
    /// Closes what was opened.
    void finish();

  private:
    std::ostream& out_;
    ReadingFormat format_;
    ReadingFrame frame_;
    bool first_ = true;
};

}  // namespace courant::cli
