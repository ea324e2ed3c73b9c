// What the fault tests are asked for, and how they tell what they found.
//
// Options are environment variables, because ctest has no arguments to give. Each test prints one
// line with its figure; where COURANT_FAULT_FIGURES names a file, the line goes there, too, so that
// `tests/faults/run` can show them together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace courant::test {

/// The number in that environment variable, or this one.
std::int64_t asked(const char* variable, std::int64_t otherwise);
/// The text in that environment variable, or this one.
std::string asked(const char* variable, const std::string& otherwise);

/// COURANT_FAULT_SEED, or one that nobody has seen before.
std::uint32_t seed_of_this_run();

/// Prints a figure: a line that begins with the test's name.
void tell(const std::string& name, const std::string& figure);

/// Seconds since then, for a figure; nothing is asserted of it.
double seconds_since(std::chrono::steady_clock::time_point then);

/// The value below which so much of them lie (0.5: the median); they need not be sorted.
double quantile(std::vector<double> values, double share);

}  // namespace courant::test
