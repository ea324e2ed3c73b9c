#include "adapters/zabbix/units.hpp"

#include <array>
#include <utility>

#include "senml/number.hpp"
#include "senml/units.hpp"

namespace courant::zabbix {
namespace {

/// Zabbix's spellings of what SenML writes otherwise.
constexpr auto spellings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"C", "Cel"},       {"°C", "Cel"},      {"℃", "Cel"},     {"degC", "Cel"},  {"°", "deg"},
    {"%", "/100"},      {"lux", "lx"},      {"uptime", "s"},  {"bps", "bit/s"}, {"Bps", "B/s"},
    {"Mbps", "Mbit/s"}, {"VAR", "var"},     {"VAr", "var"},   {"kVAR", "kvar"}, {"kVAr", "kvar"},
    {"VARh", "varh"},   {"kVARh", "kvarh"}, {"Ω", "Ohm"},     {"ohm", "Ohm"},   {"L", "l"},
    {"m²", "m2"},       {"m³", "m3"},       {"m³/s", "m3/s"}, {"W/m²", "W/m2"}, {"µg/m³", "ug/m3"},
    {"mbar", "hPa"},    {"rpm", "1/min"},
});

struct Multiple {
    std::string_view symbol, primary;
    std::int64_t numerator, denominator;
};

/// Multiples that energy metering uses and SenML's registry lacks.
constexpr auto multiples = std::to_array<Multiple>({
    {"mW", "W", 1, 1000},
    {"MW", "W", 1'000'000, 1},
    {"MVA", "VA", 1'000'000, 1},
    {"MWh", "J", 3'600'000'000, 1},
    {"kJ", "J", 1000, 1},
    {"MJ", "J", 1'000'000, 1},
    {"kV", "V", 1000, 1},
    {"kHz", "Hz", 1000, 1},
    {"kPa", "Pa", 1000, 1},
    {"bar", "Pa", 100'000, 1},
    {"ppm", "/", 1, 1'000'000},
});

/// The exponent, if the number is a power of ten.
std::optional<int> exponent_of(std::int64_t number) {
    int exponent = 0;
    for (; number >= 10 && number % 10 == 0; number /= 10) ++exponent;
    return number == 1 ? std::optional(exponent) : std::nullopt;
}

/// How far the decimal point moves, if that is all that the rule does.
std::optional<int> shift_of(const UnitRule& rule) {
    const auto up = exponent_of(rule.numerator);
    const auto down = exponent_of(rule.denominator);
    if (!up || !down || rule.offset != 0) return std::nullopt;
    return *up - *down;
}

senml::SecondaryUnit as_secondary(const UnitRule& rule) {
    return {.symbol = {},
            .primary = rule.primary,
            .numerator = rule.numerator,
            .denominator = rule.denominator,
            .offset = rule.offset};
}

}  // namespace

std::optional<UnitRule> unit_rule(std::string_view units) {
    if (units.starts_with('!')) units.remove_prefix(1);
    for (const auto& [zabbix, senml] : spellings)
        if (zabbix == units) return senml_unit_rule(senml);
    if (units == "F") return std::nullopt;
    return senml_unit_rule(units);
}

std::optional<UnitRule> senml_unit_rule(std::string_view unit) {
    if (unit.empty()) return std::nullopt;
    if (const auto secondary = senml::secondary_unit(unit))
        return UnitRule{std::string(secondary->primary), secondary->numerator,
                        secondary->denominator, secondary->offset};
    for (const Multiple& multiple : multiples)
        if (multiple.symbol == unit)
            return UnitRule{std::string(multiple.primary), multiple.numerator,
                            multiple.denominator};
    const auto status = senml::unit_status(unit);
    if (status == senml::UnitStatus::primary || status == senml::UnitStatus::not_recommended)
        return UnitRule{std::string(unit)};
    return std::nullopt;
}

std::optional<double> to_primary(const UnitRule& rule, std::string_view text) {
    if (const auto shift = shift_of(rule)) return senml::parse_scaled(text, *shift);
    const auto value = senml::parse_xml_number(text);
    if (!value) return std::nullopt;
    return senml::to_primary(as_secondary(rule), *value);
}

double from_primary(const UnitRule& rule, double value) {
    if (const auto shift = shift_of(rule)) {
        if (*shift == 0) return value;
        std::string text;
        senml::append_number(text, value);
        if (const auto scaled = senml::parse_scaled(text, -*shift)) return *scaled;
    }
    const double inner = value - static_cast<double>(rule.offset);
    return inner * static_cast<double>(rule.denominator) / static_cast<double>(rule.numerator);
}

}  // namespace courant::zabbix
