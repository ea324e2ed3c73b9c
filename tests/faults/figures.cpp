#include "tests/faults/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

namespace courant::test {

std::string asked(const char* variable, const std::string& otherwise) {
    const char* given = std::getenv(variable);
    return given != nullptr && *given != '\0' ? given : otherwise;
}

std::int64_t asked(const char* variable, std::int64_t otherwise) {
    return std::stoll(asked(variable, std::to_string(otherwise)));
}

std::uint32_t seed_of_this_run() {
    return static_cast<std::uint32_t>(asked("COURANT_FAULT_SEED", std::random_device{}()));
}

void tell(const std::string& name, const std::string& figure) {
    const std::string line = fmt::format("{:<9} {}\n", name, figure);
    std::cout << line << std::flush;
    if (const std::string file = asked("COURANT_FAULT_FIGURES", ""); !file.empty())
        std::ofstream(file, std::ios::app) << line;
}

double seconds_since(std::chrono::steady_clock::time_point then) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(last * share + 0.5)];
}

}  // namespace courant::test
