#include "examples/solar-cooperative/meter_day.hpp"

#include <fmt/format.h>

#include "proxy-core/federation/protocol.hpp"

namespace courant::example {

MeterDay meter_day(const Plan& plan) {
    MeterDay day;
    day.begin = plan.zone.midnight(plan.day);
    const auto length = plan.zone.midnight(plan.day + std::chrono::days(1)) - day.begin;
    day.frames = static_cast<int>(length / day.interval) + 1;
    day.speedup = std::chrono::duration<double>(length) / plan.pace;
    return day;
}

std::string simulator_options(const MeterDay& day) {
    return fmt::format(
        "--mode=standard\n--start={}\n--interval-seconds={}\n--frames={}\n--index={}\n"
        "--speedup={}\n--stay\n",
        to_timestamp(day.begin), day.interval.count(), day.frames, day.first_wh, day.speedup);
}

}  // namespace courant::example
