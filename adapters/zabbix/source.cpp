#include "adapters/zabbix/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "adapters/zabbix/cursor.hpp"
#include "adapters/zabbix/item_history.hpp"
#include "adapters/zabbix/settings.hpp"
#include "adapters/zabbix/values.hpp"

namespace courant::zabbix {
namespace {

using std::chrono::seconds;

struct Plan {
    std::vector<Series> series;
    std::vector<ItemRef> refs;
    Paging paging;
    std::optional<seconds> start;
    std::chrono::nanoseconds timeout;
};

/// One call of pull().
class Pull {
  public:
    Pull(const Plan& plan, Api& api, const Call& call, std::string_view cursor)
        : plan_(plan),
          api_(api),
          call_(call),
          patience_(Patience::of(call, plan.timeout)),
          till_(std::chrono::floor<seconds>(call.now).time_since_epoch().count()),
          cursor_(Cursor::parse(cursor)) {}

    Extraction run() {
        items_ = find_items(api_, plan_.refs, patience_);
        queue_up();
        while (!waiting_.empty() && out_.readings.size() < call_.max_readings && take_page()) {
        }
        out_.more = !waiting_.empty();
        cursor_.next = waiting_.empty() ? std::string() : plan_.series[waiting_.front()].name;
        out_.cursor = cursor_.text();
        return std::move(out_);
    }

  private:
    /// Lines the readable series up, beginning where the last pull left off.
    void queue_up() {
        std::size_t first = 0;
        for (std::size_t i = 0; i < plan_.series.size(); ++i)
            if (plan_.series[i].name == cursor_.next) first = i;
        for (std::size_t i = 0; i < plan_.series.size(); ++i) {
            const std::size_t index = (first + i) % plan_.series.size();
            begin_if_new(plan_.series[index]);
            if (items_[index])
                waiting_.push_back(index);
            else
                report(index,
                       "Zabbix has no such item, or its user may not see it. Check the "
                       "table `series` and the permissions of the user group.");
        }
        if (waiting_.empty()) throw_first_fault();
    }

    /// The start is fixed at the first sight of a series; else it would move on while nothing
    /// comes.
    void begin_if_new(const Series& series) {
        const auto [entry, is_new] = cursor_.series.try_emplace(series.name);
        if (!is_new || !plan_.start) return;
        Position& position = entry->second.position;
        position.at = position.floor = std::max<std::int64_t>(0, till_ - plan_.start->count());
    }

    /// Reads a page of the series in front; false where it is time to hand over what there is.
    bool take_page() {
        const std::size_t index = waiting_.front();
        try {
            const Page page = read_page(state(index).position, till_, page_size(), fetch(index));
            add(index, page.fresh);
            state(index).fault.clear();
            waiting_.pop_front();
            if (!page.complete) waiting_.push_back(index);
            read_any_ = true;
            return true;
        } catch (const ApiFault& fault) {
            if (fault.worth_retrying()) return hand_over_or_throw();
            report(index, fault.what());
            waiting_.pop_front();
            if (waiting_.empty() && !read_any_) throw;
            return true;
        } catch (const Error&) {
            return hand_over_or_throw();
        }
    }

    /// After a fault: what was read is kept, and the next pull begins where the fault was met.
    bool hand_over_or_throw() {
        if (!read_any_) throw;
        return false;
    }

    FetchPage fetch(std::size_t index) {
        return [this, index](std::int64_t from, std::int64_t till, std::size_t limit) {
            return fetch_history(api_, *items_[index], from, till, limit, patience_);
        };
    }

    Paging page_size() const {
        Paging paging = plan_.paging;
        paging.page = std::clamp<std::size_t>(call_.max_readings, 1, paging.page);
        return paging;
    }

    void add(std::size_t index, const std::vector<Point>& points) {
        if (points.empty()) return;
        const Series& series = plan_.series[index];
        const Item& item = *items_[index];
        const auto rule = series.unit ? series.unit : unit_rule(item.units);
        const SeriesIds ids{
            .name = out_.readings.intern_name(series.name),
            .unit = rule ? out_.readings.intern_unit(rule->primary) : senml::no_unit};
        for (const Point& point : points)
            if (const auto added = append_point(out_.readings, ids, item.type, rule, point); !added)
                out_.refused.push_back(
                    {fmt::format("{}, {}.{:09}", where(series), point.stamp.clock, point.stamp.ns),
                     added.error(), point.value});
    }

    /// Sets a fault of a series aside when it begins.
    void report(std::size_t index, const std::string& fault) {
        const Series& series = plan_.series[index];
        if (first_fault_.empty()) first_fault_ = where(series) + ": " + fault;
        if (state(index).fault == fault) return;
        state(index).fault = fault;
        out_.refused.push_back({where(series), fault, series.name});
    }

    [[noreturn]] void throw_first_fault() const { throw Error(first_fault_, Retry::useless); }

    std::string where(const Series& series) const {
        return fmt::format("{}, {}", api_.place(), series.ref.people());
    }
    SeriesState& state(std::size_t index) { return cursor_.series[plan_.series[index].name]; }

    const Plan& plan_;
    Api& api_;
    const Call& call_;
    Patience patience_;
    std::int64_t till_;
    Cursor cursor_;
    std::vector<std::optional<Item>> items_;
    std::deque<std::size_t> waiting_;
    Extraction out_;
    std::string first_fault_;
    bool read_any_ = false;
};

class ZabbixSource : public Source {
  public:
    ZabbixSource(Plan plan, Api api) : plan_(std::move(plan)), api_(std::move(api)) {}

    Extraction pull(std::string_view cursor, const Call& call) override {
        return Pull(plan_, api_, call, cursor).run();
    }

  private:
    Plan plan_;
    Api api_;
};

}  // namespace

std::unique_ptr<Source> make_source(const Settings& settings) {
    if (!settings.has("url"))
        throw settings.error("url", "a zabbix source needs the address of Zabbix's front end");
    Plan plan;
    plan.series = read_series(settings);
    for (const Series& series : plan.series) plan.refs.push_back(series.ref);
    plan.paging.page = bounded(settings, "page", 50'000);
    plan.paging.overlap = std::chrono::ceil<seconds>(settings.duration("overlap")).count();
    if (settings.has("start")) plan.start = std::chrono::ceil<seconds>(settings.duration("start"));
    plan.timeout = settings.duration("timeout");
    return std::make_unique<ZabbixSource>(std::move(plan), make_api(settings));
}

}  // namespace courant::zabbix
