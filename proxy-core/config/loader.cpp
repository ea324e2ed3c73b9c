#include "proxy-core/config/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "proxy-core/config/detail/bind.hpp"
#include "proxy-core/config/detail/check.hpp"
#include "proxy-core/config/detail/document.hpp"
#include "proxy-core/config/keys.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using detail::CheckedTable;
using detail::Checker;
using detail::Faults;
using detail::Node;

std::optional<std::string> process_environment(const std::string& name) {
    // The configuration is read before any thread is started.
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::string whole_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (in) text.assign(std::istreambuf_iterator<char>(in), {});
    if (in && !in.bad()) return text;
    throw ConfigError(fmt::format("{}: cannot be read: {}", file.string(),
                                  std::generic_category().message(errno)));
}

bool is_adapter_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

// Reads one document from top to bottom into a Config.
class Loader {
  public:
    Loader(const Node& root, const std::filesystem::path& folder, const LoaderContext& context,
           Faults& faults)
        : root_(root), context_(context), faults_(faults), checker_(folder, faults) {}

    Config load() {
        check_section_names();
        config_.identity = detail::bind_identity(once("identity"), faults_);
        config_.organisation = detail::bind_organisation(once("organisation"), faults_);
        config_.store = detail::bind_store(once("store"), faults_);
        config_.federation = detail::bind_federation(once("federation"), faults_);
        config_.limits = detail::bind_limits(once("limits"), faults_);
        config_.space = detail::bind_space(once("space"));
        config_.outbox = detail::bind_outbox(once("outbox"));
        config_.retention = detail::bind_retention(once("retention"), faults_);
        config_.archive = detail::bind_archive(once("archive"), faults_);
        config_.pseudonyms = detail::bind_pseudonyms(once("pseudonyms"), faults_);
        config_.log = detail::bind_log(once("log"));
        load_adapters();
        for (const auto& table : many("extract")) load_extract(table);
        for (const auto& table : many("receive")) load_receive(table);
        for (const auto& table : many("series"))
            config_.series.push_back(detail::bind_series(table, faults_));
        config_.quoalise = detail::bind_quoalise(once("quoalise"), config_.store, faults_);
        check_series_names();
        warn_of_idle_adapters();
        config_.warnings = faults_.warnings();
        return std::move(config_);
    }

  private:
    // Where an adapter is used, and what was found wrong with the place.
    enum class Use { extract, receive };

    void check_section_names() {
        std::vector<std::string_view> known{"adapters"};
        for (const auto& section : keys::sections) known.push_back(section.name);
        for (const auto& [name, node] : *root_.as<Node::Table>()) {
            if (std::find(known.begin(), known.end(), name) != known.end()) continue;
            faults_.add(node.line, name, "unknown section." + detail::what_there_is(name, known));
        }
    }

    CheckedTable once(std::string_view name) {
        const Node* node = root_.find(name);
        return checker_.check(node ? *node : absent_, std::string(name), keys::section(name).keys);
    }

    std::vector<CheckedTable> many(std::string_view name) {
        const Node* node = root_.find(name);
        if (!node) return {};
        const auto* list = node->as<Node::List>();
        if (!list) {
            faults_.add(node->line, name,
                        fmt::format("must be a list of tables, each written [[{}]]", name));
            return {};
        }
        std::vector<CheckedTable> tables;
        for (const auto& entry : *list)
            tables.push_back(checker_.check(entry, fmt::format("{}[{}]", name, tables.size() + 1),
                                            keys::section(name).keys));
        return tables;
    }

    void load_adapters() {
        const Node* node = root_.find("adapters");
        if (!node) return;
        const auto* table = node->as<Node::Table>();
        if (!table) {
            faults_.add(node->line, "adapters", "must hold tables, each written [adapters.NAME]");
            return;
        }
        for (const auto& [name, entry] : *table) load_adapter(name, entry);
    }

    void load_adapter(const std::string& name, const Node& node) {
        const auto way = "adapters." + name;
        if (!is_adapter_name(name))
            faults_.add(node.line, way, "the name may have letters, digits, - and _ only");
        auto& config = config_.adapters.emplace_back();
        config.name = name;
        config.adapter = adapter_of_type(node, way);
        if (!config.adapter) return;
        const auto keys = detail::keys_of(config.adapter->properties);
        const auto checked = checker_.check(node, way, keys, {"type"});
        config.settings = checked.settings;
        adapter_nodes_[name] = checked.node;
    }

    const Adapter* adapter_of_type(const Node& node, const std::string& way) {
        std::vector<std::string_view> types;
        for (const auto* adapter : context_.adapters) types.push_back(adapter->name);
        const auto there_are = "There are: " + detail::listed(types);
        const Node* type = node.find("type");
        const auto* word = type ? type->as<std::string>() : nullptr;
        if (!word) {
            faults_.add(
                type ? type->line : node.line, way + ".type",
                fmt::format("{}. {}", type ? "must be a text, in quotes" : "missing", there_are));
            return nullptr;
        }
        for (const auto* adapter : context_.adapters)
            if (adapter->name == *word) return adapter;
        faults_.add(type->line, way + ".type",
                    fmt::format("there is no adapter of type \"{}\".{} {}", *word,
                                detail::did_you_mean(*word, types), there_are));
        return nullptr;
    }

