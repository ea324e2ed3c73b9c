#include "examples/solar-cooperative/play.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>

#include "examples/solar-cooperative/evidence.hpp"
#include "examples/solar-cooperative/meter_day.hpp"
#include "examples/solar-cooperative/progress_line.hpp"
#include "examples/solar-cooperative/terminal.hpp"
#include "examples/solar-cooperative/town_logger.hpp"

namespace courant::example {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::seconds longest_standstill{45};
constexpr std::chrono::milliseconds quiet_enough{1200};  // an input has been read to its end

/// How far everything has come.
struct Tide {
    std::int64_t from_town = 0;
    std::int64_t from_home = 0;
    std::int64_t arrived = 0;
    std::int64_t open_messages = 0;  ///< without a receipt, or not yet in the files
    bool source_read = false;

    std::int64_t sent() const { return from_town + from_home; }
    bool operator==(const Tide&) const = default;
};

Tide tide(const Plan& plan) {
    // The receiver last: what is open is never underestimated.
    const StoreState town = store_state(plan.town, plan);
    const StoreState home = store_state(plan.home, plan);
    const StoreState coop = store_state(plan.coop, plan);
    return {.from_town = town.kept_readings,
            .from_home = home.kept_readings,
            .arrived = rows_received(plan),
            .open_messages = town.unacknowledged + home.unacknowledged + coop.before_the_app,
            .source_read = town.extracted};
}

/// Gives up when nothing has moved for long: something is broken, and the logs say what.
class Patience {
  public:
    void look(const Tide& now, const Plan& plan) {
        if (now != last_) moved_ = Steady::now();
        last_ = now;
        if (Steady::now() - moved_ > longest_standstill)
            throw std::runtime_error(fmt::format(
                "nothing has moved for {} s: {} readings sent, {} arrived. The logs are {}/*/log",
                longest_standstill.count(), now.sent(), now.arrived, plan.folder.string()));
    }

  private:
    Tide last_;
    Steady::time_point moved_ = Steady::now();
};

std::string counts(const Tide& now) {
    return fmt::format(
        "sent {} · arrived {} · on the way {}", grouped(static_cast<std::size_t>(now.sent())),
        grouped(static_cast<std::size_t>(now.arrived)),
        grouped(static_cast<std::size_t>(std::max<std::int64_t>(0, now.sent() - now.arrived))));
}

}  // namespace

void play_day(const Plan& plan) {
    std::optional<TownLogger> logger;
    if (!plan.input) logger.emplace(plan);
    const int frames = meter_day(plan).frames;
    const auto begin = Steady::now();
    std::int64_t from_town = 0;
    auto town_moved = begin;
    Patience patience;
    ProgressLine line;
    for (;;) {
        const std::chrono::duration<double> over = Steady::now() - begin;
        const double share = over / plan.pace;
        if (logger) logger->advance(share);
        const Tide now = tide(plan);
        patience.look(now, plan);
        line.show(fmt::format("{} {} · {}", bar(share),
                              logger ? logger->sight() : plan.input->filename().string(),
                              counts(now)));
        if (now.from_town != from_town) town_moved = Steady::now();
        from_town = now.from_town;
        const bool town_done = logger
                                   ? from_town == logger->readings_in_all()
                                   : now.source_read && Steady::now() - town_moved > quiet_enough;
        if (town_done && now.from_home >= frames && now.open_messages == 0) return;
        std::this_thread::sleep_for(look_again);
    }
}

}  // namespace courant::example
