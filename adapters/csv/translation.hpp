// From the rows of one file to readings: which column is which series, and what in a row cannot be
// used.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/csv/cursor.hpp"
#include "adapters/csv/rows.hpp"
#include "adapters/csv/source_settings.hpp"

namespace courant::csv {

/// The translation of one file's rows; lives for one pull.
class Translation {
  public:
    /// Finds the columns. `header` holds the names of the columns, from the file or from the
    /// settings; without names columns are told by number only. Throws ConfigError where a column
    /// is missing. `settings` and `out` must outlive this.
    Translation(const SourceSettings& settings, const std::string& file_name,
                std::vector<std::string> header, Extraction& out);

    /// Whether the row has the shape of the file: not too few fields, nothing but emptiness in
    /// surplus ones, and no line break in what should be a number or a time.
    bool fits(const Row& row) const;
    /// Why a row does not fit.
    std::string misfit(const Row& row) const;
    /// Adds the readings of a row that fits, and what in it had to be refused. A header that is
    /// repeated is skipped.
    void translate(const Row& row, Passes& passes);
    /// Sets a line aside.
    void refuse(const Row& row, std::string reason);

  private:
    struct Target {
        const Series* series = nullptr;
        std::size_t column = 0;
        std::optional<senml::NameId> name;
        senml::UnitId unit = senml::no_unit;
    };
    std::size_t column_index(const std::string& reference, const Settings& place,
                             std::string_view property) const;
    std::size_t named_column(const std::string& name, const Settings& place,
                             std::string_view property) const;
    bool has_lines_in_a_value(const Row& row) const;
    std::vector<Target>* targets_of(const Row& row, std::string_view key);
    std::optional<senml::Time> time_of(const Row& row, std::string_view key, Passes& passes);
    void add_cell(const Row& row, Target& target, senml::Time time);
    void add_number(const Row& row, const Target& target, senml::Time time, std::string_view cell);
    void add_boolean(const Row& row, const Target& target, senml::Time time, std::string_view cell);
    void refuse_cell(const Row& row, const Target& target, std::string_view what);
    bool is_missing(std::string_view cell) const;
    bool is_header(const Row& row) const;

    const SourceSettings& settings_;
    std::string file_name_;
    std::vector<std::string> header_;
    std::size_t width_ = 0;
    std::size_t time_column_ = 0;
    std::optional<std::size_t> key_column_;
    /// By key; in a wide file all under "".
    std::map<std::string, std::vector<Target>, std::less<>> targets_;
    Extraction& out_;
    std::string number_;  ///< scratch
};

}  // namespace courant::csv
