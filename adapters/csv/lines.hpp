// The lines of the sink's own files, which begin with a time and ascend: read one after another,
// looked up without reading the file, written in large pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/csv/file.hpp"
#include "senml/time.hpp"

namespace courant::csv {

/// A line to write: its time, and the whole of it without line break.
struct Line {
    senml::Time time;
    std::string text;
};

/// The time of a line of ours; throws Error where it has none, since a file that is not ours must
/// not be changed.
senml::Time time_of_line(const File& file, std::string_view line, char separator);

/// Where the line that holds the byte before `at` begins; not before `first`.
std::uint64_t line_begin(const File& file, std::uint64_t first, std::uint64_t at);

/// The line that begins there, without its break; empty at the end.
std::string line_at(const File& file, std::uint64_t begin);

/// Where the first line begins, between the line beginnings `first` and `end`, whose time is not
/// before `time`.
std::uint64_t first_line_from(const File& file, std::uint64_t first, std::uint64_t end,
                              senml::Time time, char separator);

/// Reads lines in order. The file must outlive it.
class LineReader {
  public:
    LineReader(const File& file, std::uint64_t begin) : file_(file), offset_(begin) {}

    /// The next whole line without its break, valid until the next call; nothing at the end.
    std::optional<std::string_view> next();

  private:
    const File& file_;
    std::uint64_t offset_;  ///< of what follows buffer_
    std::string buffer_;
    std::size_t begin_ = 0;
};

/// Writes lines after one another; `finish` writes what is left. The file must outlive it.
class LineWriter {
  public:
    explicit LineWriter(const File& file) : file_(file) {}

    /// Appends a line and its break.
    void add(std::string_view line);
    /// Appends the first `size` bytes of another file.
    void copy(const File& from, std::uint64_t size);
    /// Returns once everything is on the disk.
    void finish();

  private:
    void flush();

    const File& file_;
    std::uint64_t offset_ = 0;
    std::string buffer_;
};

/// A temporary file beside the one it will replace; removed if it was not put in place.
class Replacement {
  public:
    explicit Replacement(const std::filesystem::path& target);
    ~Replacement();
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    const File& file() const { return file_; }
    /// Puts it in place; its content must be on the disk.
    void commit();

  private:
    std::filesystem::path target_;
    std::filesystem::path path_;
    File file_;
};

/// Makes a folder and those above it, durably.
void make_folder(const std::filesystem::path& folder);

}  // namespace courant::csv
