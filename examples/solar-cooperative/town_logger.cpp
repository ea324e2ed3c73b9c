#include "examples/solar-cooperative/town_logger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "proxy-core/federation/protocol.hpp"

namespace courant::example {

void TownLogger::begin_file(const Plan& plan) {
    std::ofstream out(plan.town_file());
    out << "time,roof_W,school_W\n";
    out.close();
    if (!out) throw std::runtime_error("cannot write " + plan.town_file().string());
}

TownLogger::TownLogger(const Plan& plan)
    : rows_(model_day({}, plan.zone, plan.day)),
      zone_(plan.zone),
      out_(plan.town_file(), std::ios::app) {}

void TownLogger::advance(double share) {
    const auto due =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(rows_.size()));
    std::string text;
    for (; next_ < due; ++next_)
        text += fmt::format("{},{},{}\n", to_timestamp(rows_[next_].time), rows_[next_].produced,
                            rows_[next_].consumed);
    out_ << text << std::flush;
    if (!out_) throw std::runtime_error("the town's file cannot be written");
}

std::string TownLogger::sight() const {
    const ModelRow& row = rows_[next_ == 0 ? 0 : next_ - 1];
    const auto clock = zone_.wall_clock(row.time).time_since_epoch() % std::chrono::days(1);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(clock).count();
    return fmt::format("{:02}:{:02} roof {:4.1f} kW, school {:4.1f} kW", minutes / 60, minutes % 60,
                       row.produced / 1000, row.consumed / 1000);
}

}  // namespace courant::example
