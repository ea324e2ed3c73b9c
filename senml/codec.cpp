#include "senml/codec.hpp"

#include <algorithm>

#include "senml/detail/factor.hpp"
#include "senml/detail/pack_writer.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"
#include "senml/detail/resolver.hpp"

namespace courant::senml {

namespace {

using detail::Layout;
using detail::Reach;
using detail::Report;

constexpr std::size_t smallest_record = 20;  // bytes; what a factored reading takes at least, about
constexpr std::size_t most_reserved = 1U << 16;

void read_records(Format format, std::string_view bytes, const ReadOptions& options, Report& report,
                  detail::RecordSink& sink) {
    switch (format) {
        case Format::json:
            detail::read_json(bytes, options, report, sink);
            break;
        case Format::xml:
            detail::read_xml(bytes, options, report, sink);
            break;
    }
}

template <typename Syntax>
tl::expected<std::string, Fault> write_as(const Pack& pack, Layout layout) {
    Report report(Profile::strict, Reach::first_fault);
    detail::PackWriter<Syntax> writer(report);
    writer.reserve(pack.size());
    if (!detail::unroll(pack, layout, report, writer)) {
        return tl::unexpected(report.faults().front());
    }
    return writer.finish();
}

tl::expected<std::string, Fault> write_layout(Format format, const Pack& pack, Layout layout) {
    return format == Format::json ? write_as<detail::JsonSyntax>(pack, layout)
                                  : write_as<detail::XmlSyntax>(pack, layout);
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

template <typename Syntax>
tl::expected<std::string, Fault> convert_to(Format from, std::string_view bytes,
                                            const ReadOptions& options) {
    Report report(options.profile, Reach::first_fault);
    Pack pack;
    detail::Resolver resolver(pack, options, report);
    detail::PackWriter<Syntax> writer(report);
    CheckedCopy copy(resolver, writer);
    read_records(from, bytes, options, report, copy);
    if (report.failed()) return tl::unexpected(report.faults().front());
    return writer.finish();
}

}  // namespace

tl::expected<Pack, Fault> read(Format format, std::string_view bytes, const ReadOptions& options,
                               std::vector<Fault>* deviations) {
    Report report(options.profile, Reach::first_fault, deviations);
    Pack pack;
    pack.reserve(std::min(bytes.size() / smallest_record + 1, most_reserved));
    detail::Resolver resolver(pack, options, report);
    read_records(format, bytes, options, report, resolver);
    if (report.failed()) return tl::unexpected(report.faults().front());
    return pack;
}

std::vector<Fault> validate(Format format, std::string_view bytes, const ReadOptions& options,
                            std::vector<Fault>* deviations) {
    Report report(options.profile, Reach::every_fault, deviations);
    Pack pack;
    detail::Resolver resolver(pack, options, report);
    read_records(format, bytes, options, report, resolver);
    return report.faults();
}

tl::expected<std::string, Fault> write(Format format, const Pack& pack) {
    return write_layout(format, pack, Layout::factored);
}

tl::expected<std::string, Fault> write_resolved(Format format, const Pack& pack) {
    return write_layout(format, pack, Layout::resolved);
}

tl::expected<std::string, Fault> convert(Format from, Format to, std::string_view bytes,
                                         const ReadOptions& options) {
    return to == Format::json ? convert_to<detail::JsonSyntax>(from, bytes, options)
                              : convert_to<detail::XmlSyntax>(from, bytes, options);
}

tl::expected<Format, Fault> format_from(std::string_view word) {
    if (word == "json") return Format::json;
    if (word == "xml") return Format::xml;
    return tl::unexpected(Fault{0, "'" + std::string{word} + "' is no format: json or xml", ""});
}

}  // namespace courant::senml
