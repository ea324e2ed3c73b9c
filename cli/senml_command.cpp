#include "cli/senml_command.hpp"

#include <array>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "cli/senml/commands.hpp"

namespace courant::cli {

namespace {

using namespace senml_words;

struct Entry {
    std::string_view name;
    std::string_view summary;
    Command (*make)();
};

constexpr std::array entries{
    Entry{"validate", "say what is wrong with a pack, one line per fault", validate_command},
    Entry{"resolve", "write a pack or a stream in full records, with absolute times",
          resolve_command},
    Entry{"convert", "write the same pack in another format", convert_command},
    Entry{"fetch", "write the records that a request asks for (RFC 8790)", fetch_command},
    Entry{"patch", "write the pack as a request changes it (RFC 8790)", patch_command},
    Entry{"name", "take a federated name apart", name_command},
};

void put_summary(std::ostream& out) {
    constexpr std::size_t column = 11;
    out << "Usage: courant senml COMMAND [OPTION…] ARGUMENT\n\n";
    for (const Entry& entry : entries) {
        out << "  " << entry.name << std::string(column - entry.name.size(), ' ') << entry.summary
            << '\n';
    }
    out << "\n\"courant senml COMMAND --help\" tells more. FILE may be \"-\": standard input.\n";
}

int misuse(std::ostream& err, std::string_view command, std::string_view what) {
    err << "courant senml" << (command.empty() ? "" : " ") << command << ": " << what << '\n';
    return usage;
}

int run(Command command, std::string_view word, std::span<const std::string_view> args,
        const Streams& io) {
    const std::vector<std::string> words(args.begin(), args.end());
    std::vector<const char*> argv;
    argv.reserve(words.size());
    for (const std::string& argument : words) argv.push_back(argument.c_str());
    const auto parsed = command.options.parse(static_cast<int>(argv.size()), argv.data());
    if (parsed.count("help") > 0) {
        io.out << command.options.help({""});
        return done;
    }
    if (!parsed.unmatched().empty()) {
        return misuse(io.err, word, "too many arguments: " + parsed.unmatched().front());
    }
    const auto outcome = command.run(parsed, io);
    if (outcome) return done;
    const Refusal& refusal = outcome.error();
    if (!refusal.what.empty()) misuse(io.err, word, refusal.what);
    return refusal.code;
}

}  // namespace

int run_senml_command(std::span<const std::string_view> args, std::istream& in, std::ostream& out,
                      std::ostream& err) {
    if (args.empty()) {
        put_summary(err);
        return usage;
    }
    if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
        put_summary(out);
        return done;
    }
    try {
        for (const Entry& entry : entries) {
            if (entry.name == args[0]) return run(entry.make(), args[0], args, {in, out, err});
        }
        return misuse(err, "", "unknown command '" + std::string{args[0]} + "'");
    } catch (const cxxopts::exceptions::exception& error) {
        return misuse(err, args[0], error.what());
    }
}

}  // namespace courant::cli
