// Whatever bytes come as JSON: packs, requests and streams.
#include "tests/fuzz/checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using courant::senml::Format;
    const std::span input{data, size};
    courant::fuzz::check_pack(Format::json, input);
    courant::fuzz::check_stream(Format::json, input);
    courant::fuzz::check_etch(Format::json, input);
    return 0;
}
