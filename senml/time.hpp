// Points in time, as the whole of Courant holds them: integer nanoseconds since the POSIX epoch.
//
// SenML writes times as decimal seconds (RFC 8428 section 4.5.3); a double cannot hold the
// nanoseconds of today (its step is 238 ns), so the library converts at the border and calculates
// in integers. The range is 1677-09-21 to 2262-04-11; a time outside it is a fault of the pack that
// holds it.
//
// No clock is read anywhere in this library: who resolves a pack passes `now`.
#pragma once

#include <chrono>
#include <cstdint>

namespace courant::senml {

/// A point in time, UTC, without leap seconds (POSIX).
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// A span of time.
using Span = std::chrono::nanoseconds;

/// At and above this many seconds a SenML time is absolute, below it is relative to now (RFC 8428
/// section 4.5.3).
inline constexpr std::int64_t absolute_from_seconds = std::int64_t{1} << 28;

/// The time `seconds` after the epoch.
constexpr Time from_unix_seconds(std::int64_t seconds) {
    return Time{std::chrono::seconds{seconds}};
}

}  // namespace courant::senml
