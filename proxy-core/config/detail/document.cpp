#include "proxy-core/config/detail/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "proxy-core/error.hpp"

namespace courant::detail {
namespace {

int line_of(const toml::node& node) {
    return static_cast<int>(node.source().begin.line);
}

// Turns toml++'s tree into ours. Keeps the way to the current value, for what it has to say.
class Reader {
  public:
    Reader(const Environment& environment, Faults& faults)
        : environment_(environment), faults_(faults) {}

    Node read(const toml::node& node, const std::string& way) {
        Node out;
        out.line = line_of(node);
        if (const auto* table = node.as_table())
            out.value = read_table(*table, way);
        else if (const auto* array = node.as_array())
            out.value = read_list(*array, way);
        else if (const auto* text = node.as_string())
            out.value = substitute(text->get(), out.line, way);
        else if (const auto* integer = node.as_integer())
            out.value = integer->get();
        else if (const auto* number = node.as_floating_point())
            out.value = number->get();
        else if (const auto* flag = node.as_boolean())
            out.value = flag->get();
        else
            out.value = Node::Moment{};
        return out;
    }

  private:
    Node::Table read_table(const toml::table& table, const std::string& way) {
        Node::Table out;
        for (const auto& [key, value] : table) {
            const std::string name(key.str());
            Node node = read(value, way.empty() ? name : fmt::format("{}.{}", way, name));
            node.line = static_cast<int>(key.source().begin.line);
            out.push_back({name, std::move(node)});
        }
        std::stable_sort(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.node.line < b.node.line; });
        return out;
    }

    Node::List read_list(const toml::array& array, const std::string& way) {
        Node::List out;
        for (const auto& value : array)
            out.push_back(read(value, fmt::format("{}[{}]", way, out.size() + 1)));
        return out;
    }

    std::string substitute(std::string_view text, int line, const std::string& way) {
        std::string out;
        for (;;) {
            const auto at = text.find("${");
            out += text.substr(0, at);
            if (at == std::string_view::npos) return out;
            text.remove_prefix(at + 2);
            if (!out.empty() && out.back() == '$') {
                out += '{';
                continue;
            }
            const auto end = text.find('}');
            if (end == std::string_view::npos) {
                faults_.add(line, way,
                            "${ has no closing }. A ${ that is meant as such is written $${");
                return out;
            }
            out += variable(std::string(text.substr(0, end)), line, way);
            text.remove_prefix(end + 1);
        }
    }

    std::string variable(const std::string& name, int line, const std::string& way) {
        if (auto value = environment_(name)) return *std::move(value);
        faults_.add(line, way, fmt::format("the environment variable {} is not set", name));
        return {};
    }

    const Environment& environment_;
    Faults& faults_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
    if (const auto* table = as<Table>())
        for (const auto& [name, node] : *table)
            if (name == key) return &node;
    return nullptr;
}

std::string_view Node::what() const {
    static constexpr std::string_view words[] = {"a text",        "a whole number", "a number",
                                                 "true or false", "a date or time", "a list",
                                                 "a table"};
    return words[value.index()];
}

Node read_document(std::string_view text, const std::string& file, const Environment& environment,
                   Faults& faults) {
    try {
        const auto table = toml::parse(text, file);
        return Reader(environment, faults).read(table, "");
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        throw ConfigError(fmt::format("{}:{}:{}: this is no TOML: {}", file, at.line, at.column,
                                      error.description()));
    }
}

}  // namespace courant::detail
