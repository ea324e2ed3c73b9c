#include "jobs/aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "proxy-core/access/series_pattern.hpp"

namespace courant {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// What a period comes to; the caller has made sure that it is not a sum that lacks something.
Value value_of(const PeriodSoFar& period, const std::optional<Meaning>& meaning) {
    if (period.last.value.kind != senml::Kind::number || !meaning || *meaning == Meaning::index)
        return period.last.value;
    const double number =
        *meaning == Meaning::sum ? period.sum : period.sum / static_cast<double>(period.count);
    return {.kind = senml::Kind::number, .number = number};
}

}  // namespace

const SeriesConfig* AggregationRules::find(std::string_view name) const {
    const auto found = std::find_if(this->series.begin(), this->series.end(), [&](const auto& one) {
        return series_matches(one.series, name);
    });
    return found == this->series.end() ? nullptr : &*found;
}

Reading reading_of(const senml::Pack& pack, const senml::Record& record, Quality quality) {
    Reading reading{.time = record.time, .value = {.kind = record.kind}, .quality = quality};
    if (record.unit != senml::no_unit) reading.unit = pack.unit(record.unit);
    Value& value = reading.value;
    if (record.kind == senml::Kind::number) value.number = record.number;
    if (record.kind == senml::Kind::boolean && record.boolean) value.text = "1";
    if (record.kind == senml::Kind::text) value.text = pack.text(record);
    if (record.kind == senml::Kind::data) {
        const auto data = pack.data(record);
        value.text.resize(data.size());
        if (!data.empty()) std::memcpy(value.text.data(), data.data(), data.size());
    }
    return reading;
}

void add_reading(senml::Pack& pack, std::string_view name, const Reading& reading) {
    const auto id = pack.intern_name(name);
    const auto unit = reading.unit ? pack.intern_unit(*reading.unit) : senml::no_unit;
    const Value& value = reading.value;
    switch (value.kind) {
        case senml::Kind::number:
            pack.add(id, unit, reading.time, value.number);
            break;
        case senml::Kind::text:
            pack.add_text(id, unit, reading.time, value.text);
            break;
        case senml::Kind::boolean:
            pack.add_boolean(id, unit, reading.time, !value.text.empty());
            break;
        case senml::Kind::data:
            pack.add_data(id, unit, reading.time, bytes_of(value.text));
            break;
        case senml::Kind::none:
            pack.add_valueless(id, unit, reading.time);
            break;
    }
}

SeriesFacts facts_of(const SeriesConfig* said, std::string_view unit) {
    SeriesFacts facts;
    if (said != nullptr) {
        facts.meaning = said->meaning;
        facts.spacing = Period::parse(said->period);
    }
    if (!facts.meaning) facts.meaning = natural_meaning(unit);
    return facts;
}

std::string_view Aggregation::reason(Fate fate) {
    switch (fate) {
        case Fate::taken:
            return {};
        case Fate::late:
            return "it came after its period had gone";
        case Fate::other_unit:
            return "its unit is another one than that of its period's first reading";
        case Fate::no_value:
            return "it has no value that could be aggregated";
        case Fate::no_meaning:
            return "nobody has said what its numbers mean";
    }
    return {};
}

Aggregation::Fate Aggregation::take(PeriodSoFar& open, const Reading& reading,
                                    const WholePeriod& whole, const LackingPeriod& lacking) const {
    const bool number = reading.value.kind == senml::Kind::number;
    if (reading.value.kind == senml::Kind::none || (number && !std::isfinite(reading.value.number)))
        return Fate::no_value;
    if (number && !facts_.meaning) return Fate::no_meaning;
    const Time begin = period_.begin_of(reading.time, *zone_);
    if (open.begin && begin < *open.begin) return Fate::late;
    if (open.begin && begin == *open.begin && reading.unit != open.last.unit)
        return Fate::other_unit;
    const bool follows = open.begin.has_value();
    if (follows && begin > *open.begin) close(open, whole, lacking);
    if (!open.begin)
        open = {.begin = begin,
                .from_the_start = follows || open.from_the_start || reading.time == begin,
                .last = {.time = reading.time, .quality = reading.quality}};
    // A second reading of one time takes the place of the first.
    else if (number && reading.time == open.last.time &&
             open.last.value.kind == senml::Kind::number) {
        open.sum -= open.last.value.number;
        --open.count;
    }
    const Quality worst = std::min(open.last.quality, reading.quality);
    if (number) {
        open.sum += reading.value.number;
        ++open.count;
    }
    if (reading.time >= open.last.time) open.last = reading;
    open.last.quality = worst;
    return Fate::taken;
}

void Aggregation::close(PeriodSoFar& open, const WholePeriod& whole,
                        const LackingPeriod& lacking) const {
    if (!open.begin) return;
    const PeriodSoFar period = std::exchange(open, {});
    const bool sums = facts_.meaning == Meaning::sum && period.count > 0;
    if (sums && facts_.spacing) {
        const auto due = facts_.spacing->count_between(
            *period.begin, period_.end_of(*period.begin, *zone_), *zone_);
        if (period.count < due)
            return lacking(period, fmt::format("{} of {} readings: not the whole of its period",
                                               period.count, due));
    } else if (sums && !period.from_the_start) {
        return lacking(period, "it begins in the middle of its period");
    }
    whole({.time = *period.begin,
           .value = value_of(period, facts_.meaning),
           .unit = period.last.unit,
           .quality = period.last.quality});
}

}  // namespace courant
