// What a command of `courant` is, and the few things that all of them share.
//
// Data goes to stdout, talk to stderr, `--json` where a table is printed. Exit codes are stable: 0
// done, 1 failed, 2 usage, 3 configuration. A command is a function that gets its words and a
// console; main.cpp has the table of them and turns exceptions into exit codes.
#pragma once

#include <cxxopts.hpp>
#include <iosfwd>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::cli {

/// Where a command reads and writes.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

/// The words that follow the command's name.
using Words = std::span<const std::string_view>;

/// The command line was not understood; what() says how it goes.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One command.
struct Command {
    std::string_view name;
    std::string_view summary;
    int (*run)(Words words, Console& console);
};

/// Options of a command, with -c and --help already in them.
cxxopts::Options options_for(const std::string& command, const std::string& summary);

/// Parses; nothing if --help was asked for, which is then printed.
std::optional<cxxopts::ParseResult> parse(cxxopts::Options& options, Words words, Console& console);

/// The configuration that -c names.
Config config_of(const cxxopts::ParseResult& given);

/// Where its pseudonyms are.
PseudonymFiles pseudonym_files(const Config& config);

/// Opens the store of a configuration beside a running proxy, if there is one.
std::unique_ptr<Store> shared_store(const Config& config);

/// Reads with a work and returns what it returned.
template <class F>
auto read_from(Store& store, F work) -> decltype(work(std::declval<Mailboxes&>())) {
    std::optional<decltype(work(std::declval<Mailboxes&>()))> result;
    store.read([&](Mailboxes& m) { result.emplace(work(m)); });
    return std::move(*result);
}

/// How a list is printed.
enum class Listing { table, json };
/// --json or not.
Listing listing_of(const cxxopts::ParseResult& given);

/// Prints a list of flat objects with the same keys: as a table with a heading for each key, or as
/// JSON.
void print_list(std::ostream& out, const nlohmann::ordered_json& rows, Listing listing);

/// A text of unknown origin made safe for one line of a terminal: what a peer wrote must not pass
/// for a line of ours.
std::string one_line(std::string_view text);

/// The text of an option; empty where it was not given and has no default.
std::string text_of(const cxxopts::ParseResult& given, const std::string& option);
/// A moment that an option names, "2026-11-20" (UTC) or "2026-11-20T08:00:00+01:00"; nothing
/// without it, a UsageError where it is none.
std::optional<Time> moment(const cxxopts::ParseResult& given, const std::string& option);

/// A time as people read it, or null.
nlohmann::ordered_json time_or_null(const std::optional<Time>& time);

/// A bare JID from the command line, or a UsageError that says what is wrong with it.
Jid jid_from(const std::string& text);
/// The same for whoever may be a service, which has a domain alone.
Jid any_jid_from(const std::string& text);

int init_command(Words words, Console& console);
int catalog_command(Words words, Console& console);
int check_command(Words words, Console& console);
int run_command(Words words, Console& console);
int status_command(Words words, Console& console);
int adapters_command(Words words, Console& console);
int directory_command(Words words, Console& console);
int extract_command(Words words, Console& console);
int history_command(Words words, Console& console);
int listen_command(Words words, Console& console);
int outbox_command(Words words, Console& console);
int inbox_command(Words words, Console& console);
int dead_command(Words words, Console& console);
int grant_command(Words words, Console& console);
int peer_command(Words words, Console& console);
int subject_command(Words words, Console& console);
int subscription_command(Words words, Console& console);
int publish_command(Words words, Console& console);
int store_command(Words words, Console& console);

}  // namespace courant::cli
