#include "senml/stream.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "senml/detail/framer.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"
#include "senml/detail/resolver.hpp"

namespace courant::senml {

namespace {

using detail::Frame;
using detail::RawRecord;
using detail::Report;

// However much is fed at once, that much is kept and read at a time.
constexpr std::size_t slice_size = std::size_t{1} << 16;

ReadOptions read_options(const StreamOptions& options) {
    return {.now = {},
            .profile = options.profile,
            .names = options.names,
            .max_depth = options.max_depth,
            .max_records = std::numeric_limits<std::size_t>::max(),
            .max_name = options.max_name,
            .max_names = options.max_names,
            .unknown = options.unknown,
            .features = options.features,
            .understood = options.understood};
}

void shrink(Pack& pack, std::size_t size) {
    while (pack.size() > size) pack.drop_last();
}

// Resolves records into a pack, takes back what a faulty one has left there, and counts.
class Delivery final : public detail::RecordSink {
  public:
    Delivery(detail::Resolver& resolver, Pack& into, std::size_t records_before)
        : resolver_(resolver), into_(into), last_(records_before), size_(into.size()) {}

    bool take(const RawRecord& record) override {
        const std::size_t before = into_.size();
        const bool goes_on = resolver_.take(record);
        if (!goes_on) shrink(into_, before);
        last_ = record.index;
        size_ = into_.size();
        has_taken_ = true;
        return goes_on;
    }
    std::optional<detail::Alike> alike() override { return resolver_.alike(); }

    bool has_taken() const { return has_taken_; }
    // Those that were put into the pack past `take` are readings, each of them.
    std::size_t records() const { return last_ + (into_.size() - size_); }

  private:
    detail::Resolver& resolver_;
    Pack& into_;
    std::size_t last_;
    std::size_t size_;
    bool has_taken_ = false;
};

}  // namespace

struct StreamReader::State {
    State(Format its_format, const StreamOptions& its_options)
        : format(its_format),
          options(read_options(its_options)),
          framer(detail::make_framer(its_format, its_options.max_record, its_options.max_depth)) {}

    bool read_slice(std::string_view bytes, Pack& into, std::vector<Fault>* deviations);
    bool read_frame(const Frame& frame, Pack& into, std::vector<Fault>* deviations);
    bool read_units(const Frame& frame, Pack& into, std::vector<Fault>* deviations);
    bool stop(Fault what);
    Fault fault_of(const detail::FramingFault& what) const {
        return {records + (what.in_next_record ? 1 : 0), what.what, std::string{what.rule}};
    }

    Format format;
    ReadOptions options;
    std::unique_ptr<detail::Framer> framer;
    detail::Resolver resolver;
    detail::Scratch scratch;
    std::string buffer;  ///< bytes of records that are not whole yet
    std::string text;    ///< whole records, as a text of their own
    bool has_begun = false;
    std::size_t records = 0;
    std::optional<Fault> fault;
};

bool StreamReader::State::stop(Fault what) {
    fault = std::move(what);
    buffer.clear();
    return false;
}

bool StreamReader::State::read_slice(std::string_view bytes, Pack& into,
                                     std::vector<Fault>* deviations) {
    buffer.append(bytes);
    for (;;) {
        const Frame frame = framer->next(buffer);
        const bool has_records = frame.what == Frame::What::records;
        if (has_records && !read_frame(frame, into, deviations)) return false;
        if (framer->has_ended() && records == 0) {
            return stop({0, "a pack without records", "RFC 8428 3"});
        }
        if (frame.what == Frame::What::fault) return stop(fault_of(frame.fault));
        if (!has_records) break;
    }
    const std::size_t spent = framer->spent();
    buffer.erase(0, spent);
    framer->drop(spent);
    return true;
}

bool StreamReader::State::read_frame(const Frame& frame, Pack& into,
                                     std::vector<Fault>* deviations) {
    text.assign(frame.head).append(frame.body).append(frame.tail);
    Report report(options.profile, detail::Reach::first_fault, deviations);
    has_begun ? resolver.go_on(into, options, report) : resolver.begin(into, options, report);
    has_begun = true;
    const std::size_t size = into.size();
    Delivery delivery(resolver, into, records);
    detail::read_records(
        format, {.bytes = text, .options = options, .records_before = records, .is_stream = true},
        scratch, report, delivery);
    if (!report.failed()) {
        records = delivery.records();
        return true;
    }
    // What stands around the records is read without any.
    const Fault& first = report.faults().front();
    if (delivery.records() == 0 && first.rule == "RFC 8428 3") return true;
    if (frame.alone) shrink(into, size);
    if (!delivery.has_taken() && frame.units.size() > 1) {
        return read_units(frame, into, deviations);
    }
    return stop(first);
}

// What readers check of a text as a whole is found before its first record is read; read alone, the
// records before the faulty one are delivered.
bool StreamReader::State::read_units(const Frame& frame, Pack& into,
                                     std::vector<Fault>* deviations) {
    std::string_view head = frame.head;
    for (const std::string_view& unit : frame.units) {
        const Frame one{.what = Frame::What::records,
                        .head = head,
                        .body = unit,
                        .tail = frame.tail,
                        .units = {&unit, 1}};
        if (!read_frame(one, into, deviations)) return false;
        head = framer->head();
    }
    return true;
}

StreamReader::StreamReader(Format format, const StreamOptions& options)
    : state_(std::make_unique<State>(format, options)) {}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;

tl::expected<void, Fault> StreamReader::feed(std::string_view bytes, Time now, Pack& into,
                                             std::vector<Fault>* deviations) {
    state_->options.now = now;
    while (!bytes.empty() && !state_->fault) {
        const std::string_view slice = bytes.substr(0, slice_size);
        if (!state_->read_slice(slice, into, deviations)) break;
        bytes.remove_prefix(slice.size());
    }
    if (state_->fault) return tl::unexpected(*state_->fault);
    return {};
}

tl::expected<void, Fault> StreamReader::finish() const {
    if (state_->fault) return tl::unexpected(*state_->fault);
    if (const auto missing = state_->framer->missing()) {
        return tl::unexpected(state_->fault_of(*missing));
    }
    return {};
}

std::size_t StreamReader::records() const {
    return state_->records;
}

}  // namespace courant::senml
