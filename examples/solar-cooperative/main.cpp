// The thinking half of the example "solar cooperative"; the script `run` beside it starts and stops
// the processes and calls this program in between:
//
//     solar-cooperative-demo prepare   writes the three configurations
//     solar-cooperative-demo play      lets the day go by, and shows how it travels
//     solar-cooperative-demo settle    waits until what is on the way has arrived
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
#include "examples/solar-cooperative/plan.hpp"
#include "examples/solar-cooperative/play.hpp"
#include "examples/solar-cooperative/report.hpp"

namespace courant::example {
namespace {

void prepare(const Plan& plan, const cxxopts::ParseResult& given) {
    for (const char* needed : {"town-server", "coop-server", "ca-file"})
        if (given.count(needed) == 0)
            throw std::invalid_argument(fmt::format("prepare needs --{}", needed));
    write_configurations(plan, {.town = given["town-server"].as<std::string>(),
                                .coop = given["coop-server"].as<std::string>(),
                                .ca_file = given["ca-file"].as<std::string>()});
    begin_day(plan);
}

int report(const Plan& plan) {
    const Page page{.columns = columns_of(STDOUT_FILENO), .colours = colours_of(STDOUT_FILENO)};
    const Result result = compare(plan);
    std::cout << result_table(result, page) << '\n';
    if (const auto day = day_drawing(plan, page); !day.empty()) std::cout << day << '\n';
    std::cout << whereabouts(plan);
    return result.faults.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
    cxxopts::Options options("solar-cooperative-demo");
    options.add_options()("command", "", cxxopts::value<std::string>())(
        "town-server", "ip:port", cxxopts::value<std::string>())(
        "coop-server", "ip:port", cxxopts::value<std::string>())("ca-file", "",
                                                                 cxxopts::value<std::string>());
    add_plan_options(options);
    options.parse_positional({"command"});
    const auto given = options.parse(argc, argv);
    if (!given.unmatched().empty())
        throw std::invalid_argument("unexpected word: " + given.unmatched().front());
    if (given.count("command") == 0)
        throw std::invalid_argument("which command? prepare, play, settle or report");
    const auto command = given["command"].as<std::string>();
    const Plan plan = plan_from(given);
    if (command == "report") return report(plan);
    if (command == "prepare")
        prepare(plan, given);
    else if (command == "play")
        play_day(plan);
    else if (command == "settle")
        settle(plan);
    else
        throw std::invalid_argument(command + " is none of prepare, play, settle and report");
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
