// `courant adapters`: what this build can connect, from the adapters' own descriptions.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "adapters/registry.hpp"
#include "cli/command.hpp"
#include "proxy-core/config/default_text.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

std::string interfaces(const Adapter& adapter) {
    std::string text;
    const auto add = [&](bool has, std::string_view word) {
        if (has) text += (text.empty() ? "" : ", ") + std::string(word);
    };
    add(adapter.source != nullptr, "source");
    add(adapter.feed != nullptr, "feed");
    add(adapter.sink != nullptr, "sink");
    add(adapter.history != nullptr, "history");
    return text;
}

std::string_view type_word(Property::Type type) {
    switch (type) {
        case Property::Type::text:
            return "text";
        case Property::Type::path:
            return "path";
        case Property::Type::choice:
            return "choice";
        case Property::Type::secret:
            return "secret";
        case Property::Type::integer:
            return "integer";
        case Property::Type::number:
            return "number";
        case Property::Type::flag:
            return "flag";
        case Property::Type::duration:
            return "duration";
        case Property::Type::tables:
            return "tables";
    }
    return "";
}

ordered_json describe(std::span<const Property> properties) {
    ordered_json list = ordered_json::array();
    for (const Property& property : properties) {
        ordered_json entry{{"name", property.name},
                           {"type", type_word(property.type)},
                           {"required", property.need == Need::required},
                           {"default", property.fallback},
                           {"unit", property.unit},
                           {"help", property.help}};
        if (property.type == Property::Type::choice) entry["choices"] = property.choices;
        if (property.type == Property::Type::tables) entry["items"] = describe(property.items);
        list.push_back(std::move(entry));
    }
    return list;
}

int show(const std::string& name, Listing listing, Console& console) {
    const Adapter* adapter = find_adapter(name);
    if (!adapter) throw UsageError("there is no adapter " + name + "; courant adapters lists them");
    if (listing == Listing::json) {
        const ordered_json page{{"name", adapter->name},
                                {"version", adapter->version},
                                {"summary", adapter->summary},
                                {"interfaces", interfaces(*adapter)},
                                {"properties", describe(adapter->properties)}};
        console.out << page.dump(2) << '\n';
    } else {
        console.out << "# " << adapter->name << ' ' << adapter->version << ": " << adapter->summary
                    << "\n# It is a " << interfaces(*adapter) << ".\n\n"
                    << adapter_config_text(*adapter, "my-" + name);
    }
    return Exit::done;
}

}  // namespace

int adapters_command(Words words, Console& console) {
    cxxopts::Options options("courant adapters",
                             "Lists the adapters of this build, or shows one with its settings");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "name", "", cxxopts::value<std::string>())("json", "as JSON")("h,help", "this text");
    options.parse_positional({"action", "name"});
    options.positional_help("[list | show NAME]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const auto action = (*given)["action"].as<std::string>();
    if (action == "show" && given->count("name") > 0)
        return show((*given)["name"].as<std::string>(), listing_of(*given), console);
    if (action != "list") throw UsageError("adapters list, or adapters show NAME");
    ordered_json rows = ordered_json::array();
    for (const Adapter* adapter : all_adapters())
        rows.push_back({{"name", adapter->name},
                        {"version", adapter->version},
                        {"interfaces", interfaces(*adapter)},
                        {"summary", adapter->summary}});
    print_list(console.out, rows, listing_of(*given));
    return Exit::done;
}

}  // namespace courant::cli
