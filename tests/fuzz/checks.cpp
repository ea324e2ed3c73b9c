#include "tests/fuzz/checks.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "senml/detail/readers.hpp"
#include "senml/detail/resolver.hpp"
#include "senml/etch.hpp"
#include "senml/stream.hpp"

namespace courant::fuzz {

namespace {

using namespace senml;

constexpr Format formats[] = {Format::json, Format::xml, Format::cbor};

std::string_view as_text(std::span<const std::uint8_t> input) {
    return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// Enough of each kind, chosen by something that leaves the bytes alone.
ReadOptions options_for(std::size_t size) {
    ReadOptions options;
    options.now = from_unix_seconds(1'600'000'000);
    if (size % 2 == 1) options.profile = Profile::strict;
    if (size % 4 >= 2) options.unknown = Unknown::keep;
    if (size % 5 == 3) options.names = NameRule::federated;
    if (size % 5 == 4) options.names = NameRule::lwm2m;
    options.max_depth = 20;
    return options;
}

std::string shown(const Pack& pack) {
    const auto text = write_resolved(Format::json, pack);
    return text ? *text : text.error().to_string();
}

std::string shown(const std::vector<Fault>& faults) {
    std::string text;
    for (const Fault& fault : faults) text += fault.to_string() + '\n';
    return text;
}

[[noreturn]] void broken(const char* promise, const std::string& one, const std::string& other) {
    std::fprintf(stderr, "broken: %s\n  %s\n  %s\n", promise, one.c_str(), other.c_str());
    std::abort();
}

struct Outcome {
    Pack pack;
    std::vector<Fault> faults;
    std::vector<Fault> deviations;
};

// Every record one by one, by the rules.
class Slowly final : public detail::RecordSink {
  public:
    explicit Slowly(detail::Resolver& resolver) : resolver_(resolver) {}
    bool take(const detail::RawRecord& record) override { return resolver_.take(record); }

  private:
    detail::Resolver& resolver_;
};

Outcome read_slowly(Format format, std::string_view bytes, const ReadOptions& options) {
    Outcome outcome;
    detail::Report report(options.profile, detail::Reach::first_fault, &outcome.deviations);
    detail::Scratch scratch;
    detail::Resolver resolver;
    resolver.begin(outcome.pack, options, report);
    Slowly sink(resolver);
    detail::read_records(format, {bytes, options}, scratch, report, sink);
    outcome.faults = report.faults();
    if (report.failed()) outcome.pack.clear();
    return outcome;
}

Outcome read_with(Reader& reader, Format format, std::string_view bytes,
                  const ReadOptions& options) {
    Outcome outcome;
    const auto done = reader.read(format, bytes, options, outcome.pack, &outcome.deviations);
    if (!done) outcome.faults.push_back(done.error());
    return outcome;
}

void check_same(const char* promise, const Outcome& one, const Outcome& other) {
    if (one.faults != other.faults) broken(promise, shown(one.faults), shown(other.faults));
    if (!(one.pack == other.pack)) broken(promise, shown(one.pack), shown(other.pack));
    if (one.deviations != other.deviations) {
        broken(promise, shown(one.deviations), shown(other.deviations));
    }
}

constexpr std::size_t digit_stride = 3;

// The same text with every third digit changed: what a reader remembers must not shine through.
std::string with_other_digits(std::string_view bytes, std::size_t phase) {
    std::string changed{bytes};
    std::size_t seen = phase;
    for (char& c : changed) {
        if (c < '0' || c > '9') continue;
        if (++seen % digit_stride == 0) c = c == '9' ? '1' : static_cast<char>(c + 1);
    }
    return changed;
}

// The records of a pack, each in full, in an order of their own.
std::vector<std::string> sorted_records(const Pack& pack) {
    std::vector<std::string> records;
    for (std::size_t i = 0; i < pack.size(); ++i) {
        Pack one;
        one.set_version(pack.version());
        one.add_from(pack, i);
        records.push_back(shown(one));
    }
    std::ranges::sort(records);
    return records;
}

void check_memory(Format format, std::string_view bytes, const ReadOptions& options,
                  const Outcome& slow) {
    Reader reader;
    check_same("the fast path reads like the slow one", read_with(reader, format, bytes, options),
               slow);
    check_same("a reader reads the same again", read_with(reader, format, bytes, options), slow);
    for (std::size_t phase = 0; phase < digit_stride; ++phase) {
        const std::string changed = with_other_digits(bytes, phase);
        check_same("a reader that has read something like it",
                   read_with(reader, format, changed, options),
                   read_slowly(format, changed, options));
        read_with(reader, format, bytes, options);
        read_with(reader, format, bytes, options);
    }
}

void check_reads_back(const char* promise, Format format,
                      const tl::expected<std::string, Fault>& text, const Pack& pack,
                      ReadOptions options) {
    // What was let pass in reading may be passed on by `convert`.
    options.profile = Profile::tolerant;
    auto again = senml::read(format, *text, options);
    if (!again) broken(promise, *text, again.error().to_string());
    again->set_version(pack.version());  // a secondary unit may have raised it
    if (!(*again == pack)) broken(promise, shown(*again), shown(pack));
}

// XML has one kind of unknown value: text.
Pack without_unknown(const Pack& pack) {
    Pack plain;
    plain.set_version(pack.version());
    for (std::size_t i = 0; i < pack.size(); ++i) {
        plain.add_from(pack, i);
        Extra extra = pack.extra(i);
        extra.unknown.clear();
        plain.set_extra(std::move(extra));
    }
    return plain;
}

void check_rewriting(Format format, std::string_view bytes, ReadOptions options, const Pack& pack) {
    Writer writer;
    std::string out;
    const Pack plain = without_unknown(pack);
    options.unknown = Unknown::drop;
    for (const Format to : formats) {
        if (const auto text = convert(format, to, bytes, options)) {
            check_reads_back("a converted pack", to, text, plain, options);
        }
        if (const auto text = write(to, plain)) {
            check_reads_back("a written pack", to, text, plain, options);
            if (!writer.write(to, plain, out) || out != *text || !writer.write(to, plain, out) ||
                out != *text) {
                broken("a writer that has written before", out, *text);
            }
        }
        if (plain.empty() || plain[0].time < from_unix_seconds(absolute_from_seconds)) continue;
        bool absolute = true;
        for (const Record& record : plain.records()) {
            absolute = absolute && record.time >= from_unix_seconds(absolute_from_seconds);
        }
        if (const auto text = write_resolved(to, plain); text && absolute) {
            check_reads_back("a resolved pack", to, text, plain, options);
        }
    }
    options.unknown = Unknown::keep;
    for (const Format to : {Format::json, Format::cbor}) {
        const auto text = convert(format, to, bytes, options);
        if (text && to == format && to == Format::json) {
            check_reads_back("unknown fields", to, text, *senml::read(format, bytes, options),
                             options);
        }
    }
}

}  // namespace

void check_pack(Format format, std::span<const std::uint8_t> input) {
    const std::string_view bytes = as_text(input);
    const ReadOptions options = options_for(bytes.size());
    const Outcome slow = read_slowly(format, bytes, options);
    check_memory(format, bytes, options, slow);
    const auto faults = validate(format, bytes, options);
    if (faults.empty() != slow.faults.empty()) {
        broken("validate and read agree", shown(faults), shown(slow.faults));
    }
    if (slow.faults.empty()) check_rewriting(format, bytes, options, slow.pack);
}

void check_stream(Format format, std::span<const std::uint8_t> input) {
    const std::string_view bytes = as_text(input);
    const ReadOptions options = options_for(bytes.size());
    StreamOptions choices;
    choices.profile = options.profile;
    choices.names = options.names;
    choices.unknown = options.unknown;
    choices.max_depth = options.max_depth;
    choices.max_record = 4096;

    const auto feed = [&](std::size_t piece) {
        Pack into;
        StreamReader reader(format, choices);
        bool fine = true;
        for (std::size_t i = 0; i < bytes.size() && fine; i += piece) {
            fine = reader.feed(bytes.substr(i, piece), options.now, into).has_value();
        }
        return std::pair{fine && reader.finish().has_value(), std::move(into)};
    };
    const auto [whole_fine, whole] = feed(bytes.size() + 1);
    const auto [split_fine, split] = feed(bytes.size() / 2 + 1);
    const auto [bytewise_fine, bytewise] = feed(1);
    if (whole_fine != split_fine || !(whole == split)) {
        broken("a stream in two pieces", shown(whole), shown(split));
    }
    if (whole_fine != bytewise_fine || !(whole == bytewise)) {
        broken("a stream byte by byte", shown(whole), shown(bytewise));
    }
    if (const auto pack = senml::read(format, bytes, options); pack && bytes.size() < 4096) {
        if (!whole_fine || !(*pack == whole)) {
            broken("a stream that is a pack", shown(*pack), shown(whole));
        }
    }
}

void check_etch(Format format, std::span<const std::uint8_t> input) {
    const std::string_view bytes = as_text(input);
    const ReadOptions options = options_for(bytes.size());
    Pack target;
    const auto read = senml::read(format, bytes, options);
    if (read) target = *read;
    if (const auto wanted = FetchPack::read(format, bytes, options)) {
        const Pack found = fetch(target, *wanted);
        if (found.size() > target.size()) broken("a fetch finds what is there", shown(found), "");
    }
    if (const auto change = PatchPack::read(format, bytes, options)) {
        const Pack before = target;
        if (!patch(target, *change)) {
            if (!(target == before)) broken("a refused patch", shown(before), shown(target));
            return;
        }
        const Pack once = target;
        static_cast<void>(patch(target, *change));  // may be ambiguous by now, and refused
        if (sorted_records(target) != sorted_records(once)) {  // what is removed and added moves
            broken("a patch twice", shown(once), shown(target));
        }
    }
}

}  // namespace courant::fuzz
