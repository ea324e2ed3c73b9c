#include "examples/solar-cooperative/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "adapters/linky-tic/simulator/household.hpp"
#include "examples/solar-cooperative/meter_day.hpp"
#include "examples/solar-cooperative/model.hpp"

namespace courant::example {
namespace {

constexpr double joules_per_kwh = 3'600'000;

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Why two lists of readings differ; empty if they do not.
std::string difference(const Series& sent, const Series& got) {
    if (sent.unit != got.unit)
        return fmt::format("sent in {}, received in {}", sent.unit, got.unit);
    for (std::size_t i = 0; i < std::min(sent.readings.size(), got.readings.size()); ++i) {
        const auto& a = sent.readings[i];
        const auto& b = got.readings[i];
        if (a.time != b.time)
            return fmt::format("reading {} is of another time than the one that was sent", i + 1);
        if (!same_bits(a.value, b.value))
            return fmt::format("reading {} was sent as {} and received as {}", i + 1, a.value,
                               b.value);
    }
    if (sent.readings.size() == got.readings.size()) return {};
    return fmt::format("{} readings sent, {} received", sent.readings.size(), got.readings.size());
}

/// As an app keeps them, whatever the order in a person's export: by time, and of two readings of
/// one time the later one.
Series by_time(Series series) {
    auto& readings = series.readings;
    std::stable_sort(readings.begin(), readings.end(),
                     [](const Reading& a, const Reading& b) { return a.time < b.time; });
    std::vector<Reading> kept;
    for (const Reading& reading : readings) {
        if (!kept.empty() && kept.back().time == reading.time) kept.pop_back();
        kept.push_back(reading);
    }
    readings = std::move(kept);
    return series;
}

Meaning meaning_of(const std::string& name, const Plan& plan) {
    if (name == plan.home_index()) return Meaning::index;
    for (const Column& column : plan.columns)
        if (column.series == name) return column.meaning;
    return Meaning::other;
}

/// Nearest rank, each message once.
double percentile(std::vector<double> sorted, double share) {
    if (sorted.empty()) return 0;
    const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

class Comparison {
  public:
    explicit Comparison(const Plan& plan) : plan_(plan), received_(received(plan)) {
        result_.receiver = plan.coop.jid;
    }

    void add_sender(const Member& sender) {
        const SeriesByName sent = sent_by(sender, plan_);
        const auto receipts = acknowledged(sender, plan_);
        std::vector<double> delays;
        std::int64_t covered = 0;
        for (const Acknowledged& message : receipts) {
            delays.push_back(message.delay_seconds);
            covered += message.readings;
        }
        std::sort(delays.begin(), delays.end());
        std::int64_t readings = 0;
        for (const auto& [name, series] : sent) {
            readings += static_cast<std::int64_t>(series.readings.size());
            const Series kept = by_time(series);
            auto& row = add_series(sender, name, kept);
            row.sent = series.readings.size();
            row.replaced = row.sent - kept.readings.size();
            row.delay_p50 = percentile(delays, 0.50);
            row.delay_p99 = percentile(delays, 0.99);
        }
        if (readings == 0) fault(sender.jid.to_string() + " sent nothing");
        if (covered != readings)
            fault(fmt::format("{} sent {} readings and has receipts for {}", sender.jid.to_string(),
                              readings, covered));
        result_.messages += receipts.size();
        check_store(sender);
    }

    /// Synthetic readings are known without the proxies: what arrived must be those.
    void check_town_against_model() {
        Series produced{.unit = "W", .readings = {}};
        Series consumed{.unit = "W", .readings = {}};
        for (const ModelRow& row : model_day({}, plan_.zone, plan_.day)) {
            produced.readings.push_back({row.time, row.produced});
            consumed.readings.push_back({row.time, row.consumed});
        }
        check_against(produced, plan_.columns[0].series);
        check_against(consumed, plan_.columns[1].series);
    }

    void check_home_against_model() {
        constexpr double joules_per_wh = 3'600;
        const MeterDay meter = meter_day(plan_);
        linky::Household household(meter.begin, meter.first_wh);
        Series drawn{.unit = "J", .readings = {}};
        for (int frame = 0; frame < meter.frames; ++frame) {
            const Time time = meter.begin + meter.interval * frame;
            household.advance(time);
            drawn.readings.push_back({time, std::floor(household.watt_hours()) * joules_per_wh});
        }
        check_against(drawn, plan_.home_index());
    }

    Result finish() {
        // As the columns stand in the file; the home's last.
        std::stable_sort(result_.series.begin(), result_.series.end(),
                         [&](const SeriesResult& a, const SeriesResult& b) {
                             return place(a.name) < place(b.name);
                         });
        for (const auto& [name, series] : received_) {
            const auto known = [&, &wanted = name](const SeriesResult& result) {
                return result.name == wanted;
            };
            if (std::none_of(result_.series.begin(), result_.series.end(), known))
                fault(name + " was received and nobody sent it");
        }
        const StoreState coop = store_state(plan_.coop, plan_);
        if (coop.beyond_a_hole > 0)
            fault(fmt::format("{} messages wait at the cooperative for one before them",
                              coop.beyond_a_hole));
        if (coop.arrived_messages != sent_messages_)
            fault(fmt::format("{} messages were sent, {} taken in", sent_messages_,
                              coop.arrived_messages));
        if (coop.dead_letters > 0)
            fault(fmt::format("the cooperative set {} things aside: courant dead list -c {}",
                              coop.dead_letters, plan_.coop.config().string()));
        return std::move(result_);
    }

  private:
    std::size_t place(const std::string& name) const {
        std::size_t at = 0;
        while (at < plan_.columns.size() && plan_.columns[at].series != name) ++at;
        return at;
    }

    void check_against(const Series& model, const std::string& name) {
        const auto why = difference(model, received_[name]);
        if (!why.empty()) fault(name + " differs from the model: " + why);
    }

    void fault(std::string what) { result_.faults.push_back(std::move(what)); }

    SeriesResult& add_series(const Member& sender, const std::string& name, const Series& sent) {
        const Series& got = received_[name];
        const Meaning meaning = meaning_of(name, plan_);
        SeriesResult row{.name = name, .sender = sender.jid};
        row.received = got.readings.size();
        row.energy_sent = energy(sent, meaning);
        row.energy_received = energy(got, meaning);
        if (const auto why = difference(sent, got); !why.empty()) fault(name + ": " + why);
        if (row.energy_sent && !same_bits(*row.energy_sent, row.energy_received.value_or(NAN)))
            fault(name + ": the energy is not the same on both sides");
        return result_.series.emplace_back(std::move(row));
    }

    void check_store(const Member& sender) {
        const StoreState state = store_state(sender, plan_);
        sent_messages_ += state.sent_messages;
        result_.set_aside += state.dead_letters;
        if (state.unacknowledged > 0)
            fault(fmt::format("{} has no receipt for {} messages", sender.jid.to_string(),
                              state.unacknowledged));
        if (state.dead_letters > 0 && !plan_.input)
            fault(fmt::format("{} set {} things aside: courant dead list -c {}",
                              sender.jid.to_string(), state.dead_letters,
                              sender.config().string()));
    }

    const Plan& plan_;
    SeriesByName received_;
    Result result_;
    std::int64_t sent_messages_ = 0;
};

}  // namespace

senml::Span usual_period(const Series& series) {
    std::map<senml::Span, std::size_t> count;
    for (std::size_t i = 1; i < series.readings.size(); ++i)
        ++count[series.readings[i].time - series.readings[i - 1].time];
    if (count.empty()) return {};
    return std::max_element(count.begin(), count.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

std::optional<double> energy(const Series& series, Meaning meaning) {
    if (meaning == Meaning::other || series.readings.empty()) return std::nullopt;
    if (meaning == Meaning::index)
        return (series.readings.back().value - series.readings.front().value) / joules_per_kwh;
    double sum = 0;
    for (const Reading& reading : series.readings) sum += reading.value;
    if (meaning == Meaning::energy) return sum / joules_per_kwh;
    const std::chrono::duration<double> period = usual_period(series);
    if (period.count() == 0) return std::nullopt;
    return sum * period.count() / joules_per_kwh;
}

Result compare(const Plan& plan) {
    Comparison comparison(plan);
    comparison.add_sender(plan.town);
    comparison.add_sender(plan.home);
    if (!plan.input) comparison.check_town_against_model();
    comparison.check_home_against_model();
    return comparison.finish();
}

}  // namespace courant::example
