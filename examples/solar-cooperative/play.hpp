// Lets the day go by: writes what the town's logger would write, and shows how it travels.
#pragma once

#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// Writes the heading of the town's synthetic file; nothing for an input of one's own.
void begin_day(const Plan& plan);

/// Plays the day, or waits for the input; returns when all that was sent lies in the cooperative's
/// files and enough was heard of the meter. Throws std::runtime_error if nothing moves any more.
void play_day(const Plan& plan);

/// Waits until all that the senders have lies in the cooperative's files: when the meter is silent.
void settle(const Plan& plan);

}  // namespace courant::example
