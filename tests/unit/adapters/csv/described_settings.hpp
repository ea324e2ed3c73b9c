// Settings as the configuration makes them of an adapter's description: what a test gives, and the
// fallback for the rest.
#pragma once

#include <charconv>
#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proxy-core/adapter.hpp"

namespace courant::test {

using Given = std::vector<std::pair<std::string, Settings::Value>>;

inline std::chrono::nanoseconds fallback_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "s") return std::chrono::seconds{count};
    if (unit == "m") return std::chrono::minutes{count};
    if (unit == "h") return std::chrono::hours{count};
    throw std::logic_error("the test reads no such duration: " + std::string(text));
}

inline Settings::Value fallback_value(const Property& property) {
    if (property.type == Property::Type::flag) return property.fallback == "true";
    if (property.type == Property::Type::duration) return fallback_duration(property.fallback);
    if (property.type == Property::Type::integer)
        return std::int64_t{std::stoll(std::string(property.fallback))};
    return std::string(property.fallback);
}

/// `given`, and the fallbacks of the others. A property that the description lacks is an error of
/// the test.
inline Settings described(std::span<const Property> properties, const Given& given) {
    Settings settings("test.toml:1: adapters.test");
    for (const Property& property : properties)
        if (!property.fallback.empty())
            settings.set(std::string(property.name), fallback_value(property));
    for (const auto& [name, value] : given) {
        bool known = false;
        for (const Property& property : properties) known = known || property.name == name;
        if (!known) throw std::logic_error("no such property: " + name);
        settings.set(name, value);
    }
    return settings;
}

/// The properties of the tables that the property `name` lists.
inline std::span<const Property> table_properties(std::span<const Property> properties,
                                                  std::string_view name) {
    for (const Property& property : properties)
        if (property.name == name) return property.items;
    throw std::logic_error("no such property: " + std::string(name));
}

}  // namespace courant::test
