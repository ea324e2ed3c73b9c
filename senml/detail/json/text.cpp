#include "senml/detail/json/text.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

void append_json_character(std::string& out, char c) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\u00";
            out += hex_digits[static_cast<unsigned char>(c) >> 4];
            out += hex_digits[static_cast<unsigned char>(c) & 0x0F];
    }
}

// The four hex digits behind the u at `p`.
std::optional<std::uint32_t> read_hex(const char* p, const char* end) {
    if (end - p < 5) return std::nullopt;
    std::uint32_t value = 0;
    const auto [ptr, error] = std::from_chars(p + 1, p + 5, value, 16);
    if (error != std::errc{} || ptr != p + 5) return std::nullopt;
    return value;
}

// A code point that takes one or two escapes, from the first u on.
Escape append_unicode(std::string& out, const char* p, const char* end) {
    const auto first = read_hex(p, end);
    if (!first) return {nullptr, "\\u without four hex digits"};
    p += 5;
    std::uint32_t code_point = *first;
    if (code_point >= 0xD800 && code_point < 0xDC00 && end - p >= 2 && p[0] == '\\' &&
        p[1] == 'u') {
        const auto second = read_hex(p + 1, end);
        if (!second || *second < 0xDC00 || *second >= 0xE000) {
            return {nullptr, "half a surrogate pair"};
        }
        p += 6;
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (*second - 0xDC00);
    }
    if (code_point >= 0xD800 && code_point < 0xE000) return {nullptr, "half a surrogate pair"};
    append_utf8(out, code_point);
    return {p, {}};
}

}  // namespace

void append_json_characters(std::string& out, std::string_view text) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
        out.append(text, written, i - written);
        append_json_character(out, c);
        written = i + 1;
    }
    out.append(text, written);
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append_json_characters(out, text);
    out += '"';
}

Escape append_escape(std::string& out, const char* p, const char* end) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++p;
    if (p == end) return {nullptr, "an unknown escape"};
    if (*p == 'u') return append_unicode(out, p, end);
    const auto at = letters.find(*p);
    if (at == std::string_view::npos) return {nullptr, "an unknown escape"};
    out += meanings[at];
    return {p + 1, {}};
}

bool decode_json_string(std::string_view json, std::string& out) {
    out.clear();
    if (json.size() < 2 || json.front() != '"' || json.back() != '"') return false;
    const char* p = json.data() + 1;
    const char* const end = json.data() + json.size() - 1;
    while (p != end) {
        if (*p != '\\') {
            out += *p++;
            continue;
        }
        p = append_escape(out, p, end).end;
        if (p == nullptr) return false;
    }
    return true;
}

}  // namespace courant::senml::detail
