#include "examples/solar-cooperative/play.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "examples/solar-cooperative/evidence.hpp"
#include "examples/solar-cooperative/model.hpp"
#include "examples/solar-cooperative/terminal.hpp"

namespace courant::example {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::seconds longest_standstill{45};
constexpr std::chrono::milliseconds quiet_enough{1200};  // an input has been read to its end

/// One line that is updated; where nobody watches, a line now and then.
class ProgressLine {
  public:
    ProgressLine() : live_(isatty(STDERR_FILENO) != 0) {}
    ~ProgressLine() { finish(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const std::string& text) {
        const auto now = Steady::now();
        if (live_) {
            // Cut to the terminal: a line that wraps cannot be updated.
            const std::size_t room = columns_of(STDERR_FILENO) - 1;
            fmt::print(stderr, "\r\033[K{}", width(text) > room ? cut(text, room) : text);
            shown_ = true;
        } else if (now - last_ > std::chrono::seconds(3)) {
            fmt::print(stderr, "{}\n", text);
            last_ = now;
        }
        std::fflush(stderr);
    }

    void finish() {
        if (live_ && shown_) fmt::print(stderr, "\r\033[K");
        shown_ = false;
        std::fflush(stderr);
    }

  private:
    static std::string cut(const std::string& text, std::size_t room) {
        std::string kept;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
            if (begins && width(kept) == room) break;
            kept += text[i];
        }
        return kept;
    }

    bool live_;
    bool shown_ = false;
    Steady::time_point last_ = Steady::now();
};

std::string bar(double share) {
    constexpr std::size_t cells = 16;
    static constexpr std::array<std::string_view, 8> eighths{" ", "▏", "▎", "▍",
                                                             "▌", "▋", "▊", "▉"};
    const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * cells * 8);
    std::string text;
    for (std::size_t i = 0; i < filled / 8; ++i) text += "█";
    if (filled < cells * 8) text += eighths[filled % 8];
    return "▕" + left(text, cells) + "▏";
}

/// How far everything has come.
struct Tide {
    std::int64_t sent = 0;
    std::int64_t from_home = 0;
    std::int64_t arrived = 0;
    bool source_read = false;

    bool operator==(const Tide&) const = default;
};

Tide tide(const Plan& plan) {
    const StoreState town = store_state(plan.town, plan);
    const StoreState home = store_state(plan.home, plan);
    return {.sent = town.kept_readings + home.kept_readings,
            .from_home = home.kept_readings,
            .arrived = rows_received(plan),
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
                longest_standstill.count(), now.sent, now.arrived, plan.folder.string()));
    }
    Steady::duration quiet() const { return Steady::now() - moved_; }

  private:
    Tide last_;
    Steady::time_point moved_ = Steady::now();
};

std::string counts(const Tide& now) {
    return fmt::format(
        "sent {} · arrived {} · on the way {}", grouped(static_cast<std::size_t>(now.sent)),
        grouped(static_cast<std::size_t>(now.arrived)),
        grouped(static_cast<std::size_t>(std::max<std::int64_t>(0, now.sent - now.arrived))));
}

/// The town's logger: appends rows to its file as their time comes.
class Logger {
  public:
    explicit Logger(const Plan& plan)
        : rows_(model_day({}, plan.zone, *plan.day)),
          zone_(plan.zone),
          out_(plan.town_file(), std::ios::app) {}

    /// Writes what is due when this share of the day is over. Whole rows: whoever reads the file
    /// meanwhile finds no half ones.
    void advance(double share) {
        const auto due = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) *
                                                  static_cast<double>(rows_.size()));
        std::string text;
        for (; next_ < due; ++next_)
            text += fmt::format("{},{},{}\n", stamp(rows_[next_].time), rows_[next_].produced,
                                rows_[next_].consumed);
        out_ << text << std::flush;
        if (!out_) throw std::runtime_error("the town's file cannot be written");
    }

    bool finished() const { return next_ == rows_.size(); }

    std::string sight(double share) const {
        const ModelRow& row = rows_[next_ == 0 ? 0 : next_ - 1];
        const auto clock = zone_.wall_clock(row.time).time_since_epoch() % std::chrono::days(1);
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(clock).count();
        return fmt::format("{:02}:{:02} {} roof {:4.1f} kW, school {:4.1f} kW · ", minutes / 60,
                           minutes % 60, bar(share), row.produced / 1000, row.consumed / 1000);
    }

  private:
    static std::string stamp(Time time) {
        const auto day = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date{day};
        const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
        return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    }

    std::vector<ModelRow> rows_;
    Zone zone_;
    std::ofstream out_;
    std::size_t next_ = 0;
};

void play_model(const Plan& plan, ProgressLine& line) {
    Logger logger(plan);
    Patience patience;
    const auto begin = Steady::now();
    const auto rows_in_all =
        static_cast<std::int64_t>(model_day({}, plan.zone, *plan.day).size() * plan.columns.size());
    for (;;) {
        const double share =
            std::chrono::duration<double>(Steady::now() - begin).count() / plan.pace.count();
        logger.advance(share);
        const Tide now = tide(plan);
        patience.look(now, plan);
        line.show(logger.sight(share) + counts(now));
        if (logger.finished() && now.sent - now.from_home == rows_in_all &&
            now.arrived >= rows_in_all)
            return;
        std::this_thread::sleep_for(look_again);
    }
}

void play_input(const Plan& plan, ProgressLine& line) {
    Patience patience;
    for (;;) {
        const Tide now = tide(plan);
        patience.look({.sent = now.sent - now.from_home,
                       .from_home = 0,
                       .arrived = 0,
                       .source_read = now.source_read},
                      plan);
        line.show(fmt::format("{} · {}", plan.input->filename().string(), counts(now)));
        if (now.source_read && patience.quiet() > quiet_enough) return;
        std::this_thread::sleep_for(look_again);
    }
}

}  // namespace

void begin_day(const Plan& plan) {
    if (plan.input) return;
    std::ofstream out(plan.town_file());
    out << "time,roof_W,school_W\n";
    out.close();
    if (!out) throw std::runtime_error("cannot write " + plan.town_file().string());
}

void play_day(const Plan& plan) {
    ProgressLine line;
    if (plan.input)
        play_input(plan, line);
    else
        play_model(plan, line);
}

void settle(const Plan& plan) {
    ProgressLine line;
    Patience patience;
    for (;;) {
        const Tide now = tide(plan);
        patience.look(now, plan);
        line.show(counts(now));
        const bool all_told = store_state(plan.town, plan).unacknowledged == 0 &&
                              store_state(plan.home, plan).unacknowledged == 0;
        if (all_told && now.arrived >= now.sent) return;
        std::this_thread::sleep_for(look_again);
    }
}

}  // namespace courant::example
