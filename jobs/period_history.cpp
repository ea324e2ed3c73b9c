#include "jobs/period_history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/access/grant.hpp"

namespace courant {
namespace {

/// Readings on their way to whoever takes periods.
class Periods {
  public:
    Periods(const HistoryRange& range, const Period& period, const date::time_zone& zone,
            const AggregationRules& rules, const TakeHistory& take)
        : range_(range), period_(period), zone_(zone), rules_(rules), take_(take) {
        // The app is asked from the beginning of a period on.
        open_.from_the_start = true;
    }

    /// False: enough.
    bool add(const senml::Pack& chunk) {
        for (const senml::Record& record : chunk.records())
            add(reading_of(chunk, record, Quality::raw));
        return pass_on();
    }
    /// No more will come.
    void end() {
        if (!aggregation_) return;
        aggregation_->close(open_, whole_, lacking_);
        pass_on();
    }

  private:
    void add(const Reading& reading) {
        const std::string_view unit = reading.unit ? std::string_view(*reading.unit) : "";
        if (!aggregation_) {
            unit_ = unit;
            aggregation_.emplace(period_, zone_, facts_of(said_, unit_));
        } else if (unit != unit_ && facts_of(said_, unit) != facts_of(said_, unit_)) {
            refuse(Aggregation::Fate::other_unit);
        }
        const auto fate = aggregation_->take(open_, reading, whole_, lacking_);
        // What has no value is a gap; of the rest a wrong number would come.
        if (fate != Aggregation::Fate::taken && fate != Aggregation::Fate::no_value) refuse(fate);
    }

    [[noreturn]] void refuse(Aggregation::Fate fate) const {
        throw Error(fmt::format("{} may only go aggregated, and cannot: {}. [[series]] says what "
                                "the numbers of a series mean",
                                series_, Aggregation::reason(fate)),
                    Retry::useless);
    }

    bool pass_on() {
        const bool more = periods_.empty() || take_(periods_);
        periods_.clear();
        return more;
    }

    const HistoryRange& range_;
    Period period_;
    const date::time_zone& zone_;
    const AggregationRules& rules_;
    const TakeHistory& take_;
    std::string series_ = named_series(range_.series).name;
    const SeriesConfig* said_ = rules_.find(series_);
    std::string unit_;
    std::optional<Aggregation> aggregation_;
    PeriodSoFar open_;
    senml::Pack periods_;
    WholePeriod whole_ = [this](const Reading& reading) {
        add_reading(periods_, range_.series, reading);
    };
    // A gap, as any other.
    LackingPeriod lacking_ = [](const PeriodSoFar&, std::string_view) {};
};

}  // namespace

void read_periods(History& history, const HistoryRange& range, std::string_view every,
                  const AggregationRules& rules, const Call& call, const TakeHistory& take) {
    const auto period = Period::parse(every);
    if (!period)
        throw Error(fmt::format("\"{}\" is no period that could be kept", every), Retry::useless);
    const date::time_zone& zone = zone_named(rules.time_zone);
    HistoryRange whole = range;
    whole.from = period->next_begin(range.from, zone);
    whole.to = std::min(period->next_begin(range.to, zone), period->begin_of(call.now, zone));
    if (whole.from >= whole.to) return;
    Periods periods(whole, *period, zone, rules, take);
    bool wanted = true;
    history.read(whole, call, [&](const senml::Pack& chunk) {
        wanted = periods.add(chunk);
        return wanted;
    });
    if (wanted) periods.end();
}

}  // namespace courant
