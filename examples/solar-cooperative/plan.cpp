#include "examples/solar-cooperative/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "senml/number.hpp"

namespace courant::example {
namespace {

constexpr const char* synthetic_day = "2025-06-19";

/// The cells of a heading line. Quotes around a cell are taken off; an export whose headings hold
/// the separator needs --column.
std::vector<std::string> headings(const std::filesystem::path& file, char separator) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) throw std::invalid_argument(file.string() + " cannot be read");
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    std::vector<std::string> cells;
    std::istringstream rest(line);
    for (std::string cell; std::getline(rest, cell, separator);) {
        if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"')
            cell = cell.substr(1, cell.size() - 2);
        cells.push_back(cell);
    }
    return cells;
}

/// A heading as one level of a name: what is easy to type and to use as a file's name.
std::string level_from(const std::string& heading, std::size_t position) {
    std::string level;
    for (const char c : heading) {
        const bool stays = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
        if (stays)
            level += c;
        else if (c >= 'A' && c <= 'Z')
            level += static_cast<char>(c - 'A' + 'a');
        else if (!level.empty() && level.back() != '-')
            level += '-';
    }
    while (level.ends_with('-')) level.pop_back();
    return level.empty() ? fmt::format("column{}", position) : level;
}

Meaning meaning_from(const std::string& word, const std::string& unit) {
    if (word == "power") return Meaning::power;
    if (word == "energy") return Meaning::energy;
    if (word == "index") return Meaning::index;
    if (!word.empty())
        throw std::invalid_argument("--meaning is power, energy or index, not " + word);
    if (unit.ends_with("Wh") || unit == "J") return Meaning::energy;
    return unit.ends_with("W") ? Meaning::power : Meaning::other;
}

char separator_from(const std::string& text) {
    if (text == "tab") return '\t';
    if (text.size() != 1) throw std::invalid_argument("--separator is one character, or tab");
    return text.front();
}

std::vector<Column> columns_of_input(const Plan& plan, const cxxopts::ParseResult& given) {
    const auto unit = given["unit"].as<std::string>();
    const auto meaning =
        meaning_from(given.count("meaning") > 0 ? given["meaning"].as<std::string>() : "", unit);
    const auto wanted = given.count("column") > 0 ? given["column"].as<std::vector<std::string>>()
                                                  : std::vector<std::string>{};
    std::vector<Column> columns;
    const auto cells = headings(*plan.input, separator_from(plan.separator));
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool is_time =
            plan.time_column == cells[i] || plan.time_column == fmt::format("#{}", i + 1);
        const bool is_wanted =
            wanted.empty() || std::find(wanted.begin(), wanted.end(), cells[i]) != wanted.end();
        if (is_time || !is_wanted) continue;
        auto series = fmt::format("{}/own@{}/{}", plan.town.jid.to_string(), plan.town.jid.domain(),
                                  level_from(cells[i], i + 1));
        const auto same = [&](const Column& column) { return column.series == series; };
        if (std::any_of(columns.begin(), columns.end(), same)) series += fmt::format(".{}", i + 1);
        columns.push_back({fmt::format("#{}", i + 1), series, unit, meaning});
    }
    if (columns.empty() || (!wanted.empty() && columns.size() != wanted.size()))
        throw std::invalid_argument(
            fmt::format("{}: not every column was found; its first line names {} columns",
                        plan.input->string(), cells.size()));
    return columns;
}

std::vector<Column> columns_of_the_model(const Plan& plan) {
    const auto name = [&](const char* level) {
        return fmt::format("{}/school@{}/{}/power", plan.town.jid.to_string(),
                           plan.town.jid.domain(), level);
    };
    return {{"roof_W", name("roof"), "W", Meaning::power},
            {"school_W", name("load"), "W", Meaning::power}};
}

std::chrono::sys_days day_from(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    char rest = 0;
    const bool read = std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &rest) == 3;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!read || !date.ok()) throw std::invalid_argument(text + " is no day: 2025-06-19");
    return date;
}

std::chrono::duration<double> pace_from(const std::string& text) {
    const auto seconds = senml::parse_json_number(text);
    if (!seconds || *seconds < 1 || *seconds > 86'400)
        throw std::invalid_argument("--pace is a number of seconds, 1 to 86400, not " + text);
    return std::chrono::duration<double>(*seconds);
}

Member member(const std::filesystem::path& folder, const char* jid, const char* name) {
    return {.jid = *Jid::parse(jid), .folder = folder / name};
}

}  // namespace

std::filesystem::path Plan::town_file() const {
    return input ? *input : town.folder / "school.csv";
}

std::string Plan::home_subject() const {
    return fmt::format("{}/home7@{}", home.jid.to_string(), home.jid.domain());
}

std::string Plan::home_index() const {
    return home_subject() + "/index/drawn";
}

void add_plan_options(cxxopts::Options& options) {
    const auto text = [](const char* fallback) {
        return cxxopts::value<std::string>()->default_value(fallback);
    };
    auto add = options.add_options();
    add("folder", "where everything lies", cxxopts::value<std::string>());
    add("day", "the synthetic day, or the day of the input to draw", text(synthetic_day));
    add("pace", "seconds that the synthetic day takes", text("12"));
    add("input", "a CSV file of one's own", cxxopts::value<std::string>());
    add("column", "its columns to send", cxxopts::value<std::vector<std::string>>());
    add("unit", "the unit of its values", text("W"));
    add("meaning", "power, energy or index", cxxopts::value<std::string>());
    add("time-column", "the column of the time", text("#1"));
    add("time-format", "as the adapter csv has it", text("iso8601"));
    add("time-zone", "of times without offset", text("Europe/Paris"));
    add("skipped-hour", "refuse or shift", text("refuse"));
    add("separator", "between cells", text(","));
    add("decimal", ". or ,", text("."));
}

Plan plan_from(const cxxopts::ParseResult& given) {
    if (given.count("folder") == 0) throw std::invalid_argument("--folder is needed");
    Plan plan;
    plan.folder = std::filesystem::absolute(given["folder"].as<std::string>());
    plan.town = member(plan.folder, "logger@town.test", "town");
    plan.home = member(plan.folder, "linky@town.test", "home");
    plan.coop = member(plan.folder, "archive@coop.test", "coop");
    plan.auditor = *Jid::parse("auditor@town.test");
    plan.zone = Zone(given["time-zone"].as<std::string>());
    plan.separator = given["separator"].as<std::string>();
    plan.decimal = given["decimal"].as<std::string>();
    plan.time_column = given["time-column"].as<std::string>();
    plan.time_format = given["time-format"].as<std::string>();
    plan.nonexistent = given["skipped-hour"].as<std::string>();
    plan.pace = pace_from(given["pace"].as<std::string>());
    plan.day = day_from(given["day"].as<std::string>());
    if (given.count("input") > 0) {
        plan.input = std::filesystem::absolute(given["input"].as<std::string>());
        plan.columns = columns_of_input(plan, given);
    } else {
        plan.columns = columns_of_the_model(plan);
    }
    if (!plan.input || given.count("day") > 0) plan.drawn = plan.day;
    return plan;
}

}  // namespace courant::example
