#include "examples/solar-cooperative/configurations.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace courant::example {
namespace {

/// A TOML basic string.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// A path below the run's folder as the proxy's administrator would write it; others stay whole.
std::string from_its_folder(const std::filesystem::path& path, const Member& member) {
    const auto run = member.folder.parent_path();
    const auto below = path.lexically_relative(run);
    const bool is_below = !below.empty() && *below.begin() != "..";
    return is_below ? path.lexically_relative(member.folder).string() : path.string();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

/// What all three have in common. The log is for the table at the end: one line for each receipt.
std::string common(const Member& member, const std::string& server, const Servers& servers) {
    return fmt::format(
        "# The proxy {0}. \"courant init\" writes every other setting there is.\n\n"
        "[identity]\n"
        "jid = {1}\n"
        "password_file = \"password\"\n"
        "server = {2}\n"
        "ca_file = {3}\n\n"
        "[log]\n"
        "level = \"debug\"\n"
        "format = \"json\"\n",
        member.jid.to_string(), quoted(member.jid.to_string()), quoted(server),
        quoted(from_its_folder(servers.ca_file, member)));
}

/// The town: a CSV file that its logger writes.
std::string town(const Plan& plan, const Servers& servers) {
    std::string text = common(plan.town, servers.town, servers);
    text += fmt::format(
        "\n# What the town's logger writes, read as it grows.\n"
        "[adapters.logger]\n"
        "type = \"csv\"\n"
        "path = {}\n"
        "separator = {}\n"
        "decimal = {}\n"
        "time_column = {}\n"
        "time_format = {}\n"
        "time_zone = {}\n"
        "nonexistent = {}\n",
        quoted(from_its_folder(plan.town_file(), plan.town)), quoted(plan.separator),
        quoted(plan.decimal), quoted(plan.time_column), quoted(plan.time_format),
        quoted(plan.zone.name()), quoted(plan.nonexistent));
    for (const Column& column : plan.columns)
        text += fmt::format(
            "\n[[adapters.logger.series]]\n"
            "column = {}\n"
            "name = {}\n"
            "unit = {}\n",
            quoted(column.heading), quoted(column.series), quoted(column.unit));
    return text + "\n[[extract]]\nadapter = \"logger\"\nevery = \"200ms\"\n";
}

/// A home: the customer port of its Linky meter.
std::string home(const Plan& plan, const Servers& servers) {
    return common(plan.home, servers.town, servers) +
           fmt::format(
               "\n# The meter's customer port; here a pseudo terminal that a simulator feeds.\n"
               "[adapters.meter]\n"
               "type = \"linky-tic\"\n"
               "device = {}\n"
               "subject = {}\n"
               "\n# Of all its labels, the energy taken from the grid since it was mounted.\n"
               "[[adapters.meter.series]]\n"
               "label = \"EAST\"\n"
               "name = {}\n"
               "\n[[extract]]\n"
               "adapter = \"meter\"\n",
               quoted(from_its_folder(plan.meter(), plan.home)), quoted(plan.home_subject()),
               quoted(plan.home_index()));
}

/// The cooperative: a folder with a CSV file for each series.
std::string coop(const Plan& plan, const Servers& servers) {
    return common(plan.coop, servers.coop, servers) +
           fmt::format(
               "\n# The cooperative's books: a CSV file for each series.\n"
               "[adapters.books]\n"
               "type = \"csv\"\n"
               "folder = {}\n"
               "\n[[receive]]\n"
               "adapter = \"books\"\n",
               quoted(from_its_folder(plan.received(), plan.coop)));
}

}  // namespace

void write_configurations(const Plan& plan, const Servers& servers) {
    for (const Member* member : {&plan.town, &plan.home, &plan.coop})
        std::filesystem::create_directories(member->folder);
    write_file(plan.town.config(), town(plan, servers));
    write_file(plan.home.config(), home(plan, servers));
    write_file(plan.coop.config(), coop(plan, servers));
}

}  // namespace courant::example
