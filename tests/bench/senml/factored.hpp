// What the other encoders begin with: which base fields a pack gets. Bench code, not a library:
// it knows one way to factor, that of a load curve, and refuses every other pack.
#pragma once

#include <stdexcept>

#include "tests/bench/senml/readings.hpp"

namespace courant::bench {

/// One name, one unit, times relative to the first.
struct Factored {
    const SharedReadings& readings;
    const std::string& base_name;
    const std::string& base_unit;
    double base_time = 0;

    explicit Factored(const SharedReadings& of)
        : readings(of),
          base_name(of.names[of.rows.at(0).name]),
          base_unit(of.units[of.rows[0].unit]),
          base_time(of.rows[0].time) {
        check_name(base_name);
        for (const auto& row : of.rows) {
            if (row.name != of.rows[0].name || row.unit != of.rows[0].unit) {
                throw std::runtime_error("no load curve");
            }
        }
    }
};

}  // namespace courant::bench
