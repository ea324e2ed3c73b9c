#include "adapters/zabbix/items.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace courant::zabbix {
namespace {

using nlohmann::json;

/// What Zabbix answered, to be found by number and by host and key.
struct Index {
    std::map<std::string, Item> by_id;
    std::map<std::pair<std::string, std::string>, Item> by_key;
};

std::optional<ValueType> value_type(const json& item) {
    const std::string text = scalar(item, "value_type");
    if (text.size() != 1 || text[0] < '0' || text[0] > '4') return std::nullopt;
    return static_cast<ValueType>(text[0] - '0');
}

void read_items(Api& api, json params, const Patience& patience, Index& index) {
    params["output"] = {"itemid", "key_", "value_type", "units"};
    params["selectHosts"] = {"host"};
    params["webitems"] = true;
    const json items = api.call("item.get", params, patience);
    for (const json& entry : items) {
        const auto type = value_type(entry);
        if (!type) continue;  // a type of a later Zabbix that has no history as we know it
        const Item item{scalar(entry, "itemid"), *type, scalar(entry, "units")};
        index.by_id[item.itemid] = item;
        if (!entry.contains("hosts")) continue;
        for (const json& host : entry["hosts"])
            index.by_key[{scalar(host, "host"), scalar(entry, "key_")}] = item;
    }
}

template <class Map, class Key>
std::optional<Item> find(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::string ItemRef::people() const {
    return itemid.empty() ? fmt::format("{}: {}", host, key) : fmt::format("item {}", itemid);
}

std::vector<std::optional<Item>> find_items(Api& api, std::span<const ItemRef> wanted,
                                            const Patience& patience) {
    std::set<std::string> hosts, keys, ids;
    for (const ItemRef& ref : wanted) {
        if (!ref.itemid.empty()) {
            ids.insert(ref.itemid);
        } else {
            hosts.insert(ref.host);
            keys.insert(ref.key);
        }
    }
    Index index;
    if (!ids.empty()) read_items(api, {{"itemids", ids}}, patience, index);
    if (!keys.empty())  // gives every pair of these hosts and keys; the index picks
        read_items(api, {{"filter", {{"host", hosts}, {"key_", keys}}}}, patience, index);

    std::vector<std::optional<Item>> found;
    found.reserve(wanted.size());
    for (const ItemRef& ref : wanted)
        found.push_back(ref.itemid.empty() ? find(index.by_key, std::pair(ref.host, ref.key))
                                           : find(index.by_id, ref.itemid));
    return found;
}

}  // namespace courant::zabbix
