// `courant run`: the proxy itself, until somebody stops it; with --once, every job once.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"
#include "cli/store.hpp"

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
std::unique_ptr<Program> made_from(Config& config, std::optional<Config> before,
                                   StoreThread& store) {
    try {
        return std::make_unique<Program>(config, store, logger_of(config));
    } catch (const std::exception& error) {
        if (!before) throw;
        logger_of(*before).error(
            "reload refused: the configuration cannot be used; going on with the one before",
            {{"faults", error.what()}});
    }
    config = std::move(*before);
    return std::make_unique<Program>(config, store, logger_of(config));
}

/// The right to run on a store that several machines can reach: one process has it at a time. It
/// ends with this object, or a while after a process that was killed.
class Tenancy {
  public:
    /// Throws StoreError where another process runs on the store.
    Tenancy(const StoreConfig& config, StoreThread& store)
        : shared_(is_shared(config)), store_(store), holder_(holder()) {
        if (!shared_) return;
        bury_the_dead();
        if (!renew())
            throw StoreError(
                fmt::format("{}: another courant runs on this store, or was killed less than {} s "
                            "ago. One runs at a time.",
                            place_of(config), term.count()),
                Retry::worthwhile);
    }
    ~Tenancy() {
        if (shared_) store_.post([holder = holder_](Mailboxes& m) { m.release_all(holder); }, {});
    }
    Tenancy(const Tenancy&) = delete;
    Tenancy& operator=(const Tenancy&) = delete;

    /// To be called often; whether it still has the right. A store that cannot be asked has not
    /// given it to anybody else.
    bool keep() {
        const auto now = std::chrono::steady_clock::now();
        if (!shared_ || now - renewed_ < term / 3) return true;
        renewed_ = now;
        try {
            return renew();
        } catch (const StoreError&) {
            return true;
        }
    }

  private:
    static constexpr std::chrono::seconds term{30};
    static constexpr std::string_view what = "store";

    static std::string holder() {
        std::array<char, 256> host{};
        ::gethostname(host.data(), host.size() - 1);
        return fmt::format("{} {}", host.data(), ::getpid());
    }
    // Who was killed on this machine does not come back for its right.
    void bury_the_dead() {
        const std::string host = holder().substr(0, holder().rfind(' ') + 1);
        store_.ask([&](Mailboxes& m) {
            for (const Lease& lease : m.leases(std::chrono::system_clock::now())) {
                if (lease.what != what || !lease.holder.starts_with(host)) continue;
                const pid_t pid = std::atoi(lease.holder.c_str() + host.size());
                if (::kill(pid, 0) != 0 && errno == ESRCH) m.release(what, lease.holder);
            }
        });
    }
    bool renew() {
        const std::vector<std::string> wanted{std::string(what)};
        return !store_
                    .ask([&](Mailboxes& m) {
                        return m.hold(wanted, holder_, term, std::chrono::system_clock::now());
                    })
                    .empty();
    }

    bool shared_;
    StoreThread& store_;
    std::string holder_;
    std::chrono::steady_clock::time_point renewed_ = std::chrono::steady_clock::now();
};

int run_until_stopped(Config config, const cxxopts::ParseResult& given, StoreThread& store,
                      const Signals& signals) {
    Tenancy tenancy(config.store, store);
    std::optional<Config> before;
    for (;;) {
        const auto program = made_from(config, std::exchange(before, std::nullopt), store);
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
            if (!tenancy.keep()) {
                logger.error("another courant has taken over this store",
                             {{"store", place_of(config.store)}});
                program->stop();
                return Exit::failed;
            }
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
    StoreThread store(open_store(config.store, Ownership::exclusive));
    if (given->count("once") > 0) {
        const Tenancy tenancy(config.store, store);
        return run_once(config, store, signals);
    }
    return run_until_stopped(std::move(config), *given, store, signals);
}

}  // namespace courant::cli
