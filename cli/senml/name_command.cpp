#include <ostream>

#include "cli/senml/commands.hpp"
#include "senml/name.hpp"

namespace courant::cli::senml_words {

namespace {

void put_json_string(std::ostream& out, std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    out << '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (byte < 0x20) {
            out << "\\u00" << hex_digits[byte >> 4] << hex_digits[byte & 0x0F];
        } else {
            out << c;
        }
    }
    out << '"';
}

void put_name_json(std::ostream& out, const senml::Name& name) {
    const auto member = [&out](std::string_view label, std::string_view value) {
        out << '"' << label << "\":";
        put_json_string(out, value);
        out << ',';
    };
    out << '{';
    member("app", name.app());
    member("app_server", name.app_server());
    member("subject", name.subject());
    member("subject_server", name.subject_server());
    out << "\"path\":[";
    std::string_view gap;
    for (const std::string& level : name.path()) {
        out << gap;
        put_json_string(out, level);
        gap = ",";
    }
    out << "],";
    member("name", name.people());
    out << "\"senml\":";
    put_json_string(out, name.senml());
    out << "}\n";
}

void put_name(std::ostream& out, const senml::Name& name) {
    out << "app       " << name.app() << " at " << name.app_server() << '\n'
        << "subject   " << name.subject() << " at " << name.subject_server() << '\n'
        << "path     ";
    for (const std::string& level : name.path()) out << ' ' << level;
    out << '\n' << "name      " << name.people() << '\n' << "in SenML  " << name.senml() << '\n';
}

Outcome<void> take_apart(const Words& words, const Streams& io) {
    if (words.count("name") == 0) return misused("which NAME?");
    const auto text = words["name"].as<std::string>();
    const auto parsed = senml::Name::parse(text);
    if (!parsed) return impossible(text + ": " + parsed.error().what);
    if (words.count("json") > 0) {
        put_name_json(io.out, *parsed);
    } else {
        put_name(io.out, *parsed);
    }
    return {};
}

}  // namespace

Command name_command() {
    auto options = new_options("name", "Takes a federated name apart.", "NAME");
    options.add_options()("json", "Print a JSON object");
    options.add_options("hidden")("name", "", cxxopts::value<std::string>());
    options.parse_positional({"name"});
    return {options, take_apart};
}

}  // namespace courant::cli::senml_words
