// What a person reads at the end: a table, the day, and where everything is.
#pragma once

#include <string>

#include "examples/solar-cooperative/comparison.hpp"
#include "examples/solar-cooperative/terminal.hpp"

namespace courant::example {

/// The paper it is printed on.
struct Page {
    std::size_t columns = 80;
    Colours colours = Colours::none;
};

/// Series, readings and energy on both sides, delays; then the verdict.
std::string result_table(const Result& result, const Page& page);

/// The town's day as the cooperative received it; empty where there is nothing to draw.
std::string day_drawing(const Plan& plan, const Page& page);

/// Where to look further.
std::string whereabouts(const Plan& plan, const Result& result);

}  // namespace courant::example
