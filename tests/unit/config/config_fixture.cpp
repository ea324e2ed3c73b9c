#include "tests/unit/config/config_fixture.hpp"

#include <sstream>

namespace courant::test {
namespace {

using Type = Property::Type;

constexpr Property series_items[] = {
    {.name = "column", .type = Type::text, .need = Need::required, .help = "column to read"},
    {.name = "name", .type = Type::text, .need = Need::required, .help = "name of the series"},
    {.name = "factor", .type = Type::number, .fallback = "1", .help = "what to multiply with"},
};

constexpr Property roof_properties[] = {
    {.name = "path", .type = Type::path, .need = Need::required, .help = "file to read"},
    {.name = "access_token", .type = Type::secret, .help = "what the app wants to see"},
    {.name = "mode", .type = Type::choice, .fallback = "append", .choices = "append|replace"},
    {.name = "retries", .type = Type::integer, .fallback = "3", .help = "how often"},
    {.name = "offset", .type = Type::number, .unit = "W", .help = "what to add"},
    {.name = "header", .type = Type::flag, .fallback = "true", .help = "whether there is one"},
    {.name = "pause", .type = Type::duration, .fallback = "250ms", .help = "between two calls"},
    {.name = "series", .type = Type::tables, .help = "what to read", .items = series_items},
};

std::unique_ptr<Source> no_source(const Settings&) {
    return nullptr;
}
std::unique_ptr<Feed> no_feed(const Settings&) {
    return nullptr;
}
std::unique_ptr<Sink> no_sink(const Settings&) {
    return nullptr;
}

std::optional<std::string> cron_fault(std::string_view text) {
    if (text.find('!') == std::string_view::npos) return std::nullopt;
    return "minute \"!\": is no number or name";
}

}  // namespace

const Adapter& roof_adapter() {
    static constexpr Adapter adapter{.name = "roof",
                                     .version = "1",
                                     .summary = "Reads and writes a roof",
                                     .properties = roof_properties,
                                     .source = no_source,
                                     .sink = no_sink};
    return adapter;
}

const Adapter& bell_adapter() {
    static constexpr Adapter adapter{
        .name = "bell", .version = "1", .summary = "Rings", .properties = {}, .feed = no_feed};
    return adapter;
}

LoaderContext context(const Environment& environment) {
    static const Adapter* const adapters[] = {&roof_adapter(), &bell_adapter()};
    const auto lookup = [environment](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return {.adapters = adapters, .cron_fault = cron_fault, .environment = lookup};
}

Config load(const std::string& text, const Environment& environment) {
    return parse_config(text, "/etc/courant/town.toml", context(environment));
}

std::vector<std::string> faults_of(const std::string& text, const Environment& environment) {
    std::vector<std::string> lines;
    try {
        parse_config(text, "town.toml", context(environment));
    } catch (const ConfigError& error) {
        std::istringstream what(error.what());
        for (std::string line; std::getline(what, line);) lines.push_back(line);
    }
    return lines;
}

}  // namespace courant::test
