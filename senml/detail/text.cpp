#include "senml/detail/text.hpp"

#include <algorithm>
#include <array>

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

// Whether none of a number of bytes is suspect; 0 is not, anything else is. The compiler makes
// vectors of them.
template <std::size_t block, typename Suspect>
bool is_clear(const char* bytes, Suspect suspect) {
    unsigned char any = 0;
    for (std::size_t i = 0; i < block; ++i) {
        any = static_cast<unsigned char>(any | suspect(static_cast<unsigned char>(bytes[i])));
    }
    return any == 0;
}

// How far from `begin` on nothing is suspect, at least: to the end, or to a place with fewer than
// `step` bytes before the first that is.
constexpr std::size_t step = 8;

template <typename Suspect>
std::size_t skip_clear(std::string_view text, std::size_t begin, Suspect suspect) {
    const auto skip = [&]<std::size_t block>() {
        while (text.size() - begin >= block && is_clear<block>(text.data() + begin, suspect)) {
            begin += block;
        }
        // What is left is looked at together with bytes that were looked at already.
        const bool last = text.size() - begin < block && text.size() >= block;
        if (last && is_clear<block>(text.data() + text.size() - block, suspect)) {
            begin = text.size();
        }
    };
    skip.template operator()<128>();
    skip.template operator()<64>();
    skip.template operator()<32>();
    skip.template operator()<step>();
    return begin;
}

// Control characters and all that is not ASCII, in one comparison.
constexpr auto below_space = [](unsigned char c) { return static_cast<signed char>(c) < ' '; };

// The first place with a code point that is not good; npos if there is none. Where no byte is
// suspect, nothing is looked at more closely.
template <typename Suspect, typename Good>
std::size_t find_bad(std::string_view text, Suspect suspect, Good good) {
    std::size_t i = skip_clear(text, 0, below_space);
    while (i < text.size()) {
        for (const std::size_t end = std::min(i + step, text.size()); i < end;) {
            const CodePoint decoded = decode_utf8(text, i);
            if (decoded.size == 0 || !good(decoded.value)) return i;
            i += decoded.size;
        }
        i = skip_clear(text, i, suspect);
    }
    return std::string_view::npos;
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
    return find_bad(
        text, [](unsigned char c) { return c & 0x80; }, [](std::uint32_t) { return true; });
}

std::size_t find_bad_xml(std::string_view text) {
    const auto suspect = [](unsigned char c) {
        return static_cast<int>(c >= 0x80) |
               (static_cast<int>(c < 0x20) & static_cast<int>(c != '\t') &
                static_cast<int>(c != '\n') & static_cast<int>(c != '\r'));
    };
    return find_bad(text, suspect, is_xml_char);
}

std::size_t find_bad_name_byte(std::string_view text) {
    const auto bad = [](unsigned char c) {
        // '-' '.' '/' 0-9 ':' follow one another in ASCII.
        const bool sign_or_digit = static_cast<unsigned char>(c - '-') <= ':' - '-';
        const bool letter = static_cast<unsigned char>((c | 0x20) - 'a') <= 'z' - 'a';
        return static_cast<int>(!sign_or_digit) & static_cast<int>(!letter) &
               static_cast<int>(c != '_');
    };
    std::size_t i = skip_clear(text, 0, bad);
    for (; i < text.size(); ++i) {
        if (!is_name_byte(text[i])) return i;
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
