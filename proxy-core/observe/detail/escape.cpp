#include "proxy-core/observe/detail/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace courant::detail {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct CodePoint {
    char32_t value;
    std::size_t size;
};

std::size_t sequence_size(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

// The first code point of a text that is not empty; U+FFFD of one byte where the UTF-8 is broken.
CodePoint first_code_point(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const auto size = sequence_size(lead);
    if (size == 0 || size > text.size()) return {replacement, 1};
    if (size == 1) return {lead, 1};
    char32_t value = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U) return {replacement, 1};
        value = (value << 6U) | (byte & 0x3FU);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest[size] || value > 0x10FFFF || surrogate) return {replacement, 1};
    return {value, size};
}

bool acts_on_readers(char32_t value) {
    return value < 0x20 || (value >= 0x7F && value <= 0x9F) || value == 0x2028 || value == 0x2029;
}

void append_control(std::string& out, char32_t value) {
    switch (value) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(value));
    }
}

enum class Quotes { plain, escaped };

void append(std::string& out, std::string_view text, Quotes quotes) {
    while (!text.empty()) {
        const auto [value, size] = first_code_point(text);
        if (acts_on_readers(value)) {
            append_control(out, value);
        } else if (value == replacement) {
            out += "\xEF\xBF\xBD";
        } else {
            if (quotes == Quotes::escaped && (value == '"' || value == '\\')) out += '\\';
            out += text.substr(0, size);
        }
        text.remove_prefix(size);
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    append(out, text, Quotes::plain);
}

void append_text_value(std::string& out, std::string_view text) {
    const bool unmistakable = !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
        return c == ' ' || c == '=' || c == '"' || c == '\\' ||
               static_cast<unsigned char>(c) < 0x20;
    });
    if (unmistakable)
        append(out, text, Quotes::plain);
    else
        append_json_string(out, text);
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append(out, text, Quotes::escaped);
    out += '"';
}

}  // namespace courant::detail
