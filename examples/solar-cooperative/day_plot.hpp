// A day in a terminal: one curve as a filled area, one as a line over it.
//
// The area is drawn with the eighth blocks, the line with the dots of braille characters, so that
// they stay apart without any colour.
#pragma once

#include <string>
#include <vector>

#include "examples/solar-cooperative/terminal.hpp"

namespace courant::example {

/// A curve: one value for each of equal parts of the day; NaN where there is none.
struct Curve {
    std::string label;
    std::vector<double> values;
};

/// How large and for whom.
struct Canvas {
    std::size_t columns = 80;
    std::size_t rows = 10;
    Colours colours = Colours::none;
};

/// The lines of the plot, ready to print; the vertical axis begins at 0 and is in `unit`.
std::string day_plot(const Curve& area, const Curve& line, const std::string& unit,
                     const Canvas& canvas);

/// How many parts a curve needs to fill that canvas.
std::size_t parts_for(const Canvas& canvas);

}  // namespace courant::example
