// Whatever bytes come as CBOR: packs, requests and streams.
#include "tests/fuzz/checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using courant::senml::Format;
    const std::span input{data, size};
    courant::fuzz::check_pack(Format::cbor, input);
    courant::fuzz::check_stream(Format::cbor, input);
    courant::fuzz::check_etch(Format::cbor, input);
    return 0;
}
