#include "proxy-core/config/default_text.hpp"

#include <fmt/format.h>

#include "proxy-core/config/keys.hpp"

namespace courant {
namespace {

using Type = Property::Type;

enum class State { live, commented };

std::string_view mark(State state) {
    return state == State::commented ? "#" : "";
}

// The text in quotes, as TOML's basic strings want it.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\t')
            out += "\\t";
        else if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + '"';
}

std::string toml_value(const Property& property, std::string_view text) {
    const bool bare = property.type == Type::integer || property.type == Type::number ||
                      property.type == Type::flag;
    return bare ? std::string(text) : quoted(text);
}

// "# The largest stanza that we accept (bytes)."
std::string explanation(const Property& property) {
    std::string line = fmt::format("# {}", property.help.empty() ? property.name : property.help);
    if (!property.unit.empty()) line += fmt::format(" ({})", property.unit);
    if (!property.choices.empty()) line += fmt::format(": {}", property.choices);
    return line + ".\n";
}

std::string key_line(const Key& key, std::string_view text, State state) {
    const auto value = toml_value(key.property, text);
    const bool list = key.shape == Key::Shape::list;
    return fmt::format("{}{} = {}\n", mark(state), key.property.name,
                       list ? "[" + value + "]" : value);
}

// A number or flag that has no default cannot be written as an empty text.
std::string_view example(const Property& property) {
    if (!property.fallback.empty()) return property.fallback;
    if (property.type == Type::integer || property.type == Type::number) return "0";
    return property.type == Type::flag ? "false" : "";
}

std::string property_text(const Key& key, State state) {
    std::string text = explanation(key.property) + key_line(key, example(key.property), state);
    if (key.property.type == Type::secret)
        text += fmt::format("#{}_file = \"\"\n", key.property.name);
    return text;
}

// The list of tables `property`, with one table as a pattern.
std::string tables_text(const Property& property, std::string_view way, State state) {
    const auto name = fmt::format("{}.{}", way, property.name);
    std::string text = fmt::format("\n{}{}[[{}]]\n", explanation(property), mark(state), name);
    for (const auto& item : property.items) {
        const auto item_state = item.need == Need::required ? state : State::commented;
        text += item.type == Type::tables ? tables_text(item, name, State::commented)
                                          : property_text({.property = item}, item_state);
    }
    return text;
}

std::string section_text(const Section& section) {
    const auto header = section.count == Section::Count::once
                            ? fmt::format("[{}]", section.name)
                            : fmt::format("#[[{}]]", section.name);
    std::string text = fmt::format("\n# {}\n{}\n", section.help, header);
    for (const auto& key : section.keys)
        text += key.property.type == Type::tables
                    ? tables_text(key.property, section.name, State::commented)
                    : property_text(key, State::commented);
    return text;
}

// A new proxy needs two decisions before it can run: whose account it is and where the password
// lies.
std::string identity_text(const Section& section, const Jid& jid) {
    std::string text = fmt::format("# {}\n[{}]\n", section.help, section.name);
    for (const auto& key : section.keys) {
        if (key.property.name == "jid")
            text += explanation(key.property) + key_line(key, jid.bare().to_string(), State::live);
        else if (key.property.type == Type::secret)
            text += fmt::format("{}#{} = \"\"\n{}_file = {}\n", explanation(key.property),
                                key.property.name, key.property.name, quoted(key.property.name));
        else
            text += property_text(key, State::commented);
    }
    return text;
}

constexpr std::string_view opening =
    "# The configuration of a Courant proxy.\n"
    "#\n"
    "# What is commented out is the default; an empty text means that there is none. `${NAME}` in "
    "a text\n"
    "# stands for an environment variable. Relative paths start at this file's folder.\n\n";

constexpr std::string_view adapters_text =
    "\n# The apps, meters and files that we read and write, each under a name of its own:\n"
    "#\n"
    "#     [adapters.NAME]\n"
    "#     type = \"…\"\n"
    "#\n"
    "# `courant adapters` lists the types, `courant adapters show TYPE` writes the section of "
    "one.\n";

}  // namespace

std::string default_config_text(const Jid& jid) {
    std::string text(opening);
    for (const auto& section : keys::sections) {
        if (section.name == "extract") text += adapters_text;
        text += section.name == "identity" ? identity_text(section, jid) : section_text(section);
    }
    return text;
}

std::string adapter_config_text(const Adapter& adapter, std::string_view name) {
    const auto way = fmt::format("adapters.{}", name);
    std::string text =
        fmt::format("# {}.\n[{}]\ntype = {}\n", adapter.summary, way, quoted(adapter.name));
    std::string tables;
    for (const auto& property : adapter.properties) {
        const auto state = property.need == Need::required ? State::live : State::commented;
        if (property.type == Type::tables)
            tables += tables_text(property, way, state);
        else
            text += property_text({.property = property}, state);
    }
    return text + tables;
}

}  // namespace courant
