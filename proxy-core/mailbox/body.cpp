#include "proxy-core/mailbox/body.hpp"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <new>
#include <span>

#include "senml/codec.hpp"

namespace courant {
namespace {

using senml::Format;
using Unreadable = tl::unexpected<std::string>;

constexpr std::string_view frame_magic = "\x28\xB5\x2F\xFD";

// Measured on load curves of 500 to 5000 readings: level 1 with four bytes instead of six or seven
// as its shortest match is a tenth smaller, and a small table of matches is quicker to clear.
constexpr int level = 1;
constexpr int shortest_match = 4;
constexpr int table_bits = 13;

// Names longer than a federated one are refused anyway; not after having been put together a
// hundred thousand times.
constexpr std::size_t longest_name = 4096;
constexpr std::size_t longest_names = std::size_t{16} << 20;

template <auto free>
struct Freed {
    void operator()(auto* context) const { free(context); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, Freed<ZSTD_freeCCtx>>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_freeDCtx>>;

/// Memory that is only ever written to: bytes nobody asked for need not be zero.
class Buffer {
  public:
    /// So many bytes; what was in it is lost where that is more than before.
    std::span<char> of(std::size_t bytes) {
        if (bytes > size_) {
            bytes_ = std::make_unique_for_overwrite<char[]>(bytes);
            size_ = bytes;
        }
        return {bytes_.get(), bytes};
    }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace

BodyForm form_of(std::string_view body) {
    return body.starts_with(frame_magic) ? BodyForm::compact : BodyForm::xml;
}

struct BodyReader::State {
    explicit State(const BodyLimits& given) : limits(given), decompressor(ZSTD_createDCtx()) {
        if (!decompressor) throw std::bad_alloc();
    }

    tl::expected<std::string_view, std::string> unpack(std::string_view frame);

    BodyLimits limits;
    Decompressor decompressor;
    Buffer buffer;
    senml::Reader reader;
    senml::Writer writer;
    senml::Pack pack;  ///< of to_xml
};

// One frame and nothing else, into memory that never exceeds the limit.
tl::expected<std::string_view, std::string> BodyReader::State::unpack(std::string_view frame) {
    const std::size_t size = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
    if (ZSTD_isError(size) != 0)
        return Unreadable(fmt::format("the pack is no zstd frame: {}", ZSTD_getErrorName(size)));
    if (size != frame.size()) return Unreadable("there are bytes behind the pack's zstd frame");
    if (ZSTD_getDictID_fromFrame(frame.data(), frame.size()) != 0)
        return Unreadable("the pack's zstd frame needs a dictionary");
    const unsigned long long said = ZSTD_getFrameContentSize(frame.data(), frame.size());
    const bool unsaid = said == ZSTD_CONTENTSIZE_UNKNOWN;
    const auto too_large = [&] {
        return Unreadable(
            fmt::format("the pack unpacks to more than {} bytes", limits.unpacked_bytes));
    };
    if (!unsaid && said > limits.unpacked_bytes) return too_large();
    const auto room =
        buffer.of(unsaid ? limits.unpacked_bytes : static_cast<std::size_t>(said) + 1);
    const std::size_t unpacked = ZSTD_decompressDCtx(decompressor.get(), room.data(), room.size(),
                                                     frame.data(), frame.size());
    if (ZSTD_isError(unpacked) == 0) return std::string_view(room.data(), unpacked);
    if (ZSTD_getErrorCode(unpacked) == ZSTD_error_dstSize_tooSmall && unsaid) return too_large();
    return Unreadable(
        fmt::format("the pack's zstd frame is damaged: {}", ZSTD_getErrorName(unpacked)));
}

BodyReader::BodyReader(const BodyLimits& limits) : state_(std::make_unique<State>(limits)) {}
BodyReader::~BodyReader() = default;
BodyReader::BodyReader(BodyReader&&) noexcept = default;
BodyReader& BodyReader::operator=(BodyReader&&) noexcept = default;

tl::expected<void, std::string> BodyReader::read(std::string_view body, senml::Time now,
                                                 senml::Pack& into) {
    senml::ReadOptions options{.now = now, .names = senml::NameRule::federated};
    Format format = Format::xml;
    if (form_of(body) == BodyForm::compact) {
        const auto unpacked = state_->unpack(body);
        if (!unpacked) return Unreadable(unpacked.error());
        body = *unpacked;
        format = Format::cbor;
        options.max_records = state_->limits.records;
        options.max_name = longest_name;
        options.max_names = longest_names;
    }
    return state_->reader.read(format, body, options, into).map_error([](const auto& fault) {
        return fault.to_string();
    });
}

tl::expected<std::string, std::string> BodyReader::to_xml(std::string_view body, senml::Time now) {
    if (form_of(body) == BodyForm::xml) return std::string(body);
    if (auto done = read(body, now, state_->pack); !done) return Unreadable(done.error());
    std::string xml;
    if (auto done = state_->writer.write(Format::xml, state_->pack, xml); !done)
        return Unreadable(done.error().to_string());
    return xml;
}

struct BodyWriter::State {
    State() : compressor(ZSTD_createCCtx()) {
        if (!compressor) throw std::bad_alloc();
        const auto set = [&](ZSTD_cParameter parameter, int value) {
            ZSTD_CCtx_setParameter(compressor.get(), parameter, value);
        };
        set(ZSTD_c_compressionLevel, level);
        set(ZSTD_c_minMatch, shortest_match);
        set(ZSTD_c_hashLog, table_bits);
    }

    Compressor compressor;
    senml::Writer writer;
    std::string cbor;
    Buffer buffer;
};

BodyWriter::BodyWriter() : state_(std::make_unique<State>()) {}
BodyWriter::~BodyWriter() = default;
BodyWriter::BodyWriter(BodyWriter&&) noexcept = default;
BodyWriter& BodyWriter::operator=(BodyWriter&&) noexcept = default;

tl::expected<std::string, senml::Fault> BodyWriter::compact(const senml::Pack& pack) {
    if (auto done = state_->writer.write(Format::cbor, pack, state_->cbor); !done)
        return tl::unexpected(done.error());
    const auto room = state_->buffer.of(ZSTD_compressBound(state_->cbor.size()));
    const std::size_t size = ZSTD_compress2(state_->compressor.get(), room.data(), room.size(),
                                            state_->cbor.data(), state_->cbor.size());
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // nothing else can go wrong
    return std::string(room.data(), size);
}

}  // namespace courant
