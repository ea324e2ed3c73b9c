// Whatever comes as a packed pack: base64, a zstd frame in it, CBOR in that.
//
// The first byte says which of the three the rest is: no fuzzer finds its way through all of them
// by itself. What must hold:
//
//   - a text that is taken for base64 is the one that its bytes are written as;
//   - a reader that has read something before reads like a new one, and leaves nothing of a body
//     that it refuses;
//   - no more is unpacked than allowed;
//   - what was read is the same once it is written, compact or in XML, and read again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <zstd.h>

#include "proxy-core/federation/base64.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"

namespace {

using namespace courant;

constexpr BodyLimits limits{.unpacked_bytes = std::size_t{1} << 18, .records = 20'000};
constexpr senml::Time now = senml::from_unix_seconds(1'600'000'000);

[[noreturn]] void broken(const char* promise) {
    std::fprintf(stderr, "broken: %s\n", promise);
    std::abort();
}

std::string framed(std::string_view cbor) {
    std::string frame(ZSTD_compressBound(cbor.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), cbor.data(), cbor.size(), 1));
    return frame;
}

// XML and SenML have no image for everything that CBOR has: what is written must read back.
void check_rewriting(const senml::Pack& pack) {
    senml::Pack again;
    const auto compact = BodyWriter().compact(pack);
    if (!compact) return;
    BodyReader reader(limits);
    if (!reader.read(*compact, now, again)) broken("a body that was written is read");
    again.set_version(pack.version());  // a secondary unit may have raised it
    if (!(again == pack)) broken("a body that was written says the same");
    const auto xml = reader.to_xml(*compact, now);
    if (!xml) return;
    if (!reader.read(*xml, now, again)) broken("its XML is read");
    again.set_version(pack.version());
    if (!(again == pack)) broken("its XML says the same");
}

void check_body(std::string_view body) {
    static BodyReader used(limits);
    senml::Pack pack;
    senml::Pack other;
    const auto first = BodyReader(limits).read(body, now, pack);
    const auto second = used.read(body, now, other);
    if (first.has_value() != second.has_value())
        broken("a used reader refuses what a new one does");
    if (!first) {
        if (first.error() != second.error()) broken("a used reader says why like a new one");
        if (!pack.empty() || !other.empty()) broken("nothing is left of what was refused");
        return;
    }
    if (!(pack == other)) broken("a used reader reads like a new one");
    if (form_of(body) == BodyForm::compact && pack.size() > limits.records)
        broken("no more is unpacked than allowed");
    check_rewriting(pack);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            if (const auto bytes = decode_base64(rest)) {
                if (encode_base64(*bytes) != rest) broken("bytes have one text");
                check_body(*bytes);
            }
            break;
        case 1:
            check_body(rest);
            break;
        default:
            check_body(framed(rest));
    }
    return 0;
}
