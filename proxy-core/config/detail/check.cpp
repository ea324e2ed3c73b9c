#include "proxy-core/config/detail/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "proxy-core/config/duration.hpp"

namespace courant::detail {
namespace {

using Type = Property::Type;

// The fallback of a description as the file would hold it.
Node fallback_node(const Property& property, int line) {
    const auto text = property.fallback;
    Node node{std::string(text), line};
    const auto read = [&](auto number) {
        const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
        if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
            throw std::logic_error(fmt::format("{}: the fallback {} is none", property.name, text));
        return number;
    };
    if (property.type == Type::integer) node.value = read(std::int64_t{});
    if (property.type == Type::number) node.value = read(double{});
    if (property.type == Type::flag) node.value = text == "true";
    return node;
}

bool is_empty_text(const Node& node) {
    const auto* text = node.as<std::string>();
    return text && text->empty();
}

// A node that counts: an empty text for a key without default says nothing.
const Node* given(const Node& table, std::string_view key, const Property& property) {
    const Node* node = table.find(key);
    const bool says_nothing = node && is_empty_text(*node) && property.fallback.empty() &&
                              property.need == Need::optional;
    return says_nothing ? nullptr : node;
}

std::string without_newline(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace

int CheckedTable::line_of(std::string_view key) const {
    const Node* entry = node->find(key);
    return entry ? entry->line : node->line;
}

void CheckedTable::fault(Faults& faults, std::string_view key, std::string_view what) const {
    faults.add(line_of(key), fmt::format("{}.{}", way, key), what);
}

CheckedTable Checker::check(const Node& table, std::string way, std::span<const Key> keys,
                            const std::vector<std::string_view>& also_known) {
    CheckedTable out{&table, std::move(way), {}};
    if (!table.as<Node::Table>()) {
        faults_.add(table.line, out.way, fmt::format("must be a table, found {}", table.what()));
        static const Node nothing{Node::Table{}, 0};
        out.node = &nothing;
        return out;
    }
    out.settings = Settings(faults_.place(table.line, out.way));
    check_unknown(out, keys, also_known);
    for (const auto& key : keys) {
        if (key.property.type == Type::secret)
            check_secret(out, key);
        else
            check_key(out, key);
    }
    return out;
}

void Checker::check_unknown(const CheckedTable& table, std::span<const Key> keys,
                            const std::vector<std::string_view>& also_known) {
    std::vector<std::string> secret_files;
    for (const auto& key : keys)
        if (key.property.type == Type::secret)
            secret_files.push_back(fmt::format("{}_file", key.property.name));
    auto known = also_known;
    for (const auto& key : keys) known.push_back(key.property.name);
    known.insert(known.end(), secret_files.begin(), secret_files.end());

    for (const auto& [name, node] : *table.node->as<Node::Table>()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        table.fault(faults_, name, "unknown key." + what_there_is(name, known));
    }
}

void Checker::missing(const CheckedTable& table, const Property& property) {
    const bool secret = property.type == Type::secret;
    const auto or_file = secret ? fmt::format(" (or {}_file)", property.name) : "";
    const auto help = property.help.empty() ? "" : fmt::format(": {}", property.help);
    table.fault(faults_, property.name, fmt::format("missing{}{}", or_file, help));
}

void Checker::check_key(CheckedTable& table, const Key& key) {
    const auto& property = key.property;
    const std::string name(property.name);
    const auto way = fmt::format("{}.{}", table.way, name);
    Value checked;
    if (const Node* node = given(*table.node, name, property))
        checked = value(*node, way, key);
    else if (property.need == Need::required)
        missing(table, property);
    // A wrong value is replaced by the default, so that the rest of the file can be checked as
    // well.
    if (!checked && !property.fallback.empty()) {
        Node node = fallback_node(property, table.node->line);
        if (key.shape == Key::Shape::list) node.value = Node::List{node};
        checked = value(node, way, key);
    }
    if (checked)
        table.settings.set(name, *std::move(checked), faults_.place(table.line_of(name), way));
}

void Checker::check_secret(CheckedTable& table, const Key& key) {
    const auto& property = key.property;
    const std::string name(property.name), file_key = name + "_file";
    const Node* file = given(*table.node, file_key, property);
    const Node* text = table.node->find(name);
    if (text && is_empty_text(*text)) text = nullptr;
    if (file && is_empty_text(*file)) file = nullptr;
    if (file && text) {
        table.fault(faults_, file_key,
                    fmt::format("given together with {}; keep one of them", name));
        return;
    }
    if (!file && !text) {
        if (property.need == Need::required) missing(table, property);
        return;
    }
    const auto& used_key = file ? file_key : name;
    const auto way = fmt::format("{}.{}", table.way, used_key);
    auto checked = file ? read_secret(*file, way) : text_value(*text, way, property);
    if (checked)
        table.settings.set(name, *std::move(checked), faults_.place(table.line_of(used_key), way));
}

Checker::Value Checker::value(const Node& node, const std::string& way, const Key& key) {
    if (key.shape != Key::Shape::single) {
        const bool alone = key.shape == Key::Shape::one_or_list && !node.as<Node::List>();
        return alone ? alone_value(node, way, key) : list_value(node, way, key);
    }
    switch (key.property.type) {
        case Type::text:
        case Type::path:
        case Type::choice:
        case Type::secret:
            return text_value(node, way, key.property);
        case Type::integer:
            return integer_value(node, way, key);
        case Type::number:
            return number_value(node, way, key.property);
        case Type::duration:
            return duration_value(node, way, key);
        case Type::tables:
            return tables_value(node, way, key.property);
        case Type::flag:
            break;
    }
    const auto* flag = node.as<bool>();
    return flag ? Value(*flag) : wrong_type(node, way, "true or false, without quotes");
}

Checker::Value Checker::wrong_type(const Node& node, const std::string& way,
                                   std::string_view wanted) {
    faults_.add(node.line, way, fmt::format("must be {}, found {}", wanted, node.what()));
    return std::nullopt;
}

Checker::Value Checker::list_value(const Node& node, const std::string& way, const Key& key) {
    const auto* list = node.as<Node::List>();
    if (!list) return wrong_type(node, way, "a list, as [\"…\", \"…\"]");
    if (list->empty()) {
        faults_.add(node.line, way, "must not be an empty list; leave the key out for its default");
        return std::nullopt;
    }
    Key element = key;
    element.shape = Key::Shape::single;
    std::vector<Settings> out;
    for (const auto& entry : *list) {
        const auto element_way = fmt::format("{}[{}]", way, out.size() + 1);
        auto& settings = out.emplace_back(faults_.place(entry.line, element_way));
        if (auto checked = value(entry, element_way, element))
            settings.set(std::string(list_element), *std::move(checked));
    }
    return out;
}

// One element without its brackets.
Checker::Value Checker::alone_value(const Node& node, const std::string& way, const Key& key) {
    Key element = key;
    element.shape = Key::Shape::single;
    auto checked = value(node, way, element);
    if (!checked) return std::nullopt;
    std::vector<Settings> out(1, Settings(faults_.place(node.line, way)));
    out.front().set(std::string(list_element), *std::move(checked));
    return out;
}

Checker::Value Checker::text_value(const Node& node, const std::string& way,
                                   const Property& property) {
    const auto choices = words_of(property.choices);
    const auto* text = node.as<std::string>();
    if (!text)
        return wrong_type(
            node, way,
            choices.empty() ? "a text, in quotes" : "one of " + listed(choices) + ", in quotes");
    if (text->empty() && property.need == Need::required) {
        faults_.add(node.line, way, "must not be empty");
        return std::nullopt;
    }
    if (!choices.empty() && std::find(choices.begin(), choices.end(), *text) == choices.end()) {
        faults_.add(node.line, way,
                    fmt::format("must be one of {}, found \"{}\".{}", listed(choices), *text,
                                did_you_mean(*text, choices)));
        return std::nullopt;
    }
    return property.type == Type::path ? resolved(*text) : *text;
}

Checker::Value Checker::integer_value(const Node& node, const std::string& way, const Key& key) {
    const auto* number = node.as<std::int64_t>();
    const auto of_unit = key.property.unit.empty() ? "" : fmt::format(" of {}", key.property.unit);
    if (!number) return wrong_type(node, way, fmt::format("a whole number{}", of_unit));
    if (*number >= key.least && *number <= key.most) return *number;
    faults_.add(node.line, way,
                fmt::format("must be a whole number{} from {} to {}, found {}", of_unit, key.least,
                            key.most, *number));
    return std::nullopt;
}

Checker::Value Checker::number_value(const Node& node, const std::string& way,
                                     const Property& property) {
    const auto of_unit = property.unit.empty() ? "" : fmt::format(" of {}", property.unit);
    if (const auto* whole = node.as<std::int64_t>()) return static_cast<double>(*whole);
    const auto* number = node.as<double>();
    if (!number) return wrong_type(node, way, fmt::format("a number{}", of_unit));
    if (std::isfinite(*number)) return *number;
    faults_.add(node.line, way, fmt::format("must be a finite number{}", of_unit));
    return std::nullopt;
}

Checker::Value Checker::duration_value(const Node& node, const std::string& way, const Key& key) {
    const auto* text = node.as<std::string>();
    if (!text) return wrong_type(node, way, "a duration such as \"30s\" or \"1h30m\", in quotes");
    const auto duration = parse_duration(*text);
    if (!duration) {
        faults_.add(node.line, way, duration.error());
        return std::nullopt;
    }
    if (*duration >= key.shortest) return *duration;
    faults_.add(node.line, way,
                fmt::format("must be {} or longer, found {}", duration_text(key.shortest), *text));
    return std::nullopt;
}

Checker::Value Checker::tables_value(const Node& node, const std::string& way,
                                     const Property& property) {
    const auto* list = node.as<Node::List>();
    if (!list)
        return wrong_type(node, way, fmt::format("a list of tables, each written [[{}]]", way));
    const auto keys = keys_of(property.items);
    std::vector<Settings> out;
    for (const auto& entry : *list)
        out.push_back(check(entry, fmt::format("{}[{}]", way, out.size() + 1), keys).settings);
    return out;
}

Checker::Value Checker::read_secret(const Node& node, const std::string& way) {
    const auto* name = node.as<std::string>();
    if (!name) return wrong_type(node, way, "the path of a file, in quotes");
    const auto file = folder_ / *name;
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (in) text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in || in.bad()) {
        faults_.add(node.line, way,
                    fmt::format("cannot read {}: {}", file.string(),
                                std::generic_category().message(errno)));
        return std::nullopt;
    }
    text = without_newline(std::move(text));
    if (text.empty()) {
        faults_.add(node.line, way, fmt::format("{} is empty", file.string()));
        return std::nullopt;
    }
    if (others_may_read(file))
        faults_.warn(
            node.line, way,
            fmt::format("others than its owner may read {0}. chmod 600 {0}", file.string()));
    return text;
}

bool others_may_read(const std::filesystem::path& file) {
    using std::filesystem::perms;
    std::error_code unknown;
    const auto status = std::filesystem::status(file, unknown);
    return !unknown &&
           (status.permissions() & (perms::group_read | perms::others_read)) != perms::none;
}

std::string Checker::resolved(const std::string& text) const {
    if (text.empty() || text == "-") return text;
    return (folder_ / text).lexically_normal().string();
}

std::vector<Key> keys_of(std::span<const Property> properties) {
    std::vector<Key> keys;
    for (const auto& property : properties) keys.push_back({.property = property});
    return keys;
}

std::vector<std::string_view> words_of(std::string_view choices) {
    std::vector<std::string_view> words;
    while (!choices.empty()) {
        const auto end = choices.find('|');
        words.push_back(choices.substr(0, end));
        choices.remove_prefix(end == std::string_view::npos ? choices.size() : end + 1);
    }
    return words;
}

}  // namespace courant::detail
