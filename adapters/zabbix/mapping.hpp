// Which item a series goes to: the table `map` of a sink.
//
// Most series are named one by one. One table may be the fallback, with the name `*`; its host and
// key are patterns in which {app}, {app_server}, {subject}, {subject_server}, {path} (the levels,
// joined by `.`) and {name} (the whole name, SenML spelling) stand for the parts of the series'
// name:
//
//     name = "*"    host = "{subject}"    key = "courant[{path}]"
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/zabbix/items.hpp"
#include "adapters/zabbix/units.hpp"
#include "proxy-core/adapter.hpp"
#include "senml/name.hpp"

namespace courant::zabbix {

/// The item that a series goes to, and the unit that the configuration says it holds.
struct Target {
    ItemRef ref;
    std::optional<UnitRule> unit;
};

/// Replaces the {words} of a pattern by the parts of a name; an unknown word stays as it is.
std::string fill_pattern(std::string_view pattern, const senml::Name& name);

/// The table `map`.
class Mapping {
  public:
    /// Reads the tables; a ConfigError that points at the place where one is wrong.
    explicit Mapping(const Settings& settings);
    /// Where a series goes (its name in SenML spelling); nothing if neither a table nor the
    /// fallback covers it.
    std::optional<Target> target(std::string_view name) const;

  private:
    void add(const Settings& table);

    std::map<std::string, Target, std::less<>> by_name_;
    std::optional<Target> fallback_;
};

}  // namespace courant::zabbix
