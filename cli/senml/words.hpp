// What the commands of `courant senml` share: options that mean the same everywhere, and where
// packs come from.
#pragma once

#include <cxxopts.hpp>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "cli/exit.hpp"
#include "senml/codec.hpp"

namespace courant::cli::senml_words {

/// Where data comes from and goes to, and where talk goes.
struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

/// What a person did wrong at the command line, or what cannot be done; with the exit code that
/// says which.
struct Refusal {
    int code = failed;
    std::string what;
};

template <typename Value>
using Outcome = tl::expected<Value, Refusal>;

/// A wrong command line.
tl::unexpected<Refusal> misused(std::string what);
/// Something that does not work out.
tl::unexpected<Refusal> impossible(std::string what);
/// A fault of a pack.
tl::unexpected<Refusal> faulty(const senml::Fault& fault);

using Words = cxxopts::ParseResult;

/// One command: its options, and what it does.
struct Command {
    cxxopts::Options options;
    std::function<Outcome<void>(const Words&, const Streams&)> run;
};

/// The options of a command, `--help` among them.
cxxopts::Options new_options(const std::string& command, const std::string& what,
                             const std::string& positional);

/// `FILE|-` and `--from`.
void add_input(cxxopts::Options& options);
/// `--to`; `fallback` says what is written without it.
void add_to(cxxopts::Options& options, const std::string& fallback);
/// `--now`.
void add_now(cxxopts::Options& options);
/// `--strict` and `--features`.
void add_rules(cxxopts::Options& options);
/// `--keep-unknown`.
void add_keep_unknown(cxxopts::Options& options);

/// Which format bytes are in, by the first of them; nothing if it cannot be told.
std::optional<senml::Format> guess_format(std::string_view bytes);

/// The format that an option names; nothing where it is not given.
Outcome<std::optional<senml::Format>> format_option(const Words& words, const std::string& name);

/// What `--now`, `--strict`, `--features` and `--keep-unknown` ask for, where a command has them.
Outcome<senml::ReadOptions> read_options(const Words& words);

/// The time of the system's clock.
senml::Time system_now();

/// A pack as it was given, and what it is written in.
struct Input {
    std::string bytes;
    senml::Format format = senml::Format::json;
};

/// The file that a command is about.
Outcome<std::string> file_word(const Words& words);
/// All of a file, "-" being standard input.
Outcome<std::string> read_file(const std::string& file, std::istream& in);
/// All of a file; its format is guessed where it is not given.
Outcome<Input> read_input(const std::string& file, std::optional<senml::Format> format,
                          std::istream& in);
/// The pack that a command is about, by FILE and `--from`.
Outcome<Input> read_pack_input(const Words& words, std::istream& in);

/// Says what a tolerant reader let pass.
void talk_about(const std::vector<senml::Fault>& deviations, std::ostream& err);
/// Writes a pack; text formats end with a line end, CBOR with its last byte.
void put(std::ostream& out, senml::Format format, std::string_view bytes);

}  // namespace courant::cli::senml_words
