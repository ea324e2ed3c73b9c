#include "cli/senml_command.hpp"

#include <chrono>
#include <cxxopts.hpp>
#include <fstream>
#include <istream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "senml/codec.hpp"
#include "senml/name.hpp"
#include "senml/number.hpp"

namespace courant::cli {

namespace {

using senml::Fault;
using senml::Format;

constexpr int done = 0;
constexpr int failed = 1;
constexpr int usage = 2;

constexpr std::string_view summary = R"(Usage: courant senml COMMAND [OPTION…] ARGUMENT

  validate   say what is wrong with a pack, one line per fault
  resolve    write the pack without base fields, with absolute times, in order of time
  convert    write the same pack in another format
  name       take a federated name apart

"courant senml COMMAND --help" tells more. FILE may be "-": standard input.
)";

struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

// What a person did wrong at the command line, or what cannot be done; with the exit code that says
// which.
struct Refusal {
    int code = failed;
    std::string what;
};

template <typename Value>
using Outcome = tl::expected<Value, Refusal>;

tl::unexpected<Refusal> misused(std::string what) {
    return tl::unexpected(Refusal{usage, std::move(what)});
}

std::string read_all(std::istream& stream) {
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

Outcome<std::string> read_input(const std::string& file, std::istream& in) {
    if (file == "-") return read_all(in);
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return tl::unexpected(Refusal{failed, file + ": cannot be read"});
    std::string bytes = read_all(stream);
    if (stream.bad()) return tl::unexpected(Refusal{failed, file + ": cannot be read"});
    return bytes;
}

// The first byte tells the text formats apart; a byte order mark and blanks may stand before it.
std::optional<Format> guess_format(std::string_view bytes) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    const auto first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::nullopt;
    if (bytes[first] == '<') return Format::xml;
    if (bytes[first] == '[' || bytes[first] == '{') return Format::json;
    return std::nullopt;
}

Outcome<Format> format_option(const cxxopts::ParseResult& options, const std::string& name) {
    const auto format = senml::format_from(options[name].as<std::string>());
    if (!format) return misused("--" + name + ": " + format.error().what);
    return *format;
}

// A pack as it was given, and what it is written in.
struct Input {
    std::string bytes;
    Format format = Format::json;
};

Outcome<Input> read_pack_input(const cxxopts::ParseResult& options, std::istream& in) {
    if (options.count("file") == 0) return misused("which FILE? (\"-\" is standard input)");
    Input input;
    const bool given = options.count("from") > 0;
    if (given) {
        const auto format = format_option(options, "from");
        if (!format) return tl::unexpected(format.error());
        input.format = *format;
    }
    const auto file = options["file"].as<std::string>();
    auto bytes = read_input(file, in);
    if (!bytes) return tl::unexpected(bytes.error());
    input.bytes = std::move(*bytes);
    if (given) return input;
    const auto guessed = guess_format(input.bytes);
    if (!guessed) {
        return tl::unexpected(
            Refusal{failed, file + ": neither XML nor JSON; say which with --from"});
    }
    input.format = *guessed;
    return input;
}

senml::Time system_now() {
    return std::chrono::time_point_cast<senml::Span>(std::chrono::system_clock::now());
}

Outcome<senml::Time> now_option(const cxxopts::ParseResult& options) {
    if (options.count("now") == 0) return system_now();
    const auto text = options["now"].as<std::string>();
    const auto seconds = senml::parse_seconds(text);
    if (!seconds) return misused("--now: '" + text + "' is no number of seconds since 1970");
    return senml::Time{*seconds};
}

void talk_about(const std::vector<Fault>& deviations, std::ostream& err) {
    for (const Fault& deviation : deviations) err << "note: " << deviation.to_string() << '\n';
}

cxxopts::Options new_options(const std::string& command, const std::string& what,
                             const std::string& positional) {
    cxxopts::Options options("courant senml " + command, what);
    options.custom_help("[OPTION…]").positional_help(positional);
    options.add_options()("h,help", "Print this help");
    return options;
}

void add_pack_options(cxxopts::Options& options) {
    options.add_options()("from", "What the pack is written in: json or xml (default: guessed)",
                          cxxopts::value<std::string>(), "FORMAT");
    options.add_options("hidden")("file", "", cxxopts::value<std::string>());
    options.parse_positional({"file"});
}

int validate(const cxxopts::ParseResult& options, const Streams& io, Refusal& refusal) {
    const auto input = read_pack_input(options, io.in);
    if (!input) return refusal = input.error(), refusal.code;
    senml::ReadOptions reading;
    reading.now = system_now();
    if (options.count("strict") > 0) reading.profile = senml::Profile::strict;
    std::vector<Fault> deviations;
    const auto faults = senml::validate(input->format, input->bytes, reading, &deviations);
    talk_about(deviations, io.err);
    for (const Fault& fault : faults) io.out << fault.to_string() << '\n';
    return faults.empty() ? done : failed;
}

int resolve(const cxxopts::ParseResult& options, const Streams& io, Refusal& refusal) {
    const auto now = now_option(options);
    if (!now) return refusal = now.error(), refusal.code;
    std::optional<Format> to;
    if (options.count("to") > 0) {
        const auto format = format_option(options, "to");
        if (!format) return refusal = format.error(), refusal.code;
        to = *format;
    }
    const auto input = read_pack_input(options, io.in);
    if (!input) return refusal = input.error(), refusal.code;
    std::vector<Fault> deviations;
    auto pack = senml::read(input->format, input->bytes, {.now = *now}, &deviations);
    talk_about(deviations, io.err);
    if (!pack) return refusal = {failed, pack.error().to_string()}, failed;
    pack->sort_by_time();
    const auto text = senml::write_resolved(to.value_or(input->format), *pack);
    if (!text) return refusal = {failed, text.error().to_string()}, failed;
    io.out << *text << '\n';
    return done;
}

int convert(const cxxopts::ParseResult& options, const Streams& io, Refusal& refusal) {
    if (options.count("to") == 0) return refusal = {usage, "--to is missing: json or xml"}, usage;
    const auto to = format_option(options, "to");
    if (!to) return refusal = to.error(), refusal.code;
    const auto input = read_pack_input(options, io.in);
    if (!input) return refusal = input.error(), refusal.code;
    senml::ReadOptions reading;
    reading.now = system_now();
    const auto text = senml::convert(input->format, *to, input->bytes, reading);
    if (!text) return refusal = {failed, text.error().to_string()}, failed;
    io.out << *text << '\n';
    return done;
}

void put_json_string(std::ostream& out, std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    out << '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (byte < 0x20) {
            out << "\\u00" << hex_digits[byte >> 4] << hex_digits[byte & 0x0F];
        } else {
            out << c;
        }
    }
    out << '"';
}

