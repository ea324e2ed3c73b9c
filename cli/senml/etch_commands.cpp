#include <ostream>

#include "cli/senml/commands.hpp"
#include "senml/etch.hpp"

namespace courant::cli::senml_words {

namespace {

using senml::Fault;
using senml::Format;
using senml::Pack;

// A request and the pack that it is about.
struct Question {
    Input request;
    senml::ReadOptions reading;
    Pack target;
    Format format = Format::json;  ///< of the answer
};

Outcome<Question> read_question(const Words& words, const Streams& io) {
    const auto file = file_word(words);
    if (!file) return tl::unexpected(file.error());
    if (words.count("request") == 0) return misused("--request is missing: which FILE holds it?");
    const auto request = words["request"].as<std::string>();
    if (request == "-" && *file == "-") return misused("only one of the two can be standard input");
    const auto reading = read_options(words);
    if (!reading) return tl::unexpected(reading.error());
    const auto to = format_option(words, "to");
    if (!to) return tl::unexpected(to.error());
    auto asked = read_input(request, std::nullopt, io.in);
    if (!asked) return tl::unexpected(asked.error());
    const auto input = read_pack_input(words, io.in);
    if (!input) return tl::unexpected(input.error());
    std::vector<Fault> deviations;
    auto target = senml::read(input->format, input->bytes, *reading, &deviations);
    talk_about(deviations, io.err);
    if (!target) return impossible(*file + ": " + target.error().to_string());
    return Question{std::move(*asked), *reading, std::move(*target), to->value_or(input->format)};
}

Outcome<void> answer(const Pack& pack, Format format, std::ostream& out) {
    const auto text = senml::write_resolved(format, pack);
    if (!text) return faulty(text.error());
    put(out, format, *text);
    return {};
}

Outcome<void> fetch(const Words& words, const Streams& io) {
    const auto question = read_question(words, io);
    if (!question) return tl::unexpected(question.error());
    const auto& [format, bytes] = std::tie(question->request.format, question->request.bytes);
    std::vector<Fault> deviations;
    const auto wanted = senml::FetchPack::read(format, bytes, question->reading, &deviations);
    talk_about(deviations, io.err);
    if (!wanted) return impossible("the request: " + wanted.error().to_string());
    return answer(senml::fetch(question->target, *wanted), question->format, io.out);
}

Outcome<void> patch(const Words& words, const Streams& io) {
    auto question = read_question(words, io);
    if (!question) return tl::unexpected(question.error());
    const auto& [format, bytes] = std::tie(question->request.format, question->request.bytes);
    std::vector<Fault> deviations;
    const auto changes = senml::PatchPack::read(format, bytes, question->reading, &deviations);
    talk_about(deviations, io.err);
    if (!changes) return impossible("the request: " + changes.error().to_string());
    const auto patched = senml::patch(question->target, *changes);
    if (!patched) return impossible("the request: " + patched.error().to_string());
    return answer(question->target, question->format, io.out);
}

void add_request(cxxopts::Options& options, const std::string& what) {
    add_input(options);
    options.add_options()("request", what + ", in JSON or CBOR", cxxopts::value<std::string>(),
                          "FILE|-");
    add_to(options, " (default: as it was read)");
    add_now(options);
    add_rules(options);
}

}  // namespace

Command fetch_command() {
    auto options = new_options(
        "fetch", "Writes the records of a pack that a Fetch Pack (RFC 8790) asks for, in full.",
        "FILE|-");
    add_request(options, "The Fetch Pack");
    return {options, fetch};
}

Command patch_command() {
    auto options = new_options(
        "patch", "Writes a pack as a Patch Pack (RFC 8790) changes it, in full records.", "FILE|-");
    add_request(options, "The Patch Pack");
    add_keep_unknown(options);
    return {options, patch};
}

}  // namespace courant::cli::senml_words
