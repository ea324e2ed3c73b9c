// Whatever bytes come as XML: packs and streams.
#include "tests/fuzz/checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using courant::senml::Format;
    const std::span input{data, size};
    courant::fuzz::check_pack(Format::xml, input);
    courant::fuzz::check_stream(Format::xml, input);
    return 0;
}
