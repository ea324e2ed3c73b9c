// The program `courant`: a table of commands, and what their exceptions mean to a shell.
#include <array>
#include <iostream>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/senml_command.hpp"
#include "proxy-core/error.hpp"

namespace courant::cli {
namespace {

int senml_command(Words words, Console& console) {
    return run_senml_command(words, console.in, console.out, console.err);
}

constexpr std::array commands{
    Command{"init", "write a configuration with every default in it", init_command},
    Command{"check", "check the configuration and what it names: server, store, adapters",
            check_command},
    Command{"run", "run the proxy", run_command},
    Command{"status", "mailboxes, lanes, peers and jobs at a glance", status_command},
    Command{"adapters", "the adapters of this build, and their settings", adapters_command},
    Command{"extract", "what a source would bring, without taking it", extract_command},
    Command{"history", "the past of a series, from the peer that has it", history_command},
    Command{"catalog", "what a peer has for us, or what we have and who is told of it",
            catalog_command},
    Command{"directory", "the organisations that our peers know", directory_command},
    Command{"listen", "readings as they arrive, without an app that takes them", listen_command},
    Command{"outbox", "messages that wait for a receipt", outbox_command},
    Command{"inbox", "messages that arrived", inbox_command},
    Command{"dead", "what was set aside, and why", dead_command},
    Command{"peer", "the proxies that this one knows", peer_command},
    Command{"grant", "who may have which series, for what, and until when", grant_command},
    Command{"subscription", "which series go to which peer", subscription_command},
    Command{"subject", "what a person may ask: show, export, object, limit, erase",
            subject_command},
    Command{"publish", "open data, for whoever subscribes at our XMPP server", publish_command},
    Command{"store", "move the store into another one, PostgreSQL or SQLite", store_command},
    Command{"senml", "validate, resolve and convert SenML; take names apart", senml_command},
};

void print_help(std::ostream& out) {
    out << "courant: energy readings between organisations, over XMPP, in SenML\n\n  courant "
           "COMMAND [--help] ...\n\n";
    for (const Command& command : commands)
        out << "  " << command.name << std::string(14 - command.name.size(), ' ') << command.summary
            << '\n';
    out << "\nExit codes: 0 done, 1 failed, 2 usage, 3 configuration.\n";
}

int run(Words words, Console& console) {
    if (words.empty()) {
        print_help(console.err);
        return Exit::usage;
    }
    if (words.front() == "--help" || words.front() == "-h" || words.front() == "help") {
        print_help(console.out);
        return Exit::done;
    }
    if (words.front() == "--version") {
        console.out << "courant " COURANT_VERSION "\n";
        return Exit::done;
    }
    for (const Command& command : commands)
        if (command.name == words.front()) return command.run(words.subspan(1), console);
    console.err << "courant: " << words.front() << " is no command; courant --help lists them\n";
    return Exit::usage;
}

int guarded(Words words, Console& console) {
    const std::string_view name = words.empty() ? "" : words.front();
    try {
        return run(words, console);
    } catch (const UsageError& error) {
        console.err << "courant " << name << ": " << error.what() << '\n';
        return Exit::usage;
    } catch (const cxxopts::exceptions::exception& error) {
        console.err << "courant " << name << ": " << error.what() << "; courant " << name
                    << " --help\n";
        return Exit::usage;
    } catch (const ConfigError& error) {
        console.err << error.what() << '\n';
        return Exit::configuration;
    } catch (const std::exception& error) {
        console.err << "courant " << name << ": " << error.what() << '\n';
        return Exit::failed;
    }
}

}  // namespace
}  // namespace courant::cli

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    courant::cli::Console console{std::cin, std::cout, std::cerr};
    const int code = courant::cli::guarded(words, console);
    std::cout.flush();
    if (!std::cout) return courant::cli::Exit::failed;
    return code;
}
