#include <ostream>

#include "cli/senml/commands.hpp"
#include "senml/fragment.hpp"

namespace courant::cli::senml_words {

namespace {

using senml::Fault;

Outcome<void> validate(const Words& words, const Streams& io) {
    const auto reading = read_options(words);
    if (!reading) return tl::unexpected(reading.error());
    const auto input = read_pack_input(words, io.in);
    if (!input) return tl::unexpected(input.error());
    std::vector<Fault> deviations;
    const auto faults = senml::validate(input->format, input->bytes, *reading, &deviations);
    talk_about(deviations, io.err);
    for (const Fault& fault : faults) io.out << fault.to_string() << '\n';
    if (!faults.empty()) return impossible("");
    return {};
}

// `--rec`, with or without the words before it that RFC 8428 has in a URI.
Outcome<std::optional<senml::Fragment>> fragment_option(const Words& words) {
    if (words.count("rec") == 0) return std::nullopt;
    const auto text = words["rec"].as<std::string>();
    const bool whole = text.starts_with("rec=") || text.starts_with('#');
    const auto fragment = senml::Fragment::parse(whole ? text : "rec=" + text);
    if (!fragment) return misused("--rec: " + fragment.error().what);
    return *fragment;
}

Outcome<void> resolve_pack(const Words& words, const Streams& io) {
    const auto reading = read_options(words);
    if (!reading) return tl::unexpected(reading.error());
    const auto to = format_option(words, "to");
    if (!to) return tl::unexpected(to.error());
    const auto fragment = fragment_option(words);
    if (!fragment) return tl::unexpected(fragment.error());
    const auto input = read_pack_input(words, io.in);
    if (!input) return tl::unexpected(input.error());
    std::vector<Fault> deviations;
    auto pack = *fragment ? senml::read_fragment(input->format, input->bytes, **fragment, *reading,
                                                 &deviations)
                          : senml::read(input->format, input->bytes, *reading, &deviations);
    talk_about(deviations, io.err);
    if (!pack) return faulty(pack.error());
    pack->sort_by_time();
    const auto format = to->value_or(input->format);
    const auto text = senml::write_resolved(format, *pack);
    if (!text) return faulty(text.error());
    put(io.out, format, *text);
    return {};
}

Outcome<void> resolve(const Words& words, const Streams& io) {
    if (words.count("stream") == 0) return resolve_pack(words, io);
    if (words.count("rec") > 0) return misused("--rec is for packs, not for streams");
    return resolve_stream(words, io);
}

Outcome<void> convert(const Words& words, const Streams& io) {
    const auto to = format_option(words, "to");
    if (!to) return tl::unexpected(to.error());
    if (!*to) return misused("--to is missing: json, xml or cbor");
    const auto reading = read_options(words);
    if (!reading) return tl::unexpected(reading.error());
    const auto input = read_pack_input(words, io.in);
    if (!input) return tl::unexpected(input.error());
    const auto text = senml::convert(input->format, **to, input->bytes, *reading);
    if (!text) return faulty(text.error());
    put(io.out, **to, *text);
    return {};
}

}  // namespace

Command validate_command() {
    auto options = new_options("validate", "Says what is wrong with a pack.", "FILE|-");
    add_input(options);
    add_rules(options);
    return {options, validate};
}

Command resolve_command() {
    auto options = new_options(
        "resolve", "Writes a pack in full records, with absolute times, in order of time.",
        "FILE|-");
    add_input(options);
    add_to(options, " (default: as it was read)");
    add_now(options);
    add_rules(options);
    add_keep_unknown(options);
    options.add_options()("rec", "Only these records, by number: 3-5,10,19-*",
                          cxxopts::value<std::string>(), "NUMBERS")(
        "stream", "Read a stream (SensML) and write each record as soon as it is whole, unsorted");
    return {options, resolve};
}

Command convert_command() {
    auto options = new_options("convert", "Writes the same pack in another format.", "FILE|-");
    add_input(options);
    add_to(options, "");
    add_rules(options);
    add_keep_unknown(options);
    return {options, convert};
}

}  // namespace courant::cli::senml_words
