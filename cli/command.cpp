#include "cli/command.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "adapters/registry.hpp"
#include "cli/store.hpp"
#include "jobs/cron.hpp"
#include "proxy-core/config/loader.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/observe/detail/escape.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

std::string cell(const ordered_json& value) {
    if (value.is_null()) return "-";
    if (!value.is_string()) return value.dump();
    return one_line(value.get<std::string>());
}

// Columns of a terminal, near enough: continuation bytes of UTF-8 take no room.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

void print_line(std::ostream& out, const std::vector<std::string>& cells,
                const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line += cells[i];
        if (i + 1 < cells.size()) line.append(widths[i] - width(cells[i]) + 2, ' ');
    }
    out << line << '\n';
}

void print_table(std::ostream& out, const ordered_json& rows) {
    if (rows.empty()) return;
    std::vector<std::vector<std::string>> lines(1);
    for (const auto& [key, value] : rows.front().items()) lines.front().push_back(key);
    for (const auto& row : rows) {
        lines.emplace_back();
        for (const auto& [key, value] : row.items()) lines.back().push_back(cell(value));
    }
    std::vector<std::size_t> widths(lines.front().size());
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], width(line[i]));
    for (const auto& line : lines) print_line(out, line, widths);
}

}  // namespace

cxxopts::Options options_for(const std::string& command, const std::string& summary) {
    cxxopts::Options options("courant " + command, summary);
    options.add_options()("c,config", "the configuration file",
                          cxxopts::value<std::string>()->default_value("courant.toml"),
                          "FILE")("h,help", "this text");
    return options;
}

std::optional<cxxopts::ParseResult> parse(cxxopts::Options& options, Words words,
                                          Console& console) {
    std::vector<std::string> texts{"courant"};
    texts.insert(texts.end(), words.begin(), words.end());
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const auto& text : texts) pointers.push_back(text.c_str());
    auto given = options.parse(static_cast<int>(pointers.size()), pointers.data());
    if (given.count("help") > 0) {
        console.out << options.help();
        return std::nullopt;
    }
    if (!given.unmatched().empty())
        throw UsageError("unexpected word: " + given.unmatched().front());
    return given;
}

Config config_of(const cxxopts::ParseResult& given) {
    return load_config(
        given["config"].as<std::string>(),
        {.adapters = all_adapters(), .cron_fault = CronExpression::fault, .environment = {}});
}

PseudonymFiles pseudonym_files(const Config& config) {
    return {.key = config.pseudonyms.key_file, .names = config.pseudonyms.file};
}

std::unique_ptr<Store> shared_store(const Config& config) {
    return open_store(config.store, Ownership::shared);
}

Listing listing_of(const cxxopts::ParseResult& given) {
    return given.count("json") > 0 ? Listing::json : Listing::table;
}

void print_list(std::ostream& out, const ordered_json& rows, Listing listing) {
    if (listing == Listing::json)
        out << rows.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    else
        print_table(out, rows);
}

std::string one_line(std::string_view text) {
    std::string line;
    detail::append_escaped(line, text);
    return line;
}

std::string text_of(const cxxopts::ParseResult& given, const std::string& option) {
    const auto& value = given[option];
    return value.count() > 0 || value.has_default() ? value.as<std::string>() : std::string();
}

nlohmann::ordered_json time_or_null(const std::optional<Time>& time) {
    return time ? nlohmann::ordered_json(to_timestamp_for_people(*time))
                : nlohmann::ordered_json(nullptr);
}

std::optional<Time> moment(const cxxopts::ParseResult& given, const std::string& option) {
    if (given.count(option) == 0) return std::nullopt;
    const auto text = given[option].as<std::string>();
    if (const auto time = time_from_people(text)) return time;
    throw UsageError(fmt::format(
        "--{}: \"{}\" is no time; one looks like 2026-11-20 or 2026-11-20T08:00:00+01:00", option,
        text));
}

Jid jid_from(const std::string& text) {
    const auto jid = Jid::parse(text);
    if (!jid) throw UsageError(text + " is no JID; one looks like zabbix@lorient.example");
    return jid->bare();
}

Jid any_jid_from(const std::string& text) {
    const auto jid = Jid::parse_any(text);
    const bool is_name = text.find('.') != std::string::npos;  // and not a word in its place
    return jid && is_name ? jid->bare() : jid_from(text);
}

}  // namespace courant::cli
