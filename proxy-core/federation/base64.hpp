// Base64 (RFC 4648 section 4), as bytes stand in XML: SCRAM's messages, packed packs.
//
// Reading is strict: the alphabet, padding where it belongs, no line breaks, no bits to spare. One
// sequence of bytes has one text, and a text node without line breaks is what the servers and
// libstrophe pass on quickest.
//
// Thread: functions without state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace courant {

/// How long the text of so many bytes is.
constexpr std::size_t base64_size(std::size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

/// Appends the text of bytes.
void append_base64(std::string& out, std::string_view bytes);
/// The text of bytes.
std::string encode_base64(std::string_view bytes);
/// The bytes, or what is wrong with the text.
tl::expected<std::string, std::string> decode_base64(std::string_view text);

}  // namespace courant
