// CBOR as the tests spell it: hexadecimal digits with blanks where they help the reader, and texts
// as texts.
#pragma once

#include <string>
#include <string_view>

#include "packs.hpp"

namespace courant::senml::test {

/// The bytes that hexadecimal digits say; blanks between them mean nothing.
inline std::string hex(std::string_view digits) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::string bytes;
    int high = -1;
    for (const char c : digits) {
        if (c == ' ' || c == '\n') continue;
        if (high < 0) {
            high = digit(c);
        } else {
            bytes += static_cast<char>(high * 16 + digit(c));
            high = -1;
        }
    }
    return bytes;
}

/// The other way, without blanks.
inline std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (const char c : bytes) {
        result += digits[static_cast<unsigned char>(c) >> 4];
        result += digits[static_cast<unsigned char>(c) & 0x0F];
    }
    return result;
}

/// The hexadecimal digits of a short text string.
inline std::string text_item(std::string_view text) {
    REQUIRE(text.size() < 24);
    return hex_of(std::string{static_cast<char>(0x60 + text.size())} + std::string{text}) + ' ';
}

/// The pack of one record, n "a", with one field more: key and value in hexadecimal digits.
inline std::string with_field(std::string_view field) {
    return hex("81 a2 00 6161") + hex(field);
}

/// The same with v 1.
inline std::string with_extra(std::string_view field) {
    return hex("81 a3 00 6161 02 01") + hex(field);
}

inline Pack good_cbor(std::string_view bytes, ReadOptions options = {.now = noon}) {
    auto pack = read(Format::cbor, bytes, options);
    if (!pack) {
        FAIL_CHECK("refused: ", hex_of(bytes), ": ", pack.error().to_string());
        return {};
    }
    return *pack;
}

inline std::string cbor_fault(std::string_view bytes, ReadOptions options = {.now = noon}) {
    return fault_of(Format::cbor, bytes, options);
}

/// What a tolerant reader lets pass, each with a semicolon behind it, and the strict one does not.
inline std::string cbor_deviations(std::string_view bytes) {
    std::vector<Fault> deviations;
    CHECK(read(Format::cbor, bytes, {.now = noon}, &deviations));
    std::string all;
    for (const Fault& deviation : deviations) all += deviation.to_string() + ';';
    CHECK(read(Format::cbor, bytes, {.now = noon, .profile = Profile::strict}).has_value() ==
          deviations.empty());
    return all;
}

/// A pack in CBOR as JSON.
inline std::string as_json(std::string_view cbor, ReadOptions options = {.now = noon}) {
    const auto json = convert(Format::cbor, Format::json, cbor, options);
    return json ? *json : json.error().to_string();
}

/// A pack in JSON as CBOR.
inline std::string as_cbor(std::string_view json, ReadOptions options = {.now = noon}) {
    const auto cbor = convert(Format::json, Format::cbor, json, options);
    return cbor ? *cbor : cbor.error().to_string();
}

/// The pack of RFC 8428 section 6.
inline std::string rfc_pack() {
    return hex(
        "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b001062236141"
        "20050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff33333333333"
        "33a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666"
        "a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272"
        "656e74060002fb3ffb333333333333");
}

}  // namespace courant::senml::test
