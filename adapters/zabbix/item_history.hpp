// What the source and the history read alike: the series of the configuration, and pages of an
// item.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/zabbix/api.hpp"
#include "adapters/zabbix/items.hpp"
#include "adapters/zabbix/paging.hpp"
#include "adapters/zabbix/units.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// One series of the configuration.
struct Series {
    std::string name;
    ItemRef ref;
    /// The unit that the configuration says, in place of the item's.
    std::optional<UnitRule> unit;
};

/// The table `series`; a ConfigError that points at the place where it is wrong.
std::vector<Series> read_series(const Settings& settings);

/// A page of an item's history, as FetchPage has it.
std::vector<Point> fetch_history(Api& api, const Item& item, std::int64_t from, std::int64_t till,
                                 std::size_t limit, const Patience& patience);

}  // namespace courant::zabbix
