// Zabbix, both ways: history out through the JSON-RPC API, readings in through the trapper port.
#pragma once

#include "proxy-core/adapter.hpp"

namespace courant {

/// The adapter `zabbix`.
const Adapter& zabbix_adapter();

}  // namespace courant
