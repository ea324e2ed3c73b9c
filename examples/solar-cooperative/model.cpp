#include "examples/solar-cooperative/model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace courant::example {
namespace {

using std::chrono::sys_days;

constexpr double degree = std::numbers::pi / 180;

/// Where the sun stands, in radians.
struct Sun {
    double elevation = 0;
    double azimuth = 0;  ///< clockwise from north
};

Sun sun_at(double latitude, double longitude, Time time) {
    // Days since noon of the first of January 2000, from which the formulae count.
    const auto j2000 = sys_days{std::chrono::year{2000} / 1 / 1} + std::chrono::hours(12);
    const double n = std::chrono::duration<double, std::ratio<86'400>>(time - j2000).count();
    const double mean_anomaly = (357.528 + 0.9856003 * n) * degree;
    const double ecliptic_longitude = (280.460 + 0.9856474 * n + 1.915 * std::sin(mean_anomaly) +
                                       0.020 * std::sin(2 * mean_anomaly)) *
                                      degree;
    const double obliquity = (23.439 - 0.0000004 * n) * degree;
    const double declination = std::asin(std::sin(obliquity) * std::sin(ecliptic_longitude));
    const double right_ascension = std::atan2(std::cos(obliquity) * std::sin(ecliptic_longitude),
                                              std::cos(ecliptic_longitude));
    const double sidereal_time = (280.46062 + 360.98564737 * n + longitude) * degree;
    const double hour_angle = sidereal_time - right_ascension;
    const double phi = latitude * degree;
    return {
        .elevation = std::asin(std::sin(phi) * std::sin(declination) +
                               std::cos(phi) * std::cos(declination) * std::cos(hour_angle)),
        .azimuth = std::atan2(-std::sin(hour_angle) * std::cos(declination),
                              std::cos(phi) * std::sin(declination) -
                                  std::sin(phi) * std::cos(declination) * std::cos(hour_angle))};
}

double air_mass(double elevation) {
    return 1 / (std::sin(elevation) + 0.50572 * std::pow(elevation / degree + 6.07995, -1.6364));
}

/// A step from 0 to 1 between two hours, without corners.
double rise(double hour, double from, double to) {
    const double x = std::clamp((hour - from) / (to - from), 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

/// A number in [-1, 1) that depends on nothing but the time (splitmix64).
double ripple(Time time) {
    auto x = static_cast<std::uint64_t>(time.time_since_epoch() / model_period);
    x = (x + 1) * 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<double>((x ^ (x >> 31U)) >> 11U) / static_cast<double>(1ULL << 52U) - 1;
}

bool works(Time wall_clock) {
    const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(wall_clock)};
    return day != std::chrono::Saturday && day != std::chrono::Sunday;
}

}  // namespace

double clear_sky_power(const Roof& roof, Time time) {
    const Sun sun = sun_at(roof.latitude, roof.longitude, time);
    if (sun.elevation <= 0) return 0;
    const double beam = 1353 * std::pow(0.7, std::pow(air_mass(sun.elevation), 0.678));
    const double tilt = roof.tilt * degree;
    const double incidence =
        std::sin(sun.elevation) * std::cos(tilt) +
        std::cos(sun.elevation) * std::sin(tilt) * std::cos(sun.azimuth - roof.azimuth * degree);
    const double from_the_sky = 0.1 * beam * (1 + std::cos(tilt)) / 2;
    const double irradiance = beam * std::max(0.0, incidence) + from_the_sky;
    return roof.peak_watts * irradiance / 1000 * roof.performance_ratio;
}

double school_power(const Zone& zone, Time time) {
    constexpr double base = 3'200;
    constexpr double lessons = 11'500;
    constexpr double kitchen = 9'000;
    const Time clock = zone.wall_clock(time);
    double power = base;
    if (works(clock)) {
        const double hour = std::chrono::duration<double, std::ratio<3'600>>(
                                clock - std::chrono::floor<std::chrono::days>(clock))
                                .count();
        power += lessons * rise(hour, 7.0, 8.5) * (1 - rise(hour, 16.5, 18.5));
        power += kitchen * rise(hour, 10.0, 11.5) * (1 - rise(hour, 12.5, 13.5));
    }
    return power * (1 + 0.04 * ripple(time));
}

std::vector<ModelRow> model_day(const Roof& roof, const Zone& zone, sys_days day) {
    constexpr int steps = 10;  // moments whose mean stands for a period
    const auto tenths = [](double watts) { return std::round(watts * 10) / 10; };
    std::vector<ModelRow> rows;
    const Time end = zone.midnight(day + std::chrono::days(1));
    for (Time time = zone.midnight(day); time < end; time += model_period) {
        double produced = 0;
        double consumed = 0;
        for (int i = 0; i < steps; ++i) {
            const Time moment = time + model_period * (2 * i + 1) / (2 * steps);
            produced += clear_sky_power(roof, moment) / steps;
            consumed += school_power(zone, moment) / steps;
        }
        rows.push_back({time, tenths(produced), tenths(consumed)});
    }
    return rows;
}

}  // namespace courant::example
