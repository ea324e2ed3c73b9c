#include "adapters/csv/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "adapters/csv/source.hpp"

namespace courant::csv {

namespace {

constexpr std::size_t readings_at_once = 10'000;

/// The earliest readings of a range.
class Earliest {
  public:
    Earliest(senml::Time from, senml::Time to, std::size_t most)
        : from_(from), to_(to), most_(most) {}

    void add_all(const senml::Pack& readings) {
        for (const senml::Record& record : readings.records()) {
            if (record.time < from_ || record.time >= to_) continue;
            found_.insert_or_assign(record.time, value_of(readings, record));
            if (found_.size() <= most_) continue;
            // Whatever else is left out comes later than this.
            const auto last = std::prev(found_.end());
            to_ = last->first;
            cut_ = to_;
            found_.erase(last);
        }
    }

    /// Where to go on; nothing: that is all.
    std::optional<senml::Time> cut() const { return cut_; }

    senml::Pack pack(const Series& series) const {
        senml::Pack out;
        if (found_.empty()) return out;
        const auto name = out.intern_name(series.name);
        const std::string& unit_text = series.conversion.unit();
        const auto unit = unit_text.empty() ? senml::no_unit : out.intern_unit(unit_text);
        for (const auto& [time, value] : found_) {
            if (const auto* number = std::get_if<double>(&value))
                out.add(name, unit, time, *number);
            else if (const auto* flag = std::get_if<bool>(&value))
                out.add_boolean(name, unit, time, *flag);
            else
                out.add_text(name, unit, time, std::get<std::string>(value));
        }
        return out;
    }

  private:
    using Value = std::variant<double, bool, std::string>;

    static Value value_of(const senml::Pack& readings, const senml::Record& record) {
        if (record.kind == senml::Kind::boolean) return record.boolean;
        if (record.kind == senml::Kind::text) return std::string(readings.text(record));
        return record.number;
    }

    senml::Time from_, to_;
    std::size_t most_;
    std::optional<senml::Time> cut_;
    std::map<senml::Time, Value> found_;
};

void insist_on_time(const Call& call) {
    if (call.stop.stop_requested()) throw Error("was asked to end", Retry::worthwhile);
    if (std::chrono::steady_clock::now() >= call.deadline)
        throw Error("going through the files takes longer than limits.adapter_timeout",
                    Retry::useless);
}

}  // namespace

CsvHistory::CsvHistory(const Settings& settings) : settings_(SourceSettings::from(settings)) {}

bool CsvHistory::speaks(std::string_view series) const {
    return std::any_of(settings_.series.begin(), settings_.series.end(),
                       [&](const Series& candidate) { return candidate.name == series; });
}

void CsvHistory::read(const HistoryRange& range, const Call& call, const TakeHistory& take) {
    SourceSettings wanted = settings_;
    std::erase_if(wanted.series, [&](const Series& s) { return s.name != range.series; });
    if (wanted.series.empty()) return;
    // In a long file the rows of other series are no fault here.
    wanted.unknown_key = UnknownKey::ignore;
    CsvSource source(wanted);
    Call portion = call;
    portion.max_readings = readings_at_once;
    for (std::optional<senml::Time> from = range.from; from;) {
        Earliest earliest(*from, range.to, std::max<std::size_t>(call.max_readings, 1));
        std::string cursor;
        for (bool more = true; more;) {
            insist_on_time(call);
            const Extraction found = source.pull(cursor, portion);
            earliest.add_all(found.readings);
            cursor = found.cursor;
            more = found.more;
        }
        const senml::Pack chunk = earliest.pack(wanted.series.front());
        if (!chunk.empty() && !take(chunk)) return;
        from = earliest.cut();
    }
}

}  // namespace courant::csv
