// `courant store migrate`: everything that the store holds goes into another one, from SQLite to
// PostgreSQL or back.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/command.hpp"
#include "cli/store.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/copy_store.hpp"
#include "proxy-core/mailbox/postgres_store.hpp"

namespace courant::cli {
namespace {

constexpr std::string_view summary =
    "Moves the store: migrate copies everything into an empty one and retires the old one; keep "
    "takes an old one into use again";

/// How far it is, on one line of a terminal; nowhere else a word.
class ProgressBar {
  public:
    explicit ProgressBar(std::ostream& out) : out_(out), live_(isatty(STDERR_FILENO) != 0) {}
    ~ProgressBar() {
        if (live_) out_ << "\r\033[K" << std::flush;
    }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::int64_t done, std::int64_t of) {
        if (!live_ || of == 0) return;
        constexpr std::int64_t cells = 30;
        const auto filled = static_cast<std::size_t>(done * cells / of);
        out_ << fmt::format("\r{:3} % [{}{}] {} of {}", done * 100 / of, std::string(filled, '#'),
                            std::string(cells - filled, '.'), done, of)
             << std::flush;
    }

  private:
    std::ostream& out_;
    bool live_;
};

std::string first_line_of(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) throw UsageError(file + " cannot be read, or is empty");
    return line;
}

/// Where it shall go.
StoreConfig target_of(const cxxopts::ParseResult& given) {
    if (given.count("to") + given.count("to-url-file") != 1)
        throw UsageError("store migrate --to URL|PATH, or --to-url-file FILE");
    StoreConfig target;
    target.schema = given["schema"].as<std::string>();
    const bool in_file = given.count("to-url-file") > 0;
    const auto to = in_file ? first_line_of(given["to-url-file"].as<std::string>())
                            : given["to"].as<std::string>();
    if (!in_file && to.find("://") == std::string::npos) {
        target.path = std::filesystem::absolute(to);
        return target;
    }
    target.url = Secret(to);
    if (const auto wrong = postgres_url_fault(target.url)) throw UsageError("--to: " + *wrong);
    return target;
}

void refuse_running_workers(Store& store, const StoreConfig& config, Time now) {
    const auto leases = read_from(store, [&](Mailboxes& m) { return m.leases(now); });
    if (leases.empty()) return;
    throw StoreError(fmt::format("{}: worker {} runs on this store. Stop all its workers first.",
                                 place_of(config), leases.front().holder),
                     Retry::worthwhile);
}

void set_moved(Store& store, const std::string& text) {
    store.commit([&](Mailboxes& m) { m.set_note(moved_note, text); });
}

void print_what_to_change(const StoreConfig& target, const std::string& file, std::ostream& out) {
    out << "\nThe old store is kept and no longer used. In " << file
        << ", let [store] say:\n\n    [store]\n";
    if (!is_shared(target)) {
        out << "    path = \"" << target.path.string() << "\"\n";
        return;
    }
    out << "    url_file = \"FILE\"    # a file that holds the URL of " << place_of(target)
        << ", readable by this user alone\n";
    if (target.schema != StoreConfig{}.schema) out << "    schema = \"" << target.schema << "\"\n";
}

int migrate(const cxxopts::ParseResult& given, Console& console) {
    const Config config = config_of(given);
    const StoreConfig target = target_of(given);
    const Time now = std::chrono::system_clock::now();
    const auto from = open_even_if_moved(config.store, Ownership::exclusive);
    refuse_running_workers(*from, config.store, now);
    const auto before = read_from(*from, [](Mailboxes& m) { return m.note(moved_note); });
    const auto to = open_even_if_moved(target, Ownership::exclusive);
    const auto moved =
        fmt::format("moved to {} at {}", place_of(target), to_timestamp_for_people(now));
    // From here on nobody else begins to use it, and what they changed would be lost.
    set_moved(*from, moved);
    Census census;
    try {
        ProgressBar bar(console.err);
        census =
            copy_store(*from, *to, [&](std::int64_t done, std::int64_t of) { bar.show(done, of); });
    } catch (...) {
        set_moved(*from, before);
        throw;
    }
    console.err << fmt::format(
        "{} messages of the outbox, {} of the inbox, {} that wait for others before them, {} dead "
        "letters: all in {}\n",
        census.outbox, census.inbox, census.waiting, census.dead, place_of(target));
    print_what_to_change(target, given["config"].as<std::string>(), console.err);
    return Exit::done;
}

int keep(const cxxopts::ParseResult& given, Console& console) {
    const Config config = config_of(given);
    const auto store = open_even_if_moved(config.store, Ownership::exclusive);
    const auto moved = read_from(*store, [](Mailboxes& m) { return m.note(moved_note); });
    if (moved.empty()) {
        console.err << "it is in use as it is\n";
        return Exit::done;
    }
    set_moved(*store, "");
    console.err << place_of(config.store) << " was " << moved
                << ", and is used again. Never let both be used.\n";
    return Exit::done;
}

}  // namespace

int store_command(Words words, Console& console) {
    auto options = options_for("store", std::string(summary));
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value(""))(
        "to", "an empty PostgreSQL database or a new SQLite file", cxxopts::value<std::string>(),
        "URL|PATH")("to-url-file",
                    "a file that holds the URL, so that no list of processes shows it",
                    cxxopts::value<std::string>(), "FILE")(
        "schema", "the schema of that database",
        cxxopts::value<std::string>()->default_value(StoreConfig{}.schema), "NAME");
    options.parse_positional({"action"});
    options.positional_help("migrate --to URL|PATH | keep");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const auto action = (*given)["action"].as<std::string>();
    if (action == "migrate") return migrate(*given, console);
    if (action == "keep") return keep(*given, console);
    throw UsageError("store migrate --to URL|PATH, or store keep");
}

}  // namespace courant::cli
