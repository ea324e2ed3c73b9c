// `courant run`: the proxy itself, until somebody stops it; with --once, every job once.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ostream>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"

namespace courant::cli {
namespace {

Logger logger_of(const Config& config) {
    return {config.log.level, config.log.format};
}

void tell_warnings(const Config& config, const Logger& logger) {
    for (const std::string& warning : config.warnings)
        logger.warning("configuration", {{"look_at", warning}});
}

// An adapter that never came back still uses what would be destroyed now: the process ends here,
// with everything in the store.
[[noreturn]] void end_without_it(StoreThread& store) {
    store.ask([](Mailboxes&) {});
    std::_Exit(Exit::failed);
}

int run_once(const Config& config, StoreThread& store, const Signals& signals) {
    Counters counters;
    Program program(config, store, logger_of(config), counters);
    bool stop = false;
    const auto stop_asked = [&] {
        return stop = stop || signals.wait(std::chrono::milliseconds(0)) == Wish::stop;
    };
    return program.run_once(stop_asked) ? Exit::done : Exit::failed;
}

/// The configuration of a reload; nothing if it is wrong, which the log then says.
std::optional<Config> reloaded(const cxxopts::ParseResult& given, const Config& current,
                               const Logger& logger) {
    try {
        Config config = config_of(given);
        if (config.store.path != current.store.path) {
            logger.error("reload refused: store.path has changed, which needs a restart");
            return std::nullopt;
        }
        return config;
    } catch (const ConfigError& error) {
        logger.error("reload refused: the configuration is wrong; going on with the one before",
                     {{"faults", error.what()}});
        return std::nullopt;
    }
}

int run_until_stopped(Config config, const cxxopts::ParseResult& given, StoreThread& store,
                      const Signals& signals) {
    Counters counters;
    for (;;) {
        const Logger logger = logger_of(config);
        tell_warnings(config, logger);
        Program program(config, store, logger, counters);
        program.start();
        logger.info("running", {{"jid", config.identity.jid.to_string()},
                                {"store", config.store.path.string()}});
        std::optional<Config> next;
        Wish wish = Wish::nothing;
        while (wish != Wish::stop && !next) {
            wish = signals.wait(std::chrono::milliseconds(500));
            program.watch();
            if (wish == Wish::reload) next = reloaded(given, config, logger);
        }
        logger.info(next ? "reloading" : "stopping");
        if (!program.stop()) end_without_it(store);
        if (!next) return Exit::done;
        config = std::move(*next);
    }
}

}  // namespace

int run_command(Words words, Console& console) {
    auto options = options_for(
        "run", "Runs the proxy. SIGTERM stops it, SIGHUP makes it read its configuration again");
    options.add_options()("once", "do every job once, then stop");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    Config config = config_of(*given);
    const Signals signals;
    StoreThread store(open_sqlite_store(config.store.path));
    if (given->count("once") > 0) return run_once(config, store, signals);
    return run_until_stopped(std::move(config), *given, store, signals);
}

}  // namespace courant::cli
