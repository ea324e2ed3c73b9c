// Lets the day go by and shows how its readings travel.
#pragma once

#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// Plays the day, or waits for the input to be read; returns when all of that and of the meter's
/// day lies in the cooperative's files. Throws std::runtime_error if nothing moves any more.
void play_day(const Plan& plan);

}  // namespace courant::example
