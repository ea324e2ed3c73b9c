// The thinking half of the example "solar cooperative"; the script `run` beside it starts and stops
// the processes and calls this program in between:
//
//     solar-cooperative-demo check     are the options right?
//     solar-cooperative-demo prepare   writes the three configurations
//     solar-cooperative-demo meter     prints the options of the meter's simulator, a line each
//     solar-cooperative-demo play      lets the day go by, and shows how it travels
//     solar-cooperative-demo report    compares what was sent with what arrived; the table
//
// Exit codes: 0 done, 1 failed or not equal, 2 usage.
#include <fmt/format.h>
#include <unistd.h>

#include <cxxopts.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "examples/solar-cooperative/comparison.hpp"
#include "examples/solar-cooperative/configurations.hpp"
#include "examples/solar-cooperative/meter_day.hpp"
#include "examples/solar-cooperative/plan.hpp"
#include "examples/solar-cooperative/play.hpp"
#include "examples/solar-cooperative/report.hpp"
#include "examples/solar-cooperative/town_logger.hpp"

namespace courant::example {
namespace {

void prepare(const Plan& plan, const cxxopts::ParseResult& given) {
    for (const char* needed : {"town-server", "coop-server", "ca-file"})
        if (given.count(needed) == 0)
            throw std::invalid_argument(fmt::format("prepare needs --{}", needed));
    write_configurations(plan, {.town = given["town-server"].as<std::string>(),
                                .coop = given["coop-server"].as<std::string>(),
                                .ca_file = given["ca-file"].as<std::string>()});
    if (!plan.input) TownLogger::begin_file(plan);
}

int report(const Plan& plan) {
    const Page page{.columns = columns_of(STDOUT_FILENO), .colours = colours_of(STDOUT_FILENO)};
    const Result result = compare(plan);
    std::cout << result_table(result, page) << '\n';
    if (const auto day = day_drawing(plan, page); !day.empty()) std::cout << day << '\n';
    std::cout << whereabouts(plan, result);
    return result.faults.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
    cxxopts::Options options("solar-cooperative-demo");
    auto add = options.add_options();
    add("command", "check, prepare, meter, play or report", cxxopts::value<std::string>());
    add("town-server", "ip:port", cxxopts::value<std::string>());
    add("coop-server", "ip:port", cxxopts::value<std::string>());
    add("ca-file", "the authority of both servers", cxxopts::value<std::string>());
    add_plan_options(options);
    options.parse_positional({"command"});
    const auto given = options.parse(argc, argv);
    if (!given.unmatched().empty())
        throw std::invalid_argument("unexpected word: " + given.unmatched().front());
    if (given.count("command") == 0)
        throw std::invalid_argument("which command? check, prepare, meter, play or report");
    const auto command = given["command"].as<std::string>();
    const Plan plan = plan_from(given);
    if (command == "report") return report(plan);
    if (command == "prepare")
        prepare(plan, given);
    else if (command == "play")
        play_day(plan);
    else if (command == "check")
        return 0;  // the plan was made: the options are right
    else if (command == "meter")
        std::cout << simulator_options(meter_day(plan));
    else
        throw std::invalid_argument(command + " is none of check, prepare, meter, play and report");
    return 0;
}

}  // namespace
}  // namespace courant::example

int main(int argc, char** argv) {
    try {
        return courant::example::run(argc, argv);
    } catch (const cxxopts::exceptions::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    } catch (const std::invalid_argument& error) {
        std::cerr << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
