// Zabbix as a sink: readings go to the trapper items that the table `map` names.
//
// The trapper only counts what failed. A request with failures is therefore split in two and sent
// again until each half is all one or all other: harmless, because Zabbix keeps the first value of
// (item, clock, ns). Readings of one item stay side by side for that, since an item takes all its
// values or none.
//
// Where the API is configured too, the items are looked up first, and a value that its item would
// drop later is rejected now, with the reason.
#pragma once

#include <memory>

#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// A sink from its settings; a ConfigError that points at the place where they are wrong.
std::unique_ptr<Sink> make_sink(const Settings& settings);

}  // namespace courant::zabbix
