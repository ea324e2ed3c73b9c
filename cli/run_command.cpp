// `courant run`: the proxy itself, until somebody stops it; with --once, every job once.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"
#include "cli/store.hpp"
#include "proxy-core/federation/backoff.hpp"
#include "proxy-core/observe/lasting_fault.hpp"

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
[[noreturn]] void end_without_it(StoreThread& store, const Logger& logger) {
    try {
        store.ask([](Mailboxes&) {});
    } catch (const std::exception& error) {
        logger.error("the store failed at the end", {{"reason", error.what()}});
    }
    std::_Exit(Exit::failed);
}

/// Listens for SIGTERM while the main thread works; an adapter that does not end then is left
/// behind with the process.
class StopOnSignal {
  public:
    StopOnSignal(const Signals& signals, StoreThread& store, const Logger& logger)
        : thread_([this, &signals, &store, logger](const std::stop_token& over) {
              while (!over.stop_requested() && signals.wait(look_again) != Wish::stop) {
              }
              wish_.request_stop();
              const auto until = std::chrono::steady_clock::now() + grace;
              while (!over.stop_requested()) {
                  if (std::chrono::steady_clock::now() > until) {
                      logger.error("a call did not end in time and is left behind");
                      end_without_it(store, logger);
                  }
                  signals.wait(look_again);
              }
          }) {}
    std::stop_token wish() const { return wish_.get_token(); }

  private:
    static constexpr std::chrono::milliseconds look_again{50};
    static constexpr std::chrono::seconds grace{15};
    std::stop_source wish_;
    std::jthread thread_;
};

/// What `attempt` brings, as soon as the store is there: a database may come up after us, or be
/// away at a reload. Nothing if we are asked to stop before.
template <class Attempt>
auto once_the_store_is_there(const Config& config, const Signals& signals, const Attempt& attempt)
    -> std::invoke_result_t<Attempt> {
    LastingFault fault(logger_of(config), "store");
    Backoff backoff(std::chrono::ceil<std::chrono::milliseconds>(config.limits.retry_first),
                    std::chrono::seconds(10), std::random_device{}());
    for (;;) {
        try {
            auto brought = attempt();
            fault.succeeded(std::chrono::system_clock::now());
            return brought;
        } catch (const StoreError& error) {
            if (!is_shared(config.store) || !error.worth_retrying()) throw;
            fault.failed(error.what(), std::chrono::system_clock::now());
        }
        if (signals.wait(backoff.next()) == Wish::stop) return nullptr;
    }
}

int run_once(const Config& config, StoreThread& store, const Signals& signals) {
    const Logger logger = logger_of(config);
    Program program(config, store, logger);
    const StopOnSignal stop(signals, store, logger);
    return program.run_once(stop.wish()) ? Exit::done : Exit::failed;
}

/// The configuration of a reload; nothing if it is wrong, which the log then says.
std::optional<Config> reloaded(const cxxopts::ParseResult& given, const Config& current,
                               const Logger& logger) {
    try {
        Config config = config_of(given);
        if (config.store != current.store) {
            logger.error("reload refused: [store] has changed, which needs a restart");
            return std::nullopt;
        }
        return config;
    } catch (const ConfigError& error) {
        logger.error("reload refused: the configuration is wrong; going on with the one before",
                     {{"faults", error.what()}});
        return std::nullopt;
    }
}

/// The program of a configuration. Where it cannot be made, that of the one before it, which then
/// is `config` again; without one before, the fault is thrown.
std::unique_ptr<Program> made_from(Config& config, std::optional<Config>& before,
                                   StoreThread& store) {
    try {
        return std::make_unique<Program>(config, store, logger_of(config));
    } catch (const StoreError&) {
        throw;
    } catch (const std::exception& error) {
        if (!before) throw;
        logger_of(*before).error(
            "reload refused: the configuration cannot be used; going on with the one before",
            {{"faults", error.what()}});
    }
    config = std::move(*std::exchange(before, std::nullopt));
    return std::make_unique<Program>(config, store, logger_of(config));
}

int run_until_stopped(Config config, const cxxopts::ParseResult& given, StoreThread& store,
                      const Signals& signals) {
    std::optional<Config> before;
    for (;;) {
        const auto program = once_the_store_is_there(
            config, signals, [&] { return made_from(config, before, store); });
        if (!program) return Exit::done;
        const Logger logger = logger_of(config);
        tell_warnings(config, logger);
        program->start();
        logger.info("running",
                    {{"jid", config.identity.jid.to_string()}, {"store", place_of(config.store)}});
        std::optional<Config> next;
        Wish wish = Wish::nothing;
        while (wish != Wish::stop && !next) {
            wish = signals.wait(std::chrono::milliseconds(500));
            program->watch();
            if (wish == Wish::reload) next = reloaded(given, config, logger);
        }
        logger.info(next ? "reloading" : "stopping");
        if (!program->stop()) end_without_it(store, logger);
        if (!next) return Exit::done;
        before = std::exchange(config, std::move(*next));
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
    if (given->count("once") > 0) {
        StoreThread store(open_store(config.store, Ownership::exclusive));
        return run_once(config, store, signals);
    }
    auto opened = once_the_store_is_there(
        config, signals, [&] { return open_store(config.store, Ownership::exclusive); });
    if (!opened) return Exit::done;
    StoreThread store(std::move(opened));
    return run_until_stopped(std::move(config), *given, store, signals);
}

}  // namespace courant::cli
