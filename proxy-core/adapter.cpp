// Settings as adapters read them, and the one check of names that every adapter with a `series`
// table needs.
//
// Two kinds of mistake meet here and must not be mixed up. Asking for a property that was never
// set, or as another type, is the adapter's bug: std::logic_error, which no job catches as an
// expected fault. A wrong value is the administrator's to mend: a ConfigError that names the place
// in the file.
#include "proxy-core/adapter.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "senml/name.hpp"

namespace courant {

namespace {

const char* type_name(const Settings::Value& value) {
    static constexpr const char* names[] = {"a text", "a whole number", "a number",
                                            "a flag", "a duration",     "a list of tables"};
    static_assert(std::size(names) == std::variant_size_v<Settings::Value>);
    return names[value.index()];
}

template <typename T>
const T& as(std::string_view name, const Settings::Value& value) {
    if (const T* held = std::get_if<T>(&value)) return *held;
    throw std::logic_error(fmt::format("setting {} is {}, and the adapter asked for {}", name,
                                       type_name(value), type_name(Settings::Value{T{}})));
}

template <typename Entries>
const Settings::Value& find(const Entries& entries, std::string_view name) {
    const auto found = entries.find(name);
    if (found != entries.end()) return found->second.value;
    throw std::logic_error(fmt::format("setting {} is not set and has no fallback", name));
}

}  // namespace

void Settings::set(std::string name, Value value, std::string place) {
    entries_.insert_or_assign(std::move(name), Entry{std::move(value), std::move(place)});
}

bool Settings::has(std::string_view name) const {
    return entries_.find(name) != entries_.end();
}

const std::string& Settings::text(std::string_view name) const {
    return as<std::string>(name, find(entries_, name));
}

std::string Settings::text_or_empty(std::string_view name) const {
    return has(name) ? text(name) : std::string{};
}

std::int64_t Settings::integer(std::string_view name) const {
    return as<std::int64_t>(name, find(entries_, name));
}

double Settings::number(std::string_view name) const {
    const Value& value = find(entries_, name);
    // TOML tells 5 from 5.0; for a property of type number both are numbers.
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return as<double>(name, value);
}

bool Settings::flag(std::string_view name) const {
    return as<bool>(name, find(entries_, name));
}

std::chrono::nanoseconds Settings::duration(std::string_view name) const {
    return as<std::chrono::nanoseconds>(name, find(entries_, name));
}

std::span<const Settings> Settings::tables(std::string_view name) const {
    if (!has(name)) return {};
    return as<std::vector<Settings>>(name, find(entries_, name));
}

ConfigError Settings::error(std::string_view name, std::string_view what) const {
    const auto found = entries_.find(name);
    if (found != entries_.end() && !found->second.place.empty())
        return ConfigError(fmt::format("{}: {}", found->second.place, what));
    if (place_.empty()) return ConfigError(fmt::format("{}: {}", name, what));
    return ConfigError(fmt::format("{}.{}: {}", place_, name, what));
}

std::string series_name(const Settings& settings, std::string_view property) {
    const auto name = senml::Name::parse(settings.text(property));
    if (!name) throw settings.error(property, name.error().what);
    return name->senml();
}

}  // namespace courant
