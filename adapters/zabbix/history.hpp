// Zabbix as a history: the values of one item between two times, page by page.
//
// How far back Zabbix keeps values is its housekeeper's business (trends are not values); what it
// has forgotten is a gap.
#pragma once

#include <memory>

#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// A history from its settings; a ConfigError that points at the place where they are wrong.
std::unique_ptr<History> make_history(const Settings& settings);

}  // namespace courant::zabbix
