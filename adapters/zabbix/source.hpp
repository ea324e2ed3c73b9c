// Zabbix as a source: every series is one item, its history read on from where the cursor stands.
//
// One history.get per page and item, the items taking turns a page each, so that one with a long
// backlog delays the others by a page and not by a year. Fetching several items in one request
// would save little (a page takes 8 ms) and would tie their limits and their faults together.
//
// A series whose item is missing, or whose request Zabbix refuses, is reported once, when that
// begins, as something refused; the others go on. If no series at all can be read, the pull fails.
#pragma once

#include <memory>

#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// A source from its settings; a ConfigError that points at the place where they are wrong.
std::unique_ptr<Source> make_source(const Settings& settings);

}  // namespace courant::zabbix
