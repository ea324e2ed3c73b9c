// How the readings of a period become one.
//
//     Aggregation hourly(*Period::parse("PT1H"), zone, {.meaning = Meaning::instant});
//     PeriodSoFar open;                                  // kept between the readings, anywhere
//     hourly.take(open, {.time = …, .value = …}, [&](const Reading& whole) { … });
//
// What numbers mean decides: of what is momentary or an average the mean, of amounts the sum, of a
// counter and of texts the last. A whole period is one reading at its beginning. Its quality is the
// worst of those it was made of.
//
// Never a wrong one: a period is only told when a reading behind it, or the end of what was asked,
// shows that it is over. A sum that lacks something is not told at all; whether it does is known
// where [[series]] says how far apart the readings are, and else assumed of a first period whose
// beginning nobody saw. What comes after its period was told is refused.
//
// Values; no clock is read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/meaning.hpp"
#include "proxy-core/access/period.hpp"
#include "proxy-core/config/config.hpp"
#include "senml/pack.hpp"

namespace courant {

/// What the administrator says of series and of days.
struct AggregationRules {
    std::vector<SeriesConfig> series = {};
    /// An IANA zone that there is.
    std::string time_zone = "UTC";

    /// Null where nothing is said of that series, in people's spelling.
    const SeriesConfig* find(std::string_view series) const;
};

/// What a reading says, apart from its pack.
struct Value {
    senml::Kind kind = senml::Kind::none;
    double number = 0;
    /// Of kind text and data: the bytes; of a boolean "1" or empty.
    std::string text = {};

    bool operator==(const Value&) const = default;
};

/// A reading of a series that is known.
struct Reading {
    Time time = {};
    Value value = {};
    /// Nothing where it has none.
    std::optional<std::string> unit = {};
    Quality quality = Quality::raw;

    bool operator==(const Reading&) const = default;
};

/// The reading that a record is.
Reading reading_of(const senml::Pack& pack, const senml::Record& record, Quality quality);
/// Appends it to a pack under a name in SenML spelling.
void add_reading(senml::Pack& pack, std::string_view name, const Reading& reading);

/// A period under way; nothing in it while there is none, but maybe what is known of the first.
struct PeriodSoFar {
    std::optional<Time> begin = {};
    /// Whether nothing of it can have gone by unseen before its first reading.
    bool from_the_start = false;
    /// Numbers in it, and their sum.
    std::int64_t count = 0;
    double sum = 0;
    /// The last reading, with the worst quality of all.
    Reading last = {};

    bool operator==(const PeriodSoFar&) const = default;
};

/// What a series is, as far as it is needed here.
struct SeriesFacts {
    /// Nothing: nobody knows, and its numbers cannot be aggregated.
    std::optional<Meaning> meaning = {};
    /// How far apart its readings are; nothing: nobody knows.
    std::optional<Period> spacing = {};

    bool operator==(const SeriesFacts&) const = default;
};
/// From what the administrator said, or else the unit.
SeriesFacts facts_of(const SeriesConfig* said, std::string_view unit);

/// A whole period, or why there is none.
using WholePeriod = std::function<void(const Reading&)>;
/// A period that lacks something: how many readings it had, and why it is not told.
using LackingPeriod = std::function<void(const PeriodSoFar&, std::string_view why)>;

/// Makes periods of the readings of one series. Has no state but what it is given.
class Aggregation {
  public:
    /// What becomes of a reading.
    enum class Fate {
        taken,
        late,        ///< its period is over and told
        other_unit,  ///< than the others of its period
        no_value,    ///< it has none, or none that is finite
        no_meaning   ///< nobody knows how numbers of this series become one
    };
    static std::string_view reason(Fate fate);

    /// The zone outlives it.
    Aggregation(Period period, const date::time_zone& zone, SeriesFacts facts)
        : period_(period), zone_(&zone), facts_(facts) {}

    /// Takes a reading into the period under way; if it belongs to a later one, that is over.
    Fate take(PeriodSoFar& open, const Reading& reading, const WholePeriod& whole,
              const LackingPeriod& lacking) const;
    /// The period under way is over.
    void close(PeriodSoFar& open, const WholePeriod& whole, const LackingPeriod& lacking) const;

  private:
    Period period_;
    const date::time_zone* zone_;
    SeriesFacts facts_;
};

}  // namespace courant