    // The adapter that a table names, if it is one that can be used so far.
    const AdapterConfig* used_adapter(const CheckedTable& table, const std::string& name) {
        if (name.empty()) return nullptr;
        if (const auto* known = config_.adapter(name)) return known->adapter ? known : nullptr;
        std::vector<std::string_view> names;
        names.reserve(config_.adapters.size());
        for (const auto& adapter : config_.adapters) names.push_back(adapter.name);
        table.fault(
            faults_, "adapter",
            fmt::format("there is no [adapters.{}].{}", name, detail::what_there_is(name, names)));
        return nullptr;
    }

    // An adapter is extracted from once and written to once: its cursor and its job bear its name.
    bool first_use(const CheckedTable& table, const std::string& name, Use use) {
        const auto [earlier, inserted] = uses_.try_emplace({use, name}, table.line_of("adapter"));
        if (!inserted)
            table.fault(faults_, "adapter",
                        fmt::format("{} is named in line {} already", name, earlier->second));
        return inserted;
    }

    // Whether a key is given at all, rightly or wrongly; a wrong value is told already.
    static bool says(const CheckedTable& table, std::string_view key) {
        const Node* node = table.node->find(key);
        const auto* text = node ? node->as<std::string>() : nullptr;
        return node && !(text && text->empty());
    }

    void load_extract(const CheckedTable& table) {
        const auto& extract = config_.extracts.emplace_back(
            detail::bind_extract(table, context_.cron_fault, faults_));
        const auto* used = used_adapter(table, extract.adapter);
        if (!used || !first_use(table, used->name, Use::extract)) return;
        const auto& adapter = *used->adapter;
        const bool scheduled = says(table, "every") || says(table, "cron");
        if (!adapter.source && !adapter.feed)
            table.fault(
                faults_, "adapter",
                fmt::format("nothing can be extracted with an adapter of type {}", adapter.name));
        else if (adapter.source && !adapter.feed && !scheduled)
            table.fault(faults_, "every", "missing, and so is cron: when is it to run?");
        else if (!adapter.source && scheduled)
            table.fault(faults_, says(table, "every") ? "every" : "cron",
                        fmt::format("an adapter of type {} runs all the time and takes no schedule",
                                    adapter.name));
    }

    void load_receive(const CheckedTable& table) {
        const auto& receive = config_.receives.emplace_back(detail::bind_receive(table));
        const auto* used = used_adapter(table, receive.adapter);
        if (!used || !first_use(table, used->name, Use::receive)) return;
        if (!used->adapter->sink)
            table.fault(faults_, "adapter",
                        fmt::format("nothing can be written with an adapter of type {}",
                                    used->adapter->name));
        for (const auto& pattern : receive.series)
            if (pattern.empty()) table.fault(faults_, "series", "an empty pattern fits no series");
    }

    // Names stand in the `name` of the tables in `series`, by the adapters' custom.
    void check_series_names() {
        for (const auto& adapter : config_.adapters) {
            if (!adapter.adapter) continue;
            const Node* node = adapter_nodes_.at(adapter.name);
            const Node* series = node->find("series");
            const auto* list = series ? series->as<Node::List>() : nullptr;
            if (!list) continue;
            for (std::size_t i = 0; i < list->size(); ++i)
                check_series_name((*list)[i], adapter,
                                  fmt::format("adapters.{}.series[{}].name", adapter.name, i + 1));
        }
    }

    void check_series_name(const Node& entry, const AdapterConfig& adapter,
                           const std::string& way) {
        const Node* node = entry.find("name");
        const auto* text = node ? node->as<std::string>() : nullptr;
        if (!text || text->empty()) return;
        const auto name = senml::Name::parse(*text);
        if (!name) {
            faults_.add(node->line, way, name.error().what);
            return;
        }
        const auto& jid = config_.identity.jid;
        const bool spoken = uses_.contains({Use::extract, adapter.name});
        if (spoken && !jid.local().empty() && name->authority() != jid.to_string())
            faults_.add(
                node->line, way,
                fmt::format("a name that this proxy may not speak: its first segment must be {}",
                            jid.to_string()));
    }

    void warn_of_idle_adapters() {
        for (const auto& adapter : config_.adapters) {
            const bool used = uses_.contains({Use::extract, adapter.name}) ||
                              uses_.contains({Use::receive, adapter.name});
            if (!used && adapter.adapter)
                faults_.warn(adapter_nodes_.at(adapter.name)->line, "adapters." + adapter.name,
                             "no [[extract]] and no [[receive]] names it, so it does nothing");
        }
    }

    const Node& root_;
    const LoaderContext& context_;
    Faults& faults_;
    Checker checker_;
    Config config_;
    const Node absent_{Node::Table{}, 1};
    std::map<std::string, const Node*> adapter_nodes_;
    std::map<std::pair<Use, std::string>, int> uses_;
};

}  // namespace

Config load_config(const std::filesystem::path& file, const LoaderContext& context) {
    return parse_config(whole_file(file), file, context);
}

Config parse_config(std::string_view text, const std::filesystem::path& file,
                    const LoaderContext& context) {
    Faults faults(file.string());
    const auto environment = context.environment ? context.environment : process_environment;
    const Node root = detail::read_document(text, file.string(), environment, faults);
    auto config = Loader(root, file.parent_path(), context, faults).load();
    if (!faults.none()) throw ConfigError(faults.text());
    return config;
}

}  // namespace courant
