#include "examples/solar-cooperative/zone.hpp"

#include <date/tz.h>

#include <optional>
#include <stdexcept>

namespace courant::example {
namespace {

std::optional<std::chrono::seconds> fixed_offset(const std::string& text) {
    int hours = 0;
    int minutes = 0;
    char sign = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "%c%2d:%2d%c", &sign, &hours, &minutes, &rest) != 3)
        return std::nullopt;
    if (sign != '+' && sign != '-') return std::nullopt;
    const auto span = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return sign == '-' ? -span : span;
}

}  // namespace

Zone::Zone(std::string name) : name_(std::move(name)) {
    try {
        offset(Time{});
    } catch (const std::runtime_error&) {
        throw std::invalid_argument(name_ + " is no time zone: Europe/Paris, UTC, +10:00");
    }
}

std::chrono::seconds Zone::offset(Time time) const {
    if (const auto fixed = fixed_offset(name_)) return *fixed;
    return date::locate_zone(name_)
        ->get_info(std::chrono::floor<std::chrono::seconds>(time))
        .offset;
}

Time Zone::wall_clock(Time time) const {
    return time + offset(time);
}

Time Zone::midnight(std::chrono::sys_days day) const {
    // The offset of the evening before can differ from midnight's by a change of the clocks, which
    // no zone of today makes within the hours around midnight.
    return day - offset(day - offset(day));
}

}  // namespace courant::example
