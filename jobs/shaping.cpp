#include "jobs/shaping.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "jobs/memory_text.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

// For whom a memory holds. What it is about stands beside it: peer, series and grant.
std::string terms_of(const Shape& shape, const SeriesFacts& facts) {
    return fmt::format("shape {} {} {}", shape.every.empty() ? "-" : shape.every, shape.dead_band,
                       facts.meaning ? to_word(*facts.meaning) : "-");
}

bool moved(const Reading& reading, const Reading& sent, const Shape& shape) {
    if (reading.value.kind != sent.value.kind || reading.unit != sent.unit) return true;
    if (reading.value.kind == senml::Kind::number
            ? std::abs(reading.value.number - sent.value.number) >= shape.dead_band
            : reading.value != sent.value)
        return true;
    return !shape.heartbeat.empty() && reading.time - sent.time >= nominal_length(shape.heartbeat);
}

std::string words_of(const Value& value) {
    return value.kind == senml::Kind::number ? fmt::format("{}", value.number) : value.text;
}

}  // namespace

/// One series on its way to one destination.
class Shaper::OneSeries {
  public:
    OneSeries(const Shaper& shaper, const Destination& to, std::string_view name,
              std::string_view unit, Shaped& out)
        : to_(to),
          name_(name),
          people_(named_series(name).name),
          said_(shaper.rules_.find(people_)),
          unit_(unit),
          facts_(facts_of(said_, unit)),
          terms_(terms_of(to.shape, facts_)),
          out_(out) {
        if (const auto period = Period::parse(to.shape.every))
            aggregation_.emplace(*period, *shaper.zone_, facts_);
    }

    void recall(const ShapeState& state) {
        kept_ = state;
        auto memory = shape_memory_from(state.state);
        if (memory && memory->terms == terms_ && state.grant == to_.grant)
            memory_ = std::move(*memory);
        else if (memory)
            out_.forgotten += memory->open.count;
        memory_.terms = terms_;
    }

    void take(const Reading& reading) {
        if (!aggregation_) return select(reading);
        // Of a series of which nothing is said, another unit may mean something else.
        const std::string_view unit = reading.unit ? std::string_view(*reading.unit) : "";
        if (unit != unit_ && facts_of(said_, unit) != facts_)
            return refuse(reading.time, Aggregation::reason(Aggregation::Fate::other_unit),
                          words_of(reading.value));
        const auto fate = aggregation_->take(
            memory_.open, reading, [this](const Reading& whole) { select(whole); },
            [this](const PeriodSoFar& period, std::string_view why) {
                refuse(*period.begin, why, fmt::format("{}", period.sum));
            });
        if (fate == Aggregation::Fate::no_meaning)
            ++out_.withheld[people_];
        else if (fate != Aggregation::Fate::taken)
            refuse(reading.time, Aggregation::reason(fate), words_of(reading.value));
    }

    void remember() {
        std::string text = to_text(memory_);
        if (!memory_.open.begin && !memory_.sent) text.clear();
        if (text == kept_.state && (text.empty() || kept_.grant == to_.grant)) return;
        out_.states.push_back({to_.peer, std::string(name_), to_.grant, std::move(text)});
    }

  private:
    void select(const Reading& reading) {
        if (to_.shape.dead_band > 0) {
            if (memory_.sent && !moved(reading, *memory_.sent, to_.shape)) return;
            memory_.sent = reading;
        }
        add_reading(out_.readings[reading.quality], name_, reading);
    }

    void refuse(Time time, std::string_view why, std::string payload) {
        out_.refused.push_back({fmt::format("{} at {}", people_, to_timestamp(time)),
                                fmt::format("not for {}: {}", to_.peer.to_string(), why),
                                std::move(payload)});
    }

    const Destination& to_;
    std::string_view name_;
    std::string people_;
    const SeriesConfig* said_;
    std::string_view unit_;
    SeriesFacts facts_;
    std::string terms_;
    Shaped& out_;
    std::optional<Aggregation> aggregation_;
    ShapeState kept_;
    ShapeMemory memory_;
};

Shaper::Shaper(AggregationRules rules)
    : rules_(std::move(rules)), zone_(&zone_named(rules_.time_zone)) {}

void Shaper::shape(const senml::Pack& pack, std::span<const std::size_t> records,
                   const Destination& to, Quality quality, ShapeBook& book, Shaped& out) const {
    std::map<senml::NameId, OneSeries> all;
    for (const std::size_t i : records) {
        const senml::Record& record = pack[i];
        auto at = all.find(record.name);
        if (at == all.end()) {
            const std::string_view name = pack.name(record.name);
            const std::string_view unit =
                record.unit == senml::no_unit ? std::string_view() : pack.unit(record.unit);
            at = all.try_emplace(record.name, *this, to, name, unit, out).first;
            at->second.recall(book.state(to.peer, name));
        }
        at->second.take(reading_of(pack, record, quality));
    }
    for (auto& [name, series] : all) series.remember();
}

}  // namespace courant
