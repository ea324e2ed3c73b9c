// The synthetic readings of the example: a school's solar roof under a cloudless sky, and what the
// school consumes.
//
// The roof. The sun's place is that of the Astronomical Almanac's low-precision formulae (0.01
// degrees). The beam at the ground is 1353 W/m2 x 0.7 ^ (AM ^ 0.678) (Meinel 1976) with the air
// mass of Kasten and Young (1989); a tenth as much again comes from the whole sky. Power = peak
// power x irradiance in the plane of the roof / 1000 W/m2 x performance ratio. No clouds, no
// horizon, no temperature: an upper edge of what such a roof does, not a forecast.
//
// The school. A base load all day and all year; on working days lights, ventilation and computers
// from half past seven to half past five by the clock of Europe/Paris, a kitchen around noon, and a
// ripple of 4 % that depends on nothing but the date, so that the same day is the same data
// everywhere.
#pragma once

#include <chrono>
#include <vector>

#include "examples/solar-cooperative/zone.hpp"

namespace courant::example {

/// Where a roof is and how it lies.
struct Roof {
    double latitude = 47.75;          ///< degrees north
    double longitude = -3.37;         ///< degrees east
    double tilt = 30;                 ///< degrees from level
    double azimuth = 170;             ///< degrees clockwise from north: where it faces
    double peak_watts = 36'000;       ///< at 1000 W/m2
    double performance_ratio = 0.82;  ///< what inverter, cables, heat and dust leave
};

/// Power of the roof at one moment, in W.
double clear_sky_power(const Roof& roof, Time time);

/// Power that the school draws at one moment, in W.
double school_power(const Zone& zone, Time time);

/// One row of the day: mean powers over the period that begins at `time`.
struct ModelRow {
    Time time;
    double produced = 0;  ///< W
    double consumed = 0;  ///< W
};

/// The length of the model's periods.
inline constexpr std::chrono::minutes model_period{10};

/// A whole day, from midnight to midnight by the zone's clock. Powers are whole tenths of a watt,
/// as a logger would round them.
std::vector<ModelRow> model_day(const Roof& roof, const Zone& zone, std::chrono::sys_days day);

}  // namespace courant::example
