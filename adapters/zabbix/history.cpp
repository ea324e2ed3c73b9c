#include "adapters/zabbix/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/zabbix/item_history.hpp"
#include "adapters/zabbix/settings.hpp"
#include "adapters/zabbix/values.hpp"

namespace courant::zabbix {
namespace {

using std::chrono::seconds;

std::int64_t second_of(senml::Time time) {
    return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

void insist_on_time(const Call& call) {
    if (call.stop.stop_requested()) throw Error("was asked to end", Retry::worthwhile);
    if (std::chrono::steady_clock::now() >= call.deadline)
        throw Error("Zabbix takes longer than limits.adapter_timeout", Retry::worthwhile);
}

class ZabbixHistory : public History {
  public:
    ZabbixHistory(std::vector<Series> series, Paging paging, std::chrono::nanoseconds timeout,
                  Api api)
        : series_(std::move(series)), paging_(paging), timeout_(timeout), api_(std::move(api)) {}

    bool speaks(std::string_view name) const override { return find(name) != nullptr; }

    void read(const HistoryRange& range, const Call& call, const TakeHistory& take) override {
        const Series* series = find(range.series);
        if (!series) return;
        const Patience patience = Patience::of(call, timeout_);
        const auto item = find_items(api_, {&series->ref, 1}, patience).front();
        if (!item)
            throw Error(fmt::format("{}: Zabbix has no item {}, or its user may not see it",
                                    api_.place(), series->ref.people()),
                        Retry::useless);
        const auto fetch = [&](std::int64_t from, std::int64_t till, std::size_t limit) {
            return fetch_history(api_, *item, from, till, limit, patience);
        };
        Paging paging = paging_;
        paging.page = std::clamp<std::size_t>(call.max_readings, 1, paging.page);
        Position position;
        position.at = std::max<std::int64_t>(0, second_of(range.from));
        std::vector<Point> held;
        for (bool complete = false; !complete;) {
            insist_on_time(call);
            Page page = read_page(position, second_of(range.to), paging, fetch);
            complete = page.complete;
            std::vector<Point> points = std::exchange(held, {});
            points.insert(points.end(), page.fresh.begin(), page.fresh.end());
            std::ranges::sort(points, {}, &Point::stamp);
            // The page's last second may go on in the next one, with values that belong before.
            const auto open = std::ranges::find_if(points, [&](const Point& point) {
                return !complete && point.stamp.clock >= position.at;
            });
            held.assign(open, points.end());
            points.erase(open, points.end());
            const senml::Pack chunk = pack_of(*series, *item, points, range);
            if (!chunk.empty() && !take(chunk)) return;
        }
    }

  private:
    const Series* find(std::string_view name) const {
        const auto found = std::ranges::find(series_, name, &Series::name);
        return found == series_.end() ? nullptr : &*found;
    }

    // A value that cannot be used is told by the source.
    static senml::Pack pack_of(const Series& series, const Item& item,
                               const std::vector<Point>& points, const HistoryRange& range) {
        senml::Pack pack;
        const auto rule = series.unit ? series.unit : unit_rule(item.units);
        const SeriesIds ids{.name = pack.intern_name(series.name),
                            .unit = rule ? pack.intern_unit(rule->primary) : senml::no_unit};
        for (const Point& point : points) {
            const senml::Time time = time_of(point.stamp);
            if (time < range.from || time >= range.to) continue;
            static_cast<void>(append_point(pack, ids, item.type, rule, point));
        }
        return pack;
    }

    std::vector<Series> series_;
    Paging paging_;
    std::chrono::nanoseconds timeout_;
    Api api_;
};

}  // namespace

std::unique_ptr<History> make_history(const Settings& settings) {
    if (!settings.has("url")) return nullptr;
    return std::make_unique<ZabbixHistory>(read_series(settings),
                                           Paging{.page = bounded(settings, "page", 50'000)},
                                           settings.duration("timeout"), make_api(settings));
}

}  // namespace courant::zabbix
