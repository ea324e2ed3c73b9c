// Settings of the zabbix adapter as the configuration would make them: what the test says, and the
// fallbacks of the rest.
#pragma once

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "adapters/zabbix/zabbix.hpp"

namespace courant::test {

using Pairs = std::vector<std::pair<std::string, Settings::Value>>;

inline Settings table(const Pairs& pairs) {
    Settings settings("town.toml:12: adapters.zabbix");
    for (const auto& [name, value] : pairs) settings.set(name, value);
    return settings;
}

/// `timeout` is short, so that a test of a silent server is.
inline Settings zabbix_settings(const Pairs& pairs) {
    using namespace std::chrono_literals;
    Settings settings = table({{"timeout", std::chrono::nanoseconds(20s)},
                               {"overlap", std::chrono::nanoseconds(10min)},
                               {"page", std::int64_t{1000}},
                               {"batch", std::int64_t{1000}}});
    for (const auto& [name, value] : pairs) settings.set(name, value);
    return settings;
}

}  // namespace courant::test
