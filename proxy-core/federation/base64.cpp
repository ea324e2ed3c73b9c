#include "proxy-core/federation/base64.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

namespace courant {
namespace {

// A whole number of groups, small enough for OpenSSL's int.
constexpr std::size_t piece = std::size_t{3} << 20;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

bool in_alphabet(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

// Only what was refused is looked at byte by byte.
std::string fault_of(std::string_view digits) {
    const auto bad = std::ranges::find_if_not(digits, in_alphabet);
    const auto place = bad - digits.begin();
    const bool blank = bad != digits.end() && (*bad == ' ' || (*bad >= '\t' && *bad <= '\r'));
    return fmt::format("{} at byte {} of the base64",
                       blank ? "a blank or line break" : "a stray byte", place);
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    const std::size_t begin = out.size();
    out.resize(begin + base64_size(bytes.size()) + 1);  // OpenSSL ends the text with a zero
    for (std::size_t done = 0; done < bytes.size(); done += piece) {
        const auto part = bytes.substr(done, piece);
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + begin + done / 3 * 4),
                        bytes_of(part), static_cast<int>(part.size()));
    }
    out.pop_back();
}

std::string encode_base64(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

tl::expected<std::string, std::string> decode_base64(std::string_view text) {
    using Fault = tl::unexpected<std::string>;
    if (text.empty()) return {};
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::string_view digits = text.substr(0, text.size() - padding);
    // What OpenSSL would pass over: blanks at both ends, and padding anywhere, which it reads as A.
    if (digits.empty() || !in_alphabet(digits.front()) || !in_alphabet(digits.back()) ||
        digits.find('=') != std::string_view::npos)
        return Fault(fault_of(digits));
    if (text.size() % 4 != 0) {
        return Fault(std::ranges::all_of(digits, in_alphabet)
                         ? fmt::format("base64 of {} bytes, which is no multiple of 4", text.size())
                         : fault_of(digits));
    }
    std::string bytes(text.size() / 4 * 3, '\0');
    for (std::size_t done = 0; done < text.size(); done += piece / 3 * 4) {
        const auto part = text.substr(done, piece / 3 * 4);
        const int size =
            EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data() + done / 4 * 3),
                            bytes_of(part), static_cast<int>(part.size()));
        if (size != static_cast<int>(part.size() / 4 * 3)) return Fault(fault_of(digits));
    }
    // OpenSSL counts the padding as bytes; bits to spare come out in the first of them.
    if (padding > 0 && bytes[bytes.size() - padding] != '\0')
        return Fault("base64 with bits to spare at its end");
    bytes.resize(bytes.size() - padding);
    return bytes;
}

}  // namespace courant
