#include "adapters/zabbix/item_history.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/zabbix/settings.hpp"

namespace courant::zabbix {

using nlohmann::json;

namespace {

template <class Integer>
Integer whole_number(const std::string& text, std::string_view place) {
    Integer value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end)
        throw Error(fmt::format("{}: history.get gives \"{}\" for a time", place, text),
                    Retry::worthwhile);
    return value;
}

}  // namespace

std::vector<Point> fetch_history(Api& api, const Item& item, std::int64_t from, std::int64_t till,
                                 std::size_t limit, const Patience& patience) {
    const json answer = api.call("history.get",
                                 {{"itemids", {item.itemid}},
                                  {"history", static_cast<int>(item.type)},
                                  {"time_from", from},
                                  {"time_till", till},
                                  {"limit", limit},
                                  {"sortfield", "clock"},
                                  {"sortorder", "ASC"},
                                  {"output", {"clock", "ns", "value"}}},
                                 patience);
    if (!answer.is_array())
        throw Error(fmt::format("{}: history.get gives no list", api.place()), Retry::worthwhile);
    std::vector<Point> points;
    points.reserve(answer.size());
    for (const json& row : answer)
        points.push_back({{whole_number<std::int64_t>(scalar(row, "clock"), api.place()),
                           whole_number<std::int32_t>(scalar(row, "ns"), api.place())},
                          scalar(row, "value")});
    return points;
}

std::vector<Series> read_series(const Settings& settings) {
    std::vector<Series> series;
    std::set<std::string> names;
    for (const Settings& table : settings.tables("series")) {
        series.push_back({series_name(table, "name"), item_ref(table), configured_unit(table)});
        if (!names.insert(series.back().name).second)
            throw table.error("name", "this series has an item already. Give each its own name.");
    }
    if (series.empty())
        throw settings.error("series", "a zabbix source needs at least one [[…series]] table");
    return series;
}

}  // namespace courant::zabbix
