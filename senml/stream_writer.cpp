#include <optional>

#include "senml/detail/cbor/writer.hpp"
#include "senml/detail/factor.hpp"
#include "senml/detail/pack_writer.hpp"
#include "senml/detail/report.hpp"
#include "senml/stream.hpp"

namespace courant::senml {

namespace {

using detail::Label;
using detail::RawRecord;
using detail::RecordSink;
using detail::Report;

// Calls `use` with a writer of the format that appends to `out`.
template <typename Use>
void with_writer(Format format, std::string& out, Report& report, Use use) {
    switch (format) {
        case Format::json: {
            detail::PackWriter<detail::JsonSyntax> writer(out, report);
            return use(writer);
        }
        case Format::xml: {
            detail::PackWriter<detail::XmlSyntax> writer(out, report);
            return use(writer);
        }
        case Format::cbor: {
            detail::CborWriter writer(out, report, detail::CborWriter::Array::indefinite);
            return use(writer);
        }
    }
}

Report writing_report() {
    return {Profile::strict, detail::Reach::first_fault};
}

// A part says the version that it needs itself; the stream's was said in the first one. Records in
// full say that again, each of them.
class LaterPart final : public RecordSink {
  public:
    LaterPart(RecordSink& writer, detail::Layout layout, std::uint64_t version)
        : writer_(writer),
          version_(layout == detail::Layout::resolved ? version : default_version) {}

    bool take(const RawRecord& record) override {
        const bool says = version_ != default_version;
        if (!says && !record.has(Label::bver)) return writer_.take(record);
        RawRecord of_stream = record;
        of_stream.bver = version_;
        of_stream.present &= ~bit(Label::bver);
        if (says) of_stream.present |= bit(Label::bver);
        return writer_.take(of_stream);
    }
    std::size_t take_alike(std::span<const Record> records, std::int64_t base_time) override {
        return writer_.take_alike(records, base_time);
    }

  private:
    RecordSink& writer_;
    std::uint64_t version_;
};

// Whether what is said under one version may stand in a stream of the other (RFC 9100 section 2).
bool includes(std::uint64_t stream, std::uint64_t part) {
    const bool features = stream >= default_version && part >= default_version;
    return stream == part || (features && (part & ~stream) == 0);
}

}  // namespace

struct StreamWriter::State {
    Format format;
    detail::Layout layout;
    detail::Unroller unroller = {};
    std::optional<std::uint64_t> version = {};  ///< once a part was written
};

StreamWriter::StreamWriter(Format format, StreamLayout layout)
    : state_(std::make_unique<State>(State{format, layout == StreamLayout::factored
                                                       ? detail::Layout::streamed
                                                       : detail::Layout::resolved})) {}
StreamWriter::~StreamWriter() = default;
StreamWriter::StreamWriter(StreamWriter&&) noexcept = default;
StreamWriter& StreamWriter::operator=(StreamWriter&&) noexcept = default;

void StreamWriter::begin(std::string& out) {
    Report report = writing_report();
    with_writer(state_->format, out, report, [](auto& writer) { writer.begin(); });
}

tl::expected<void, Fault> StreamWriter::write(const Pack& part, std::string& out) {
    if (part.empty()) return {};
    const std::size_t before = out.size();
    Report report = writing_report();
    with_writer(state_->format, out, report, [&](auto& writer) {
        if (!state_->version) {
            state_->unroller.run(part, state_->layout, report, writer);
            return;
        }
        writer.go_on();
        LaterPart later(writer, state_->layout, *state_->version);
        state_->unroller.run(part, state_->layout, report, later);
    });
    const std::uint64_t needed = state_->unroller.version();
    const std::uint64_t has = state_->version.value_or(needed);
    if (!report.failed() && !includes(has, needed)) {
        report.fault(0,
                     "a part of version " + std::to_string(needed) + " in a stream of version " +
                         std::to_string(has),
                     "RFC 8428 4.4");
    }
    if (report.failed()) {
        out.resize(before);
        return tl::unexpected(report.faults().front());
    }
    state_->version = has;
    return {};
}

void StreamWriter::end(std::string& out) {
    Report report = writing_report();
    with_writer(state_->format, out, report, [](auto& writer) { writer.finish(); });
}

}  // namespace courant::senml
