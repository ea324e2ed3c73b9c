// How the sink writes times, values, texts and units.
//
// Numbers and booleans are never quoted, texts always are, so that the text "12" and the number 12
// stay different. A cell that begins with = + - @ or a tab is run as a formula by spreadsheets,
// quoted or not, and texts and units come from peers: by default such a cell gets a ' before it,
// which spreadsheets take as "this is text". One row is one line: texts with line breaks or other
// control characters are refused, because what follows lines (tail, grep, our own recovery) would
// misread them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proxy-core/adapter.hpp"
#include "senml/pack.hpp"

namespace courant::csv {

/// Whether cells that a spreadsheet would run are made harmless.
enum class Formulas { escape, keep };

/// The spelling of cells.
class RowFormat {
  public:
    explicit RowFormat(const Settings& settings);

    char separator() const { return separator_; }
    /// The cell of a record's value; why there is none.
    tl::expected<std::string, std::string> value(const senml::Pack& pack,
                                                 const senml::Record& record) const;
    /// A unit or a name as a cell, quoted only where it must be; why there is none.
    tl::expected<std::string, std::string> label(std::string_view text) const;
    /// Cells in a row, without line break.
    std::string row(const std::vector<std::string>& cells) const;
    /// The cells of such a row as they stand there, quotes included.
    std::vector<std::string_view> cells(std::string_view row) const;

  private:
    tl::expected<std::string, std::string> harmless(std::string_view text) const;
    std::string number(double value) const;

    char separator_;
    char decimal_;
    Formulas formulas_;
};

/// The time that a row written by this adapter begins with; nothing where it does not.
std::optional<senml::Time> time_of_row(std::string_view row, char separator);

}  // namespace courant::csv
