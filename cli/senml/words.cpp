#include "cli/senml/words.hpp"

#include <charconv>
#include <chrono>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

#include "senml/number.hpp"
#include "senml/version.hpp"

namespace courant::cli::senml_words {

using senml::Fault;
using senml::Format;

namespace {

std::string read_all(std::istream& stream) {
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

Outcome<senml::Time> now_option(const Words& words) {
    if (words.count("now") == 0) return system_now();
    const auto text = words["now"].as<std::string>();
    const auto seconds = senml::parse_seconds(text);
    if (!seconds) return misused("--now: '" + text + "' is no number of seconds since 1970");
    return senml::Time{*seconds};
}

Outcome<std::uint64_t> parse_feature(std::string_view text) {
    unsigned code = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, code);
    const bool is_code = result.ec == std::errc{} && result.ptr == end &&
                         code >= senml::first_feature && code <= senml::last_feature;
    if (is_code) return senml::feature(code);
    return misused("--features: '" + std::string{text} + "' is no feature code: 4 to 52");
}

// Codes with commas between them; an empty text is no feature at all.
Outcome<std::uint64_t> parse_features(std::string_view text) {
    std::uint64_t features = 0;
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto one = parse_feature(text.substr(0, comma));
        if (!one) return one;
        features |= *one;
        if (comma == text.size() - 1) return parse_feature("");
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return features;
}

}  // namespace

tl::unexpected<Refusal> misused(std::string what) {
    return tl::unexpected(Refusal{usage, std::move(what)});
}

tl::unexpected<Refusal> impossible(std::string what) {
    return tl::unexpected(Refusal{failed, std::move(what)});
}

tl::unexpected<Refusal> faulty(const Fault& fault) {
    return impossible(fault.to_string());
}

cxxopts::Options new_options(const std::string& command, const std::string& what,
                             const std::string& positional) {
    cxxopts::Options options("courant senml " + command, what);
    options.custom_help("[OPTION…]").positional_help(positional);
    options.add_options()("h,help", "Print this help");
    return options;
}

void add_input(cxxopts::Options& options) {
    options.add_options()("from",
                          "What the pack is written in: json, xml or cbor (default: guessed)",
                          cxxopts::value<std::string>(), "FORMAT");
    options.add_options("hidden")("file", "", cxxopts::value<std::string>());
    options.parse_positional({"file"});
}

void add_to(cxxopts::Options& options, const std::string& fallback) {
    options.add_options()("to", "What to write: json, xml or cbor" + fallback,
                          cxxopts::value<std::string>(), "FORMAT");
}

void add_now(cxxopts::Options& options) {
    options.add_options()("now", "What relative times are relative to (default: the clock)",
                          cxxopts::value<std::string>(), "SECONDS");
}

void add_rules(cxxopts::Options& options) {
    options.add_options()("strict", "Refuse what deployed peers send and everybody understands")(
        "features", "The features of RFC 9100 that are understood (default: 4)",
        cxxopts::value<std::string>(), "CODES");
}

void add_keep_unknown(cxxopts::Options& options) {
    options.add_options()("keep-unknown", "Keep the fields that RFC 8428 does not have");
}

// The first byte tells the formats apart; a byte order mark and blanks may stand before a text.
std::optional<Format> guess_format(std::string_view bytes) {
    constexpr unsigned array = 4;  // CBOR's major type, in the first three bits
    if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) >> 5 == array) return Format::cbor;
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    const auto first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::nullopt;
    if (bytes[first] == '<') return Format::xml;
    if (bytes[first] == '[' || bytes[first] == '{') return Format::json;
    return std::nullopt;
}

Outcome<std::optional<Format>> format_option(const Words& words, const std::string& name) {
    if (words.count(name) == 0) return std::nullopt;
    const auto format = senml::format_from(words[name].as<std::string>());
    if (!format) return misused("--" + name + ": " + format.error().what);
    return *format;
}

Outcome<senml::ReadOptions> read_options(const Words& words) {
    const auto now = now_option(words);
    if (!now) return tl::unexpected(now.error());
    senml::ReadOptions options{.now = *now};
    if (words.count("strict") > 0) options.profile = senml::Profile::strict;
    if (words.count("keep-unknown") > 0) options.unknown = senml::Unknown::keep;
    if (words.count("features") > 0) {
        const auto features = parse_features(words["features"].as<std::string>());
        if (!features) return tl::unexpected(features.error());
        options.features = *features;
    }
    return options;
}

senml::Time system_now() {
    return std::chrono::time_point_cast<senml::Span>(std::chrono::system_clock::now());
}

Outcome<std::string> file_word(const Words& words) {
    if (words.count("file") == 0) return misused("which FILE? (\"-\" is standard input)");
    return words["file"].as<std::string>();
}

Outcome<std::string> read_file(const std::string& file, std::istream& in) {
    if (file == "-") return read_all(in);
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return impossible(file + ": cannot be read");
    std::string bytes = read_all(stream);
    if (stream.bad()) return impossible(file + ": cannot be read");
    return bytes;
}

Outcome<Input> read_input(const std::string& file, std::optional<Format> format, std::istream& in) {
    auto bytes = read_file(file, in);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!format) format = guess_format(*bytes);
    if (!format) return impossible(file + ": neither JSON, XML nor CBOR; say which with --from");
    return Input{std::move(*bytes), *format};
}

Outcome<Input> read_pack_input(const Words& words, std::istream& in) {
    const auto file = file_word(words);
    if (!file) return tl::unexpected(file.error());
    const auto from = format_option(words, "from");
    if (!from) return tl::unexpected(from.error());
    return read_input(*file, *from, in);
}

void talk_about(const std::vector<Fault>& deviations, std::ostream& err) {
    for (const Fault& deviation : deviations) err << "note: " << deviation.to_string() << '\n';
}

void put(std::ostream& out, Format format, std::string_view bytes) {
    out << bytes;
    if (format != Format::cbor) out << '\n';
}

}  // namespace courant::cli::senml_words
