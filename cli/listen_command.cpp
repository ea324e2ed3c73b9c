// `courant listen`: readings as they arrive, for who has no app to write them into.
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "cli/command.hpp"
#include "cli/history/listener.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"
#include "cli/store.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/mailbox/archive.hpp"

namespace courant::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr PageLimit page{.messages = 64};
constexpr std::chrono::milliseconds look_again{200};

/// Until when, and what ends it before.
struct End {
    const Signals& signals;
    std::optional<Steady::time_point> until;

    /// Waits a little where there is nothing to do; true if it is over.
    bool reached(std::chrono::milliseconds patience) const {
        if (until && Steady::now() >= *until) return true;
        return signals.wait(patience) == Wish::stop;
    }
};

// Shows what arrives until the end; `read` brings the inbox behind a position.
template <class Read>
void follow(Listener& listener, const End& end, Read read) {
    std::chrono::milliseconds patience{0};
    while (!listener.over() && !end.reached(patience)) {
        const std::vector<Arrival> arrivals = read(listener.position());
        for (const Arrival& arrival : arrivals)
            if (!listener.over()) listener.take(arrival);
        patience = arrivals.empty() ? look_again : std::chrono::milliseconds{0};
    }
}

bool somebody_runs(const Config& config) {
    if (!is_shared(config.store)) return running_on(config.store.path).has_value();
    const auto store = shared_store(config);
    const auto workers = read_from(
        *store, [](Mailboxes& m) { return colleagues(m, std::chrono::system_clock::now()); });
    return !workers.empty();
}

std::int64_t end_of_inbox(Mailboxes& m) {
    return m.archive().inventory().inbox_end;
}

int beside_the_proxy(const Config& config, ListenRules rules, bool from_now, const End& end,
                     Console& console) {
    const auto store = shared_store(config);
    if (from_now) rules.after = read_from(*store, end_of_inbox);
    Listener listener(std::move(rules), console);
    console.err << "courant listen: beside the proxy that runs here; Ctrl-C ends it\n";
    follow(listener, end, [&](std::int64_t after) {
        return read_from(*store, [&](Mailboxes& m) { return m.inbox(after, page); });
    });
    return console.out ? Exit::done : Exit::failed;
}

int as_the_proxy(const Config& config, ListenRules rules, bool from_now, const End& end,
                 Console& console) {
    StoreThread store(open_store(config.store, Ownership::exclusive));
    if (from_now) rules.after = store.ask(end_of_inbox);
    Listener listener(std::move(rules), console);
    Program program(config, store, {config.log.level, config.log.format});
    program.start();
    console.err << "courant listen: no proxy runs here, so this is it; Ctrl-C ends it\n";
    follow(listener, end, [&](std::int64_t after) {
        program.watch();
        return store.ask([&](Mailboxes& m) { return m.inbox(after, page); });
    });
    // An adapter that does not come back still uses what would be destroyed now.
    if (!program.stop()) {
        store.ask([](Mailboxes&) {});
        console.out.flush();
        std::_Exit(Exit::failed);
    }
    return console.out ? Exit::done : Exit::failed;
}

std::optional<Steady::time_point> until_of(const cxxopts::ParseResult& given) {
    if (given.count("for") == 0) return std::nullopt;
    const auto length = parse_duration(text_of(given, "for"));
    if (!length) throw UsageError("--for: " + length.error());
    return Steady::now() + *length;
}

ListenRules rules_of(const cxxopts::ParseResult& given) {
    ListenRules rules;
    const auto format = reading_format_from(text_of(given, "format"));
    if (!format) throw UsageError("--format csv|ndjson|senml");
    rules.format = *format;
    if (given.count("series") > 0) rules.series = given["series"].as<std::vector<std::string>>();
    if (given.count("count") > 0) {
        rules.count = given["count"].as<std::int64_t>();
        if (*rules.count < 1) throw UsageError("--count must be 1 or more");
    }
    return rules;
}

}  // namespace

int listen_command(Words words, Console& console) {
    auto options = options_for("listen",
                               "Shows readings as they arrive, beside the running proxy or in its "
                               "place; they stay in the inbox for the sinks");
    options.add_options()("series", "only series that fit; * stands for any run of characters",
                          cxxopts::value<std::vector<std::string>>(), "PATTERN")(
        "from", "now, or all that the inbox holds and then what comes",
        cxxopts::value<std::string>()->default_value("now"),
        "now|all")("format", "csv, ndjson or senml (a pack on each line)",
                   cxxopts::value<std::string>()->default_value("csv"), "FORMAT")(
        "count", "end after so many readings", cxxopts::value<std::int64_t>(), "N")(
        "for", "end after that time: 10m", cxxopts::value<std::string>(), "DURATION");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    ListenRules rules = rules_of(*given);
    const std::string from = text_of(*given, "from");
    if (from != "now" && from != "all") throw UsageError("--from now|all");
    const Config config = config_of(*given);
    const Signals signals;
    const End end{.signals = signals, .until = until_of(*given)};
    if (somebody_runs(config))
        return beside_the_proxy(config, std::move(rules), from == "now", end, console);
    return as_the_proxy(config, std::move(rules), from == "now", end, console);
}

}  // namespace courant::cli
