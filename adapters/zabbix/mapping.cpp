#include "adapters/zabbix/mapping.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "adapters/zabbix/settings.hpp"

namespace courant::zabbix {
namespace {

std::optional<std::string> part_of(std::string_view word, const senml::Name& name) {
    if (word == "app") return name.app();
    if (word == "app_server") return name.app_server();
    if (word == "subject") return name.subject();
    if (word == "subject_server") return name.subject_server();
    if (word == "path") return fmt::format("{}", fmt::join(name.path(), "."));
    if (word == "name") return name.senml();
    return std::nullopt;
}

}  // namespace

std::string fill_pattern(std::string_view pattern, const senml::Name& name) {
    std::string out;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        pattern.remove_prefix(open);
        const auto close = pattern.find('}');
        const auto part = close == std::string_view::npos
                              ? std::nullopt
                              : part_of(pattern.substr(1, close - 1), name);
        out += part ? *part : std::string(1, '{');
        pattern.remove_prefix(part ? close + 1 : 1);
    }
    return out;
}

Mapping::Mapping(const Settings& settings) {
    for (const Settings& table : settings.tables("map")) add(table);
    if (by_name_.empty() && !fallback_)
        throw settings.error("map", "a zabbix sink needs at least one [[…map]] table");
}

void Mapping::add(const Settings& table) {
    Target target{.ref = {.host = table.text("host"), .key = table.text("key"), .itemid = {}},
                  .unit = configured_unit(table)};
    if (target.ref.host.empty()) throw table.error("host", "the host's technical name is missing");
    if (target.ref.key.empty()) throw table.error("key", "the item's key is missing");
    if (table.text("name") == "*") {
        if (fallback_) throw table.error("name", "there is a fallback `*` already");
        fallback_ = std::move(target);
        return;
    }
    if (!by_name_.emplace(series_name(table, "name"), std::move(target)).second)
        throw table.error("name", "this series has an item already; a series goes to one item");
}

std::optional<Target> Mapping::target(std::string_view name) const {
    if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
    if (!fallback_) return std::nullopt;
    const auto parsed = senml::Name::parse(name);
    if (!parsed) return std::nullopt;
    Target target = *fallback_;
    target.ref.host = fill_pattern(target.ref.host, *parsed);
    target.ref.key = fill_pattern(target.ref.key, *parsed);
    return target;
}

}  // namespace courant::zabbix
