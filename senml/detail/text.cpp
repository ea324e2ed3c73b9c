#include "senml/detail/text.hpp"

#include <array>
#include <cstring>

namespace courant::senml::detail {

namespace {

std::uint32_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

bool continues(std::string_view text, std::size_t index, std::size_t count) {
    if (text.size() - index <= count) return false;
    for (std::size_t i = 1; i <= count; ++i) {
        if ((byte_at(text, index + i) & 0xC0) != 0x80) return false;
    }
    return true;
}

constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

std::uint64_t load_word(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// All eight bytes are ASCII and none is a control character.
bool plain_word(std::uint64_t word) {
    const std::uint64_t below_space = word - 0x2020202020202020ULL;
    return ((word | below_space) & high_bits) == 0;
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> base64_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}();

constexpr std::array<bool, 256> name_bytes = [] {
    std::array<bool, 256> allowed{};
    for (unsigned c = 0; c < 256; ++c) {
        allowed[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == ':' || c == '.' || c == '/' || c == '_';
    }
    return allowed;
}();

std::string_view without_padding(std::string_view text) {
    if (text.size() % 4 != 0) return text;
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
    return text;
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t index) {
    const std::uint32_t lead = byte_at(text, index);
    const auto tail = [&](std::size_t i) { return byte_at(text, index + i) & 0x3F; };
    if (lead < 0x80) return {lead, 1};
    if (lead >= 0xC2 && lead < 0xE0 && continues(text, index, 1)) {
        return {(lead & 0x1F) << 6 | tail(1), 2};
    }
    if (lead >= 0xE0 && lead < 0xF0 && continues(text, index, 2)) {
        const std::uint32_t point = (lead & 0x0F) << 12 | tail(1) << 6 | tail(2);
        const bool surrogate = point >= 0xD800 && point < 0xE000;
        return {point, point < 0x800 || surrogate ? 0U : 3U};
    }
    if (lead >= 0xF0 && lead < 0xF5 && continues(text, index, 3)) {
        const std::uint32_t point = (lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
        return {point, point < 0x10000 || point > 0x10FFFF ? 0U : 4U};
    }
    return {};
}

std::size_t find_bad_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        if (text.size() - i >= 8 && (load_word(text.data() + i) & high_bits) == 0) {
            i += 8;
            continue;
        }
        const CodePoint decoded = decode_utf8(text, i);
        if (decoded.size == 0) return i;
        i += decoded.size;
    }
    return std::string_view::npos;
}

std::size_t find_bad_xml(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        if (text.size() - i >= 8 && plain_word(load_word(text.data() + i))) {
            i += 8;
            continue;
        }
        const CodePoint decoded = decode_utf8(text, i);
        if (decoded.size == 0 || !is_xml_char(decoded.value)) return i;
        i += decoded.size;
    }
    return std::string_view::npos;
}

bool is_xml_char(std::uint32_t code_point) {
    if (code_point < 0x20) return code_point == '\t' || code_point == '\n' || code_point == '\r';
    if (code_point < 0xD800) return true;
    return (code_point >= 0xE000 && code_point < 0xFFFE) ||
           (code_point >= 0x10000 && code_point <= 0x10FFFF);
}

void append_utf8(std::string& out, std::uint32_t code_point) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | code_point >> 12);
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | code_point >> 18);
        put(0x80 | (code_point >> 12 & 0x3F));
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

bool is_name_byte(char byte) {
    return name_bytes[static_cast<unsigned char>(byte)];
}

bool is_alphanumeric(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

Base64 append_decoded(std::string& out, std::string_view base64url) {
    const std::string_view text = without_padding(base64url);
    if (text.size() % 4 == 1) return Base64::bad;
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : text) {
        const std::int8_t value = base64_values[static_cast<unsigned char>(c)];
        if (value < 0) return Base64::bad;
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFF;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>(bits >> have & 0xFF);
        }
    }
    if ((bits & ((1U << have) - 1)) != 0) return Base64::spare_bits;
    return text.size() == base64url.size() ? Base64::exact : Base64::padded;
}

void append_encoded(std::string& out, std::string_view octets) {
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : octets) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        have += 8;
        while (have >= 6) {
            have -= 6;
            out += base64_alphabet[bits >> have & 0x3F];
        }
    }
    if (have > 0) out += base64_alphabet[bits << (6 - have) & 0x3F];
}

}  // namespace courant::senml::detail