void put_name_json(std::ostream& out, const senml::Name& name) {
    const auto member = [&out](std::string_view label, std::string_view value) {
        out << '"' << label << "\":";
        put_json_string(out, value);
        out << ',';
    };
    out << '{';
    member("app", name.app());
    member("app_server", name.app_server());
    member("subject", name.subject());
    member("subject_server", name.subject_server());
    out << "\"path\":[";
    std::string_view gap;
    for (const std::string& level : name.path()) {
        out << gap;
        put_json_string(out, level);
        gap = ",";
    }
    out << "],";
    member("name", name.people());
    out << "\"senml\":";
    put_json_string(out, name.senml());
    out << "}\n";
}

void put_name(std::ostream& out, const senml::Name& name) {
    out << "app       " << name.app() << " at " << name.app_server() << '\n'
        << "subject   " << name.subject() << " at " << name.subject_server() << '\n'
        << "path     ";
    for (const std::string& level : name.path()) out << ' ' << level;
    out << '\n' << "name      " << name.people() << '\n' << "in SenML  " << name.senml() << '\n';
}

int name(const cxxopts::ParseResult& options, const Streams& io, Refusal& refusal) {
    if (options.count("name") == 0) return refusal = {usage, "which NAME?"}, usage;
    const auto text = options["name"].as<std::string>();
    const auto parsed = senml::Name::parse(text);
    if (!parsed) return refusal = {failed, text + ": " + parsed.error().what}, failed;
    if (options.count("json") > 0) {
        put_name_json(io.out, *parsed);
    } else {
        put_name(io.out, *parsed);
    }
    return done;
}

using Action = int (*)(const cxxopts::ParseResult&, const Streams&, Refusal&);

struct Command {
    cxxopts::Options options;
    Action action;
};

std::optional<Command> find_command(std::string_view word) {
    if (word == "validate") {
        auto options = new_options("validate", "Says what is wrong with a pack.", "FILE|-");
        add_pack_options(options);
        options.add_options()("strict",
                              "Refuse what deployed peers send and everybody understands");
        return Command{options, validate};
    }
    if (word == "resolve") {
        auto options = new_options("resolve", "Writes the resolved pack.", "FILE|-");
        add_pack_options(options);
        options.add_options()("to", "What to write: json or xml (default: as it was read)",
                              cxxopts::value<std::string>(), "FORMAT")(
            "now", "What relative times are relative to (default: the clock)",
            cxxopts::value<std::string>(), "SECONDS");
        return Command{options, resolve};
    }
    if (word == "convert") {
        auto options = new_options("convert", "Writes the same pack in another format.", "FILE|-");
        add_pack_options(options);
        options.add_options()("to", "What to write: json or xml", cxxopts::value<std::string>(),
                              "FORMAT");
        return Command{options, convert};
    }
    if (word == "name") {
        auto options = new_options("name", "Takes a federated name apart.", "NAME");
        options.add_options()("json", "Print a JSON object");
        options.add_options("hidden")("name", "", cxxopts::value<std::string>());
        options.parse_positional({"name"});
        return Command{options, name};
    }
    return std::nullopt;
}

int misuse(std::ostream& err, std::string_view command, std::string_view what) {
    err << "courant senml" << (command.empty() ? "" : " ") << command << ": " << what << '\n';
    return usage;
}

int run(Command& command, std::string_view word, std::span<const std::string_view> args,
        const Streams& io) {
    const std::vector<std::string> words(args.begin(), args.end());
    std::vector<const char*> argv;
    argv.reserve(words.size());
    for (const std::string& argument : words) argv.push_back(argument.c_str());
    const auto options = command.options.parse(static_cast<int>(argv.size()), argv.data());
    if (options.count("help") > 0) {
        io.out << command.options.help({""});
        return done;
    }
    if (!options.unmatched().empty()) {
        return misuse(io.err, word, "too many arguments: " + options.unmatched().front());
    }
    Refusal refusal;
    const int code = command.action(options, io, refusal);
    if (code != done && !refusal.what.empty()) {
        io.err << "courant senml " << word << ": " << refusal.what << '\n';
    }
    return code;
}

}  // namespace

int run_senml_command(std::span<const std::string_view> args, std::istream& in, std::ostream& out,
                      std::ostream& err) {
    if (args.empty()) {
        err << summary;
        return usage;
    }
    if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
        out << summary;
        return done;
    }
    try {
        auto command = find_command(args[0]);
        if (!command) return misuse(err, "", "unknown command '" + std::string{args[0]} + "'");
        return run(*command, args[0], args, {in, out, err});
    } catch (const cxxopts::exceptions::exception& error) {
        return misuse(err, args[0], error.what());
    }
}

}  // namespace courant::cli
