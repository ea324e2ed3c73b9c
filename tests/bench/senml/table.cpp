#include "tests/bench/senml/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace courant::bench {

namespace {

constexpr std::size_t name_width = 42;
constexpr std::size_t cell_width = 12;

using Cells = std::array<std::string, 6>;

std::string_view word(senml::Format format) {
    switch (format) {
        case senml::Format::json:
            return "JSON";
        case senml::Format::xml:
            return "XML";
        case senml::Format::cbor:
            break;
    }
    return "CBOR";
}

/// Three digits that count, no exponent.
std::string three_digits(double value) {
    return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

Cells cells(const Row& row, const Row* ours) {
    return {
        three_digits(row.nanoseconds(0)),
        three_digits(row.nanoseconds(1)),
        three_digits(row.rate(2)),
        three_digits(row.rate(3)),
        ours == nullptr ? "-" : three_digits(row.nanoseconds(middle) / ours->nanoseconds(middle)),
        fmt::format("{:.0f}", row.cells[middle].allocations)};
}

std::string line(Style style, std::string_view name, const Cells& cells) {
    std::string out;
    if (style == Style::markdown) {
        out = fmt::format("| {} |", name);
        for (const auto& cell : cells) out += fmt::format(" {} |", cell);
    } else {
        out = fmt::format("{:<{}}", name, name_width);
        for (const auto& cell : cells) out += fmt::format("{:>{}}", cell, cell_width);
    }
    return out + '\n';
}

std::string head(Style style, std::string_view discipline) {
    if (style == Style::markdown) {
        return line(style, discipline,
                    {"1: ns/pack", "10: ns/pack", "500: M records/s", "10 000: M records/s",
                     "Courant is x faster", "allocations per pack"}) +
               "|---|--:|--:|--:|--:|--:|--:|\n";
    }
    return line(style, "",
                {"1 record", "10 records", "500", "10 000", "Courant is", "allocations"}) +
           line(style, discipline,
                {"ns/pack", "ns/pack", "M records/s", "M records/s", "x faster", "per pack"}) +
           std::string(name_width + 6 * cell_width, '-') + '\n';
}

}  // namespace

std::string Section::title() const {
    return fmt::format("{}, {}", word(format),
                       digits == Digits::integers ? "integers" : "3 decimals");
}

const Row* Section::find(Part part) const {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.part == part; });
    return row == rows.end() ? nullptr : &*row;
}

std::string table(Discipline discipline, const std::vector<Section>& sections, Style style) {
    std::string out =
        head(style, discipline == Discipline::parse ? "parse and resolve" : "factor and encode");
    for (const Section& section : sections) {
        if (section.discipline != discipline) continue;
        out += style == Style::markdown ? line(style, "**" + section.title() + "**", {})
                                        : section.title() + '\n';
        const Row* ours = section.find(Part::ours_reused);
        for (const Row& row : section.rows) {
            out += line(style, (style == Style::plain ? "  " : "") + row.name, cells(row, ours));
        }
    }
    return out;
}

std::string noise(const std::vector<Section>& sections) {
    std::vector<double> spreads;
    for (const Section& section : sections) {
        for (const Row& row : section.rows) {
            for (const Measured& cell : row.cells) spreads.push_back(cell.spread);
        }
    }
    if (spreads.empty()) return "";
    std::sort(spreads.begin(), spreads.end());
    return fmt::format(
        "interquartile range of the samples, over their median: {:.1f} % in the middle, {:.1f} % "
        "in nine of ten, {:.1f} % at worst\n",
        spreads[spreads.size() / 2] * 100, spreads[spreads.size() * 9 / 10] * 100,
        spreads.back() * 100);
}

}  // namespace courant::bench
