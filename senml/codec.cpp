#include "senml/codec.hpp"

#include <algorithm>

#include "senml/detail/cbor/writer.hpp"
#include "senml/detail/factor.hpp"
#include "senml/detail/opening.hpp"
#include "senml/detail/pack_writer.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"
#include "senml/detail/resolver.hpp"
#include "senml/detail/single.hpp"

namespace courant::senml {

namespace {

using detail::Layout;
using detail::Reach;
using detail::Report;

constexpr std::size_t smallest_record = 20;  // bytes; what a factored reading takes at least, about
constexpr std::size_t most_reserved = 1U << 16;

// Writes what `fill` gives to the writer of a format; `out` is emptied where something is wrong.
template <typename Writer, typename Fill>
tl::expected<void, Fault> write_with(std::string& out, std::size_t records, Fill fill) {
    out.clear();
    Report report(Profile::strict, Reach::first_fault);
    Writer writer(out, report);
    writer.reserve(records);
    writer.begin();
    fill(report, writer);
    if (report.failed()) {
        out.clear();
        return tl::unexpected(report.faults().front());
    }
    writer.finish();
    return {};
}

template <typename Fill>
tl::expected<void, Fault> write_in(Format format, std::string& out, std::size_t records,
                                   Fill fill) {
    switch (format) {
        case Format::json:
            return write_with<detail::PackWriter<detail::JsonSyntax>>(out, records, fill);
        case Format::xml:
            return write_with<detail::PackWriter<detail::XmlSyntax>>(out, records, fill);
        case Format::cbor:
            return write_with<detail::CborWriter>(out, records, fill);
    }
    return tl::unexpected(Fault{0, "no such format", ""});
}

tl::expected<void, Fault> write_layout(Format format, const Pack& pack, Layout layout,
                                       detail::Unroller& unroller, std::string& out) {
    return write_in(format, out, pack.size(), [&](Report& report, detail::RecordSink& writer) {
        unroller.run(pack, layout, report, writer);
    });
}

// Resolves, so that nothing is passed on that no reader would take, and hands the record on as it
// stands.
class CheckedCopy final : public detail::RecordSink {
  public:
    CheckedCopy(detail::Resolver& resolver, detail::RecordSink& writer)
        : resolver_(resolver), writer_(writer) {}
    bool take(const detail::RawRecord& record) override {
        return resolver_.take(record) && writer_.take(record);
    }

  private:
    detail::Resolver& resolver_;
    detail::RecordSink& writer_;
};

}  // namespace

namespace detail {

void read_records(Format format, const Input& input, Scratch& scratch, Report& report,
                  RecordSink& sink) {
    switch (format) {
        case Format::json:
            read_json(input, scratch, report, sink);
            break;
        case Format::xml:
            read_xml(input, scratch, report, sink);
            break;
        case Format::cbor:
            read_cbor(input, scratch, report, sink);
            break;
    }
}

}  // namespace detail

struct Reader::State {
    detail::Scratch scratch;
    detail::Resolver resolver;
};

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

tl::expected<void, Fault> Reader::read(Format format, std::string_view bytes,
                                       const ReadOptions& options, Pack& into,
                                       std::vector<Fault>* deviations) {
    into.clear();
    detail::Opening opening;
    const bool plain = options.max_records > 0 && detail::scan_opening(format, bytes, opening);
    if (plain && opening.is_whole_pack && detail::take_whole_pack(opening, options, into))
        return {};
    Report report(options.profile, Reach::first_fault, deviations);
    into.reserve(std::min(bytes.size() / smallest_record + 1, most_reserved));
    state_->resolver.begin(into, options, report);
    read_records(format,
                 {.bytes = bytes, .options = options, .opening = plain ? &opening : nullptr},
                 state_->scratch, report, state_->resolver);
    if (!report.failed()) return {};
    into.clear();
    return tl::unexpected(report.faults().front());
}

tl::expected<Pack, Fault> read(Format format, std::string_view bytes, const ReadOptions& options,
                               std::vector<Fault>* deviations) {
    Pack pack;
    auto done = Reader().read(format, bytes, options, pack, deviations);
    if (!done) return tl::unexpected(std::move(done).error());
    return pack;
}

std::vector<Fault> validate(Format format, std::string_view bytes, const ReadOptions& options,
                            std::vector<Fault>* deviations) {
    Report report(options.profile, Reach::every_fault, deviations);
    Pack pack;
    detail::Scratch scratch;
    detail::Resolver resolver;
    resolver.begin(pack, options, report);
    read_records(format, {bytes, options}, scratch, report, resolver);
    return report.faults();
}

struct Writer::State {
    detail::Unroller unroller;
};

Writer::Writer() : state_(std::make_unique<State>()) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

tl::expected<void, Fault> Writer::write(Format format, const Pack& pack, std::string& out) {
    if (detail::write_single(format, pack, out)) return {};
    return write_layout(format, pack, Layout::factored, state_->unroller, out);
}

tl::expected<std::string, Fault> write(Format format, const Pack& pack) {
    std::string out;
    return Writer().write(format, pack, out).map([&] { return std::move(out); });
}

tl::expected<std::string, Fault> write_resolved(Format format, const Pack& pack) {
    std::string out;
    detail::Unroller unroller;
    return write_layout(format, pack, Layout::resolved, unroller, out).map([&] {
        return std::move(out);
    });
}

tl::expected<std::string, Fault> convert(Format from, Format to, std::string_view bytes,
                                         const ReadOptions& options) {
    Report reading(options.profile, Reach::first_fault);
    Pack pack;
    detail::Scratch scratch;
    detail::Resolver resolver;
    resolver.begin(pack, options, reading);
    std::string out;
    const auto written = write_in(to, out, 0, [&](Report&, detail::RecordSink& writer) {
        CheckedCopy copy(resolver, writer);
        read_records(from, {bytes, options}, scratch, reading, copy);
    });
    if (!written) return tl::unexpected(written.error());
    if (reading.failed()) return tl::unexpected(reading.faults().front());
    return out;
}

tl::expected<Format, Fault> format_from(std::string_view word) {
    if (word == "json") return Format::json;
    if (word == "xml") return Format::xml;
    if (word == "cbor") return Format::cbor;
    return tl::unexpected(
        Fault{0, "'" + std::string{word} + "' is no format: json, xml or cbor", ""});
}

}  // namespace courant::senml
