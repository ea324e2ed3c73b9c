#include "examples/solar-cooperative/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "examples/solar-cooperative/day_plot.hpp"

namespace courant::example {
namespace {

using std::chrono::sys_days;

constexpr std::array<std::size_t, 6> column_widths{7, 9, 10, 10, 8, 7};
constexpr std::string_view bold = "1";
constexpr std::string_view dim = "2";

std::string duration(double seconds) {
    if (seconds < 0.00995) return fmt::format("{:.1f} ms", seconds * 1000);
    if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
    return fmt::format("{:.1f} s", seconds);
}

std::string kwh(const std::optional<double>& energy) {
    return energy ? fmt::format("{:.3f}", *energy) : "–";
}

std::string table_row(const std::string& name, std::size_t name_width,
                      const std::array<std::string, 6>& cells) {
    std::string line = left(name, name_width);
    for (std::size_t i = 0; i < cells.size(); ++i) line += right(cells[i], column_widths[i]);
    return line + '\n';
}

/// What follows the app in a name: the heading above says which app it is.
std::string subject_and_path(const std::string& name) {
    return name.substr(name.find('/') + 1);
}

std::string verdict(const Result& result, const Page& page) {
    std::size_t sent = 0;
    std::size_t replaced = 0;
    for (const SeriesResult& series : result.series) {
        sent += series.sent;
        replaced += series.replaced;
    }
    std::string text;
    if (result.faults.empty())
        text = fmt::format(
            "{} {} readings in {} messages: each arrived once, in order, bit for bit,\n"
            "  and the energy is the same on both sides to the last digit.\n",
            coloured("✓", "1;32", page.colours), grouped(sent), grouped(result.messages));
    for (const std::string& fault : result.faults)
        text += fmt::format("{} {}\n", coloured("✗", "1;31", page.colours), fault);
    if (replaced > 0)
        text += fmt::format("  {} of them shared their time with a later one, which stands.\n",
                            grouped(replaced));
    if (result.set_aside > 0)
        text +=
            fmt::format("  Could not be read and was set aside, with its reason: {} (see below).\n",
                        grouped(static_cast<std::size_t>(result.set_aside)));
    return text;
}

/// The day of a series, in parts; NaN where no reading covers a part.
Curve curve_of(const Series& series, const std::string& name, Time begin, std::size_t parts) {
    const auto part = std::chrono::nanoseconds(std::chrono::hours(24)) / static_cast<int>(parts);
    const auto& readings = series.readings;
    const auto usual = usual_period(series);
    const auto period = usual.count() > 0 ? usual : std::chrono::hours(1);
    Curve curve{.label = subject_and_path(name), .values = {}};
    for (std::size_t i = 0; i < parts; ++i) {
        const Time moment = begin + part * static_cast<int>(i) + part / 2;
        const auto next =
            std::upper_bound(readings.begin(), readings.end(), moment,
                             [](Time time, const Reading& reading) { return time < reading.time; });
        const bool covered = next != readings.begin() && moment - std::prev(next)->time < period;
        curve.values.push_back(covered ? std::prev(next)->value / 1000
                                       : std::numeric_limits<double>::quiet_NaN());
    }
    return curve;
}

/// The day on which a series has most: of a year of readings, the one worth looking at.
sys_days fullest_day(const Series& series, const Zone& zone) {
    std::map<sys_days, double> sums;
    for (const Reading& reading : series.readings)
        sums[std::chrono::floor<std::chrono::days>(zone.wall_clock(reading.time))] += reading.value;
    const auto most = std::max_element(
        sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return most->first;
}

/// A roof is what stands still at night.
double share_of_zeros(const Series& series) {
    const auto zeros = std::count_if(series.readings.begin(), series.readings.end(),
                                     [](const Reading& reading) { return !(reading.value > 0); });
    return static_cast<double>(zeros) / static_cast<double>(series.readings.size());
}

/// The series of the town that hold power and have arrived; what looks like a roof first.
std::vector<std::string> power_series(const Plan& plan, const SeriesByName& received) {
    std::vector<std::string> names;
    for (const Column& column : plan.columns)
        if (column.meaning == Meaning::power && received.contains(column.series) &&
            !received.at(column.series).readings.empty())
            names.push_back(column.series);
    std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
        return share_of_zeros(received.at(a)) > share_of_zeros(received.at(b));
    });
    return names;
}

std::string caption(const Plan& plan, sys_days day, const Page& page) {
    const std::chrono::year_month_day date{day};
    const auto text =
        fmt::format("{}-{:02}-{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    std::string origin = "synthetic: a clear-sky roof at 47.75° N and an invented school";
    if (plan.input)
        origin = plan.input->filename().string() + (plan.drawn ? "" : ", its day with most");
    return coloured(text, bold, page.colours) + ", " + plan.zone.name() +
           ", as the cooperative received it\n" + coloured(origin, dim, page.colours) + "\n\n";
}

}  // namespace

std::string result_table(const Result& result, const Page& page) {
    std::size_t name_width = 8;
    for (const SeriesResult& series : result.series)
        name_width = std::max(name_width, subject_and_path(series.name).size() + 2);
    std::string text = std::string(name_width, ' ') + right("readings", 16) +
                       right("energy, kWh", 20) + right("delay", 15) + '\n';
    text += table_row("series", name_width, {"sent", "received", "sent", "received", "p50", "p99"});
    std::optional<Jid> sender;
    for (const SeriesResult& series : result.series) {
        if (sender != series.sender)
            text += coloured(series.sender.to_string() + " → " + result.receiver.to_string(), dim,
                             page.colours) +
                    '\n';
        sender = series.sender;
        text += table_row(
            "  " + subject_and_path(series.name), name_width,
            {grouped(series.sent), grouped(series.received), kwh(series.energy_sent),
             kwh(series.energy_received), duration(series.delay_p50), duration(series.delay_p99)});
    }
    return text + '\n' + verdict(result, page);
}

std::string day_drawing(const Plan& plan, const Page& page) {
    const SeriesByName all = received(plan);
    const auto names = power_series(plan, all);
    if (names.empty()) return {};
    const sys_days day = plan.drawn ? *plan.drawn : fullest_day(all.at(names.front()), plan.zone);
    const Canvas canvas{
        .columns = std::min<std::size_t>(page.columns, 104), .rows = 10, .colours = page.colours};
    const auto curve = [&](std::size_t i) {
        if (i >= names.size()) return Curve{};
        return curve_of(all.at(names[i]), names[i], plan.zone.midnight(day), parts_for(canvas));
    };
    return caption(plan, day, page) + day_plot(curve(0), curve(1), "kW", canvas);
}

std::string whereabouts(const Plan& plan, const Result& result) {
    const auto shown = [](const std::filesystem::path& path) {
        const auto near = path.lexically_proximate(std::filesystem::current_path());
        return near.string().starts_with("..") ? path.string() : near.string();
    };
    const auto courant =
        std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "courant";
    std::string text = fmt::format(
        "what the cooperative has  {}/*.csv\n"
        "what was sent             in both outboxes, kept for {}\n"
        "proxies and servers       {}/{{town,home,coop,servers}}\n"
        "look closer\n"
        "  {} status -c {}\n",
        shown(plan.received()), plan.auditor.to_string(), shown(plan.folder), shown(courant),
        shown(plan.town.config()));
    if (result.set_aside > 0)
        text += fmt::format("  {} dead list -c {}\n", shown(courant), shown(plan.town.config()));
    return text;
}

}  // namespace courant::example
