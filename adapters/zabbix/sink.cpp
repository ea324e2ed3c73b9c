#include "adapters/zabbix/sink.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/zabbix/mapping.hpp"
#include "adapters/zabbix/settings.hpp"
#include "adapters/zabbix/trapper.hpp"
#include "adapters/zabbix/values.hpp"

namespace courant::zabbix {
namespace {

using Outcome = Verdict::Outcome;

/// A request stays below what the trapper reads at once.
constexpr std::size_t max_request_bytes = std::size_t{8} << 20;

/// One value, ready to go.
struct Entry {
    std::size_t record;  ///< its index in the pack
    std::uint32_t item;  ///< readings of one item have the same number
    std::string json;
};

/// Where one series of the pack goes.
struct Route {
    std::optional<Target> target;
    std::optional<Item> item;
};

struct Plan {
    Mapping mapping;
    std::size_t batch;
    std::chrono::nanoseconds timeout;
};

/// One call of deliver().
class Delivery {
  public:
    Delivery(const Plan& plan, const Trapper& trapper, Api* api, const senml::Pack& readings,
             const Call& call)
        : plan_(plan),
          trapper_(trapper),
          api_(api),
          readings_(readings),
          patience_(Patience::of(call, plan.timeout)),
          verdicts_(readings.size()) {}

    std::vector<Verdict> run() {
        find_routes();
        for (std::size_t i = 0; i < readings_.size(); ++i) prepare(i);
        std::ranges::stable_sort(entries_, {}, &Entry::item);
        for (std::size_t begin = 0; begin < entries_.size();) {
            const std::size_t end = end_of_batch(begin);
            push(std::span(entries_).subspan(begin, end - begin));
            begin = end;
        }
        return std::move(verdicts_);
    }

  private:
    /// Maps every series of the pack, and looks its items up where there is an API.
    void find_routes() {
        std::vector<std::size_t> mapped;
        std::vector<ItemRef> refs;
        for (std::size_t i = 0; i < readings_.name_count(); ++i) {
            const auto id = static_cast<senml::NameId>(i);
            routes_.push_back({plan_.mapping.target(readings_.name(id)), std::nullopt});
            if (!routes_.back().target) continue;
            mapped.push_back(i);
            refs.push_back(routes_.back().target->ref);
        }
        if (api_ == nullptr || refs.empty()) return;
        const auto items = find_items(*api_, refs, patience_);
        for (std::size_t i = 0; i < mapped.size(); ++i) routes_[mapped[i]].item = items[i];
    }

    /// Makes the entry of a record, or its verdict where there can be none.
    void prepare(std::size_t index) {
        const senml::Record& record = readings_[index];
        const auto series = static_cast<std::size_t>(record.name);
        const Route& route = routes_[series];
        if (!route.target) {
            decide(index, Outcome::rejected,
                   fmt::format("no zabbix item for series {}. Add a table to `map`, or the "
                               "fallback `*`.",
                               readings_.name(record.name)));
            return;
        }
        if (api_ != nullptr && !route.item) {
            decide(index, Outcome::later,
                   fmt::format("{} has no item {}, or its user may not see it", api_->place(),
                               route.target->ref.people()));
            return;
        }
        const auto stamp = stamp_of(record.time);
        if (!stamp) {
            decide(index, Outcome::rejected, "Zabbix holds times from 1970 to 2038 only");
            return;
        }
        const auto text = value_text(readings_, record, destination(route));
        if (!text) {
            decide(index, Outcome::rejected, text.error());
            return;
        }
        const ItemRef& ref = route.target->ref;
        auto json = request_entry(ref.host, ref.key, *text, *stamp);
        if (json)
            entries_.push_back({index, static_cast<std::uint32_t>(series), std::move(*json)});
        else
            decide(index, Outcome::rejected, "the text is no UTF-8");
    }

    static Destination destination(const Route& route) {
        Destination out{.unit = route.target->unit, .type = std::nullopt};
        if (!route.item) return out;
        out.type = route.item->type;
        if (!out.unit) out.unit = unit_rule(route.item->units);
        return out;
    }

    std::size_t end_of_batch(std::size_t begin) const {
        std::size_t bytes = 0;
        std::size_t end = begin;
        while (end < entries_.size() && end - begin < plan_.batch) {
            bytes += entries_[end].json.size();
            if (end > begin && bytes > max_request_bytes) break;
            ++end;
        }
        return end;
    }

    /// Sends a batch, and its halves where it fails in part.
    void push(std::span<const Entry> entries) {
        std::vector<std::string_view> data;
        data.reserve(entries.size());
        for (const Entry& entry : entries) data.push_back(entry.json);
        const Tally tally = trapper_.send(data, patience_);
        if (tally.failed == 0) return;  // verdicts begin as delivered
        if (tally.processed > 0) {
            const std::size_t half = entries.size() / 2;
            push(entries.first(half));
            push(entries.subspan(half));
            return;
        }
        for (const Entry& entry : entries) {
            const auto& target = *routes_[entry.item].target;
            decide(entry.record, Outcome::later,
                   fmt::format("Zabbix does not take {}: host or key is unknown or disabled, it is "
                               "no trapper item, or it is not yet in the configuration cache",
                               target.ref.people()));
        }
    }

    void decide(std::size_t record, Outcome outcome, std::string reason) {
        verdicts_[record] = {outcome, std::move(reason)};
    }

    const Plan& plan_;
    const Trapper& trapper_;
    Api* api_;  ///< none: nothing is known of the items
    const senml::Pack& readings_;
    Patience patience_;
    std::vector<Route> routes_;  ///< by NameId
    std::vector<Entry> entries_;
    std::vector<Verdict> verdicts_;
};

class ZabbixSink : public Sink {
  public:
    ZabbixSink(Plan plan, std::string address, std::optional<Api> api)
        : plan_(std::move(plan)), trapper_(std::move(address)), api_(std::move(api)) {}

    std::vector<Verdict> deliver(const senml::Pack& readings, const Call& call) override {
        return Delivery(plan_, trapper_, api_ ? &*api_ : nullptr, readings, call).run();
    }

  private:
    Plan plan_;
    Trapper trapper_;
    std::optional<Api> api_;
};

/// "host:port" as it is written; the default port is added where there is none.
std::string trapper_address(const Settings& settings) {
    constexpr std::string_view default_port = "10051";
    const std::string& text = settings.text("trapper");
    const auto colon = text.rfind(':');
    const bool no_port = colon == std::string::npos || text.ends_with(']');
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::string_view port = no_port ? default_port : std::string_view(text).substr(colon + 1);
    if (text.empty() || colon == 0 || port.empty() || port.size() > 5 ||
        !std::ranges::all_of(port, is_digit) || text.find_first_of("/@ ") != std::string::npos)
        throw settings.error("trapper", "write it as host:port, such as zabbix.example:10051");
    return no_port ? fmt::format("{}:{}", text, port) : text;
}

}  // namespace

std::unique_ptr<Sink> make_sink(const Settings& settings) {
    if (!settings.has("trapper"))
        throw settings.error("trapper", "a zabbix sink needs the address of the trapper port");
    Plan plan{.mapping = Mapping(settings),
              .batch = bounded(settings, "batch", 1000),
              .timeout = settings.duration("timeout")};
    std::optional<Api> api;
    if (settings.has("url")) api = make_api(settings);
    return std::make_unique<ZabbixSink>(std::move(plan), trapper_address(settings), std::move(api));
}

}  // namespace courant::zabbix
