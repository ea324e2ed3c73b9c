#include "proxy-core/federation/reading_chain.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <charconv>

#include "senml/codec.hpp"

namespace courant {

std::optional<ReadingChain> ReadingChain::parse(std::string_view text) {
    if (text.size() != 2 * size) return std::nullopt;
    ReadingChain chain;
    for (unsigned char& byte : chain.value_) {
        const char* end = text.data() + 2;
        if (const auto read = std::from_chars(text.data(), end, byte, 16); read.ptr != end)
            return std::nullopt;
        text.remove_prefix(2);
    }
    return chain;
}

bool ReadingChain::add(const senml::Pack& readings) {
    auto value = value_;
    std::string bytes;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        senml::Pack one;
        one.add_from(readings, i);
        const auto record = senml::write_resolved(senml::Format::cbor, one);
        if (!record) return false;
        bytes.assign(value.begin(), value.end());
        bytes += *record;
        SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), value.data());
    }
    value_ = value;
    return true;
}

std::string ReadingChain::text() const {
    std::string text;
    for (const unsigned char byte : value_) text += fmt::format("{:02x}", byte);
    return text;
}

}  // namespace courant
