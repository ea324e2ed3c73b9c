// Zabbix's items: which number they have, which type of value, which unit.
//
// The type must be known before anything is read or written: history.get answers an empty list, not
// an error, when it is asked in the wrong history table, and the trapper takes a value of the wrong
// type with a "processed" and drops it later. Items are looked up anew at every call, in one
// request for all: an item may be changed or made again at any time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/zabbix/api.hpp"

namespace courant::zabbix {

/// Zabbix's `value_type`, which is also the number of the history table.
enum class ValueType { real = 0, chars = 1, log = 2, integer = 3, text = 4 };

/// How the configuration names an item: by host and key, or by number.
struct ItemRef {
    std::string host, key;
    std::string itemid;

    /// For a person: "roof: energy.power[apparent]" or "item 42".
    std::string people() const;
};

/// What is to be known of an item.
struct Item {
    std::string itemid;
    ValueType type = ValueType::real;
    std::string units;
};

/// The items, in the order of `wanted`; nothing where Zabbix has none of that name, or does not
/// show it to us.
std::vector<std::optional<Item>> find_items(Api& api, std::span<const ItemRef> wanted,
                                            const Patience& patience);

}  // namespace courant::zabbix
