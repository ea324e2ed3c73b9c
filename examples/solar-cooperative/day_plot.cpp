#include "examples/solar-cooperative/day_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace courant::example {
namespace {

constexpr std::size_t axis_columns = 7;  // "  30 ┤"
constexpr std::size_t dots_across = 2;   // of one braille character
constexpr std::size_t dots_down = 4;

constexpr std::string_view area_sgr = "33";             // yellow
constexpr std::string_view line_sgr = "1;36";           // bright cyan
constexpr std::string_view line_on_area_sgr = "30;43";  // black on yellow
constexpr std::array<std::string_view, 9> eighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::size_t inner_columns(const Canvas& canvas) {
    return std::max<std::size_t>(24, canvas.columns - std::min(canvas.columns, axis_columns + 1));
}

/// The next of 1, 2, 2.5, 5 times a power of ten: an axis that ends at a number one can read.
double round_up(double value) {
    if (!(value > 0)) return 1;
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0})
        if (step * power >= value) return step * power;
    return 10 * power;
}

/// U+2800 and the dots as bits.
std::string braille(unsigned dots) {
    std::string text = "\xE2";
    text += static_cast<char>(0xA0U | (dots >> 6U));
    text += static_cast<char>(0x80U | (dots & 0x3FU));
    return text;
}

/// The dots of the line, joined from value to value.
class Dots {
  public:
    Dots(std::size_t columns, std::size_t rows)
        : columns_(columns), rows_(rows), cells_(columns * rows) {}

    void draw(const std::vector<double>& values, double top) {
        const double height = static_cast<double>(rows_ * dots_down) - 1;
        long before = -1;
        for (std::size_t x = 0; x < std::min(values.size(), columns_ * dots_across); ++x) {
            if (!std::isfinite(values[x])) {
                before = -1;
                continue;
            }
            const long y =
                std::clamp(std::lround(values[x] / top * height), 0L, static_cast<long>(height));
            const long from = before < 0 ? y : before + (y > before ? 1 : y < before ? -1 : 0);
            for (long dot = std::min(from, y); dot <= std::max(from, y); ++dot)
                set(x, static_cast<std::size_t>(dot));
            before = y;
        }
    }

    unsigned cell(std::size_t column, std::size_t row) const {
        return cells_[row * columns_ + column];
    }

  private:
    /// `up` counts from the bottom.
    void set(std::size_t x, std::size_t up) {
        static constexpr std::array<std::array<unsigned, dots_across>, dots_down> bits{
            {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
        const std::size_t down = rows_ * dots_down - 1 - up;
        cells_[down / dots_down * columns_ + x / dots_across] |=
            bits[down % dots_down][x % dots_across];
    }

    std::size_t columns_;
    std::size_t rows_;
    std::vector<unsigned> cells_;
};

/// How many eighths of a cell the area fills.
std::size_t filled_eighths(const Curve& area, std::size_t column, std::size_t row,
                           const Canvas& canvas, double top) {
    const std::size_t part = column * dots_across;
    if (part >= area.values.size() || !std::isfinite(area.values[part])) return 0;
    const double filled = area.values[part] / top * static_cast<double>(canvas.rows * 8);
    const double below = static_cast<double>((canvas.rows - 1 - row) * 8);
    return static_cast<std::size_t>(std::clamp(std::lround(filled - below), 0L, 8L));
}

/// A cell: the line goes over the area, which shows behind it where there are colours.
std::string cell_text(unsigned dots, std::size_t eighths_filled, Colours colours) {
    if (dots == 0 && eighths_filled == 0) return " ";
    if (dots == 0) return coloured(eighths[eighths_filled], area_sgr, colours);
    return coloured(braille(dots), eighths_filled == 8 ? line_on_area_sgr : line_sgr, colours);
}

/// The horizontal axis with its hours.
std::string axis(const Canvas& canvas) {
    const std::size_t across = inner_columns(canvas);
    std::string base;
    std::string labels(axis_columns, ' ');
    for (std::size_t column = 0; column < across; ++column) {
        const auto hour_at = [&](std::size_t c) { return c * 24 / across; };
        const std::size_t hour = hour_at(column);
        const bool first_of_hour = column == 0 || hour_at(column - 1) != hour;
        const bool tick = hour % 3 == 0 && hour < 24 && first_of_hour;
        base += tick ? "┬" : "─";
        if (tick) labels = left(labels, axis_columns + column) + fmt::format("{:02}", hour);
    }
    return fmt::format("{:>5} └{}\n{}\n", 0, base, labels);
}

}  // namespace

std::size_t parts_for(const Canvas& canvas) {
    return inner_columns(canvas) * dots_across;
}

std::string day_plot(const Curve& area, const Curve& line, const std::string& unit,
                     const Canvas& canvas) {
    double most = 0;
    for (const auto* curve : {&area, &line})
        for (const double value : curve->values)
            if (std::isfinite(value)) most = std::max(most, value);
    const double top = round_up(most);
    const std::size_t across = inner_columns(canvas);
    Dots dots(across, canvas.rows);
    dots.draw(line.values, top);

    std::string out =
        fmt::format("{:>5}   {} {}", unit, coloured("█", area_sgr, canvas.colours), area.label);
    if (!line.values.empty())
        out += fmt::format("   {} {}", coloured("⠤⠤", line_sgr, canvas.colours), line.label);
    out += '\n';
    for (std::size_t row = 0; row < canvas.rows; ++row) {
        const bool labelled = row == 0 || row == canvas.rows / 2;
        const double value =
            top * static_cast<double>(canvas.rows - row) / static_cast<double>(canvas.rows);
        out += labelled ? fmt::format("{:>5} ┤", value) : fmt::format("{:>5} │", "");
        std::size_t blanks = 0;
        for (std::size_t column = 0; column < across; ++column) {
            const auto text =
                cell_text(dots.cell(column, row), filled_eighths(area, column, row, canvas, top),
                          canvas.colours);
            if (text == " ") {
                ++blanks;
                continue;
            }
            out.append(std::exchange(blanks, 0), ' ');
            out += text;
        }
        out += '\n';
    }
    return out + axis(canvas);
}

}  // namespace courant::example
