// The registry of units as data: RFC 8428 Table 6, RFC 8798 Tables 1 and 2, and the later IANA rows
// known in 2021 (NTU; ppb, ppt, VAh, mg/l, ug/l, g/l). Bring it up to date from the IANA registry
// "SenML Units" by adding rows.
#pragma once

#include <array>
#include <string_view>

#include "senml/units.hpp"

namespace courant::senml::detail {

/// Primary units.
inline constexpr std::array<std::string_view, 58> primary_units = {
    "m",   "kg",    "s",   "A",   "K",   "cd",  "mol",  "Hz",    "rad",   "sr",   "N",    "Pa",
    "J",   "W",     "C",   "V",   "F",   "Ohm", "S",    "Wb",    "T",     "H",    "Cel",  "lm",
    "lx",  "Bq",    "Gy",  "Sv",  "kat", "m2",  "m3",   "m/s",   "m/s2",  "m3/s", "W/m2", "cd/m2",
    "bit", "bit/s", "lat", "lon", "pH",  "dB",  "dBW",  "count", "/",     "%RH",  "%EL",  "EL",
    "1/s", "S/m",   "B",   "VA",  "VAs", "var", "vars", "J/m",   "kg/m3", "NTU"};

/// Primary units that RFC 8428 marks as not recommended for producers.
inline constexpr std::array<std::string_view, 9> not_recommended_units = {
    "g", "l", "l/s", "Bspl", "%", "1/min", "beat/min", "beats", "deg"};

/// Secondary units: symbol, primary unit, numerator, denominator, offset.
inline constexpr std::array<SecondaryUnit, 39> secondary_units = {{
    {"ms", "s", 1, 1000, 0},
    {"min", "s", 60, 1, 0},
    {"h", "s", 3600, 1, 0},
    {"MHz", "Hz", 1000000, 1, 0},
    {"kW", "W", 1000, 1, 0},
    {"kVA", "VA", 1000, 1, 0},
    {"kvar", "var", 1000, 1, 0},
    {"Ah", "C", 3600, 1, 0},
    {"Wh", "J", 3600, 1, 0},
    {"kWh", "J", 3600000, 1, 0},
    {"varh", "vars", 3600, 1, 0},
    {"kvarh", "vars", 3600000, 1, 0},
    {"kVAh", "VAs", 3600000, 1, 0},
    {"Wh/km", "J/m", 18, 5, 0},
    {"KiB", "B", 1024, 1, 0},
    {"GB", "B", 1000000000, 1, 0},
    {"Mbit/s", "bit/s", 1000000, 1, 0},
    {"B/s", "bit/s", 8, 1, 0},
    {"MB/s", "bit/s", 8000000, 1, 0},
    {"mV", "V", 1, 1000, 0},
    {"mA", "A", 1, 1000, 0},
    {"dBm", "dBW", 1, 1, -30},
    {"ug/m3", "kg/m3", 1, 1000000000, 0},
    {"mm/h", "m/s", 1, 3600000, 0},
    {"m/h", "m/s", 1, 3600, 0},
    {"ppm", "/", 1, 1000000, 0},
    {"/100", "/", 1, 100, 0},
    {"/1000", "/", 1, 1000, 0},
    {"hPa", "Pa", 100, 1, 0},
    {"mm", "m", 1, 1000, 0},
    {"cm", "m", 1, 100, 0},
    {"km", "m", 1000, 1, 0},
    {"km/h", "m/s", 5, 18, 0},
    {"ppb", "/", 1, 1000000000, 0},
    {"ppt", "/", 1, 1000000000000, 0},
    {"VAh", "VAs", 3600, 1, 0},
    {"mg/l", "kg/m3", 1, 1000, 0},
    {"ug/l", "kg/m3", 1, 1000000, 0},
    {"g/l", "kg/m3", 1, 1, 0},
}};

}  // namespace courant::senml::detail
