// `courant extract --dry-run`: what a source would bring next, as SenML, and nothing is taken.
#include <fmt/format.h>

#include <ostream>

#include "cli/command.hpp"
#include "senml/codec.hpp"

namespace courant::cli {
namespace {

void print_refused(const std::vector<Refused>& refused, Console& console) {
    for (const Refused& thing : refused) console.err << thing.where << ": " << thing.reason << '\n';
}

int print_readings(const senml::Pack& readings, senml::Format format, Console& console) {
    if (readings.empty()) {
        console.err << "nothing new\n";
        return Exit::done;
    }
    const auto text = senml::write(format, readings);
    if (!text) {
        console.err << text.error().to_string() << '\n';
        return Exit::failed;
    }
    console.out << *text << '\n';
    return Exit::done;
}

}  // namespace

int extract_command(Words words, Console& console) {
    auto options = options_for(
        "extract", "Shows what an adapter would bring next; takes nothing and moves no cursor");
    options.add_options()("adapter", "its name in the configuration",
                          cxxopts::value<std::string>())(
        "dry-run", "required: extracting for real is what courant run does")(
        "from-start", "as if nothing had been extracted before")(
        "limit", "about how many readings", cxxopts::value<std::size_t>()->default_value("100"),
        "N")("format", "json or xml", cxxopts::value<std::string>()->default_value("json"));
    options.parse_positional({"adapter"});
    options.positional_help("ADAPTER --dry-run");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    if (given->count("adapter") == 0 || given->count("dry-run") == 0)
        throw UsageError("extract ADAPTER --dry-run");
    const auto format = senml::format_from((*given)["format"].as<std::string>());
    if (!format) throw UsageError(format.error().what);
    const Config config = config_of(*given);
    const auto name = (*given)["adapter"].as<std::string>();
    const AdapterConfig* adapter = config.adapter(name);
    if (!adapter) throw UsageError("the configuration has no adapter " + name);
    const auto source =
        adapter->adapter->source ? adapter->adapter->source(adapter->settings) : nullptr;
    if (!source) throw UsageError(name + " is no source as it is configured");
    std::string cursor;
    if (given->count("from-start") == 0)
        cursor = read_from(*shared_store(config), [&](Mailboxes& m) { return m.cursor(name); });
    const Extraction extraction = source->pull(
        cursor, {.now = std::chrono::system_clock::now(),
                 .deadline = std::chrono::steady_clock::now() + config.limits.adapter_timeout,
                 .stop = {},
                 .max_readings = (*given)["limit"].as<std::size_t>()});
    print_refused(extraction.refused, console);
    return print_readings(extraction.readings, *format, console);
}

}  // namespace courant::cli
