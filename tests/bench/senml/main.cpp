// SenML parse and encode, against what others would use, in one run on one thread.
//
//     taskset -c 1 build/bench/tests/bench/senml/senml_bench [--quick] [--best]
//                                                            [--markdown] [--only json|xml|cbor]
//
// tests/bench/README.md says how to read what it prints. The exit code is about wrong results,
// never about speed.
#include <fmt/format.h>
#include <sched.h>

#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include "tests/bench/senml/table.hpp"

namespace courant::bench {

namespace {

struct Command {
    Effort effort;
    Style style = Style::plain;
    std::optional<senml::Format> only;
};

constexpr std::string_view usage =
    "usage: senml_bench [--quick] [--best] [--markdown] [--only json|xml|cbor]\n";

/// Nothing for a command line that nobody understands.
std::optional<Command> parse_command(std::span<char*> arguments) {
    Command command;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--quick") {
            command.effort.samples = 5;
            command.effort.sample = std::chrono::milliseconds{4};
        } else if (argument == "--best") {
            command.effort.quantile = 0;
        } else if (argument == "--markdown") {
            command.style = Style::markdown;
        } else if (argument == "--only" && i + 1 < arguments.size()) {
            const auto format = senml::format_from(arguments[++i]);
            if (!format) return std::nullopt;
            command.only = *format;
        } else {
            return std::nullopt;
        }
    }
    return command;
}

bool is_pinned() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) == 1;
}

Contestants line_up(Discipline discipline, senml::Format format) {
    Contestants all;
    const bool parse = discipline == Discipline::parse;
    parse ? add_our_parsers(all) : add_our_encoders(all);
    // Nobody else's CBOR takes part: the general-purpose readers want text for labels.
    if (format == senml::Format::json) parse ? add_json_parsers(all) : add_json_encoders(all);
    if (format == senml::Format::xml) parse ? add_xml_parsers(all) : add_xml_encoders(all);
    parse ? add_payload_copy(all) : add_output_copy(all);
    return all;
}

Section run_section(Discipline discipline, senml::Format format, Digits digits,
                    const Effort& effort) {
    Section section{.discipline = discipline, .format = format, .digits = digits, .rows = {}};
    std::cerr << fmt::format("{} {} …\n", discipline == Discipline::parse ? "parse" : "encode",
                             section.title());
    const Contestants contestants = line_up(discipline, format);
    for (const auto& contestant : contestants) {
        section.rows.push_back({contestant->name(), contestant->part(), {}});
    }
    for (std::size_t column = 0; column < sizes.size(); ++column) {
        const Corpus corpus = make_corpus(format, digits, sizes[column]);
        const auto measured = measure(contestants, corpus, effort);
        for (std::size_t i = 0; i < measured.size(); ++i) {
            section.rows[i].cells[column] = measured[i];
        }
    }
    return section;
}

/// All sections that were asked for; one in which a result is wrong is told and left out.
std::vector<Section> run_sections(const Command& command, bool& all_right) {
    std::vector<Section> sections;
    for (const auto discipline : {Discipline::parse, Discipline::encode}) {
        for (const auto format : {senml::Format::json, senml::Format::xml, senml::Format::cbor}) {
            if (command.only && *command.only != format) continue;
            for (const auto digits : {Digits::integers, Digits::decimals}) {
                try {
                    sections.push_back(run_section(discipline, format, digits, command.effort));
                } catch (const std::exception& error) {
                    std::cerr << "senml_bench: " << error.what() << '\n';
                    all_right = false;
                }
            }
        }
    }
    return sections;
}

void print(const Command& command, const std::vector<Section>& sections) {
    std::cout << fmt::format(
        "Load curves, {} different packs in turn ({} of 10 000 records), seed {}; {} of {} "
        "samples of {} ms; {}\n\n",
        rotation(1), rotation(10'000), seed,
        command.effort.quantile > 0 ? "medians" : "the fastest", command.effort.samples,
        command.effort.sample.count(),
        is_pinned() ? "pinned to one processor" : "NOT PINNED to a processor (taskset -c 1 …)");
    std::cout << table(Discipline::parse, sections, command.style) << '\n'
              << table(Discipline::encode, sections, command.style) << '\n'
              << goals(sections, command.style) << '\n'
              << noise(sections);
}

}  // namespace

}  // namespace courant::bench

int main(int argc, char** argv) {
    using namespace courant::bench;
    const auto command = parse_command({argv, static_cast<std::size_t>(argc)});
    if (!command) {
        std::cerr << usage;
        return 2;
    }
    bool all_right = true;
    print(*command, run_sections(*command, all_right));
    return all_right ? 0 : 1;
}
