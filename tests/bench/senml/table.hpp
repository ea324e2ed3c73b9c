// What came out, as a table for people, and what it says about the goals.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tests/bench/senml/measure.hpp"

namespace courant::bench {

enum class Discipline { parse, encode };
enum class Style { plain, markdown };

/// The sizes of packs, one column each.
inline constexpr std::array<std::size_t, 4> sizes = {1, 10, 500, 10'000};
/// The column that ratios, allocations and most goals are about.
inline constexpr std::size_t middle = 2;

struct Row {
    std::string name;
    Part part = Part::other;
    std::array<Measured, sizes.size()> cells;

    double nanoseconds(std::size_t column) const { return cells[column].nanoseconds; }
    /// Million records per second.
    double rate(std::size_t column) const {
        return static_cast<double>(sizes[column]) * 1e3 / nanoseconds(column);
    }
};

/// The rows of one discipline, format and kind of value.
struct Section {
    Discipline discipline{};
    senml::Format format{};
    Digits digits{};
    std::vector<Row> rows;

    std::string title() const;
    /// The row of that part, or nothing.
    const Row* find(Part part) const;
};

/// The sections of one discipline as one table.
std::string table(Discipline discipline, const std::vector<Section>& sections, Style style);

/// One line per goal, reached or missed, from the same run.
std::string goals(const std::vector<Section>& sections, Style style);

/// How steady the machine was.
std::string noise(const std::vector<Section>& sections);

}  // namespace courant::bench
