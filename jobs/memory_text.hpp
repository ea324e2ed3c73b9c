// What is remembered of a shaped series, as text in the store.
//
// One line for each part: the terms for which it holds, the period under way, what went last.
// Numbers are decimals that are read back as they were; other values are base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobs/aggregation.hpp"

namespace courant {

/// What is remembered between readings.
struct ShapeMemory {
    /// The shape and meaning for which it holds, in one line; under others it means nothing.
    std::string terms;
    PeriodSoFar open = {};
    /// What went last.
    std::optional<Reading> sent = {};

    bool operator==(const ShapeMemory&) const = default;
};

std::string to_text(const ShapeMemory& memory);
/// The way back; nothing for what to_text does not write.
std::optional<ShapeMemory> shape_memory_from(std::string_view text);

}  // namespace courant
