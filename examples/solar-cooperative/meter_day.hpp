// The home's day: how the simulator of its meter is started, and what it will therefore say.
#pragma once

#include <chrono>
#include <string>

#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// Frames of a Linky's customer output over the synthetic day, midnight to midnight.
struct MeterDay {
    Time begin;
    std::chrono::seconds interval{600};
    int frames = 0;
    /// What the index shows at the beginning, in Wh.
    double first_wh = 12'345'678;
    /// Simulated seconds in a second.
    double speedup = 1;
};

MeterDay meter_day(const Plan& plan);

/// The options of `linky-simulator` for that day, a line each, but for the place of the device.
std::string simulator_options(const MeterDay& day);

}  // namespace courant::example
