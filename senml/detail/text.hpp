// Bytes and what they may be: UTF-8, XML characters, base64url, the alphabet of SenML names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace courant::senml::detail {

/// A code point and how many bytes it took; 0 bytes if they are not well-formed.
struct CodePoint {
    std::uint32_t value = 0;
    std::size_t size = 0;
};

/// The code point that begins at `index`.
CodePoint decode_utf8(std::string_view text, std::size_t index);

/// Where the first byte stands that is not well-formed UTF-8; npos if there is none.
std::size_t find_bad_utf8(std::string_view text);

/// Where the first thing stands that is no character of XML 1.0 in UTF-8; npos if there is none.
std::size_t find_bad_xml(std::string_view text);

/// Whether XML 1.0 knows the code point (section 2.2).
bool is_xml_char(std::uint32_t code_point);

/// Appends a code point as UTF-8.
void append_utf8(std::string& out, std::uint32_t code_point);

/// Where the first byte stands that no name may have (RFC 8428 section 4.5.1); npos if all may.
std::size_t find_bad_name_byte(std::string_view text);

/// RFC 8428 section 4.5.1: `A-Z a-z 0-9 - : . / _`.
bool is_name_byte(char byte);

/// A letter or digit of ASCII.
bool is_alphanumeric(char byte);

/// What a base64url text turned out to be.
enum class Base64 {
    exact,
    /// Padded with `=`.
    padded,
    /// The last digit holds bits that belong to no octet.
    spare_bits,
    bad,
};

/// Appends the octets that a base64url text stands for.
Base64 append_decoded(std::string& out, std::string_view base64url);

/// Appends octets as base64url without padding.
void append_encoded(std::string& out, std::string_view octets);

}  // namespace courant::senml::detail
