// Cuts a CSV file into rows (RFC 4180), piece by piece, so that a file of any size needs the same
// memory.
//
// What RFC 4180 leaves open or the world does otherwise: lines end in LF or CRLF; a quote inside a
// field that does not begin with one is an ordinary character; empty lines are skipped. A quote
// that opens and never closes would swallow the rest of the file, so a row has a largest size, and
// a row that cannot be cut costs only its first line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/csv/file.hpp"

namespace courant::csv {

/// The most bytes one row may have, line breaks in quotes included.
inline constexpr std::size_t max_row_size = std::size_t{256} * 1024;

/// A place in a file: the byte, and the line as an editor counts it.
struct Position {
    std::uint64_t offset = 0;
    std::uint64_t line = 1;

    bool operator==(const Position&) const = default;
};

/// The fields of one row; they live as long as the text they were cut from and this object.
struct Fields {
    std::vector<std::string_view> values;
    std::deque<std::string> unescaped;

    void clear();
};

/// What a row is followed by when the text ends without a line break.
enum class Tail {
    open,    ///< more may come: the row is not finished
    closed,  ///< nothing will come: the end of the text ends the row
};

/// What cutting a row from the front of a text gave.
struct Cut {
    enum class Result { row, unfinished, malformed };
    Result result = Result::unfinished;
    /// Bytes of the row, its line break included.
    std::size_t size = 0;
    /// Bytes of the row without its line break.
    std::size_t content = 0;
    /// Line breaks within it and at its end.
    std::size_t lines = 0;
};

/// Cuts the first row off a text that is not empty.
Cut cut_row(std::string_view text, char separator, Tail tail, Fields& fields);

/// One row of a file.
struct Row {
    Fields fields;
    /// As it stands in the file, without the line break at its end.
    std::string_view raw;
    Position begin;
};

/// The rows of a file from a position on.
class RowReader {
  public:
    enum class Found {
        row,
        malformed,  ///< `raw` is a line that belongs to no row: a quote that does not close, or far
                    ///< too long
        nothing,    ///< the end, or a last row that is still being written
    };

    /// `file` must outlive the reader.
    RowReader(const File& file, char separator, Position begin, Tail tail);

    /// The next row; it is valid until the next call.
    Found next(Row& row);
    /// Goes back: of the row found last only the first line counts as read. `row.raw` is cut down
    /// to it.
    void give_back_all_but_first_line(Row& row);
    /// Reads over this many lines, whatever is in them; false where the file has not so many.
    bool skip_lines(std::int64_t count);
    /// Where the next row begins.
    Position position() const { return position_; }

  private:
    bool fill();
    bool skip_empty_lines();
    Found take_line_as_malformed(Row& row);
    void advance(std::size_t bytes, std::size_t lines);
    std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }

    const File& file_;
    char separator_;
    Tail tail_;
    Position position_;
    std::string buffer_;
    std::size_t begin_ = 0;  ///< where in buffer_ position_ is
};

}  // namespace courant::csv
