#include "proxy-core/federation/base64.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace courant;

TEST_CASE("base64 is RFC 4648's, with its padding") {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CAPTURE(bytes);
        CHECK(encode_base64(bytes) == text);
        CHECK(base64_size(bytes.size()) == text.size());
        CHECK(decode_base64(text) == bytes);
    }
}

TEST_CASE("bytes of every length and value come back") {
    std::mt19937_64 random(3);
    for (std::size_t size = 0; size < 400; ++size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        std::string text = "before";
        append_base64(text, bytes);
        CHECK(text.size() == 6 + base64_size(size));
        CHECK(decode_base64(text.substr(6)) == bytes);
    }
    // More than OpenSSL is given at once.
    std::string many(7'000'001, '\0');
    for (char& c : many) c = static_cast<char>(random());
    CHECK(decode_base64(encode_base64(many)) == many);
}

TEST_CASE("one sequence of bytes has one text: anything else is refused, with the place") {
    CHECK(decode_base64("Zm9v\nYmFy").error() == "a blank or line break at byte 4 of the base64");
    CHECK(decode_base64(" Zm9v").error() == "a blank or line break at byte 0 of the base64");
    CHECK(decode_base64("    Zm9v").error() == "a blank or line break at byte 0 of the base64");
    CHECK(decode_base64("Zm9v    ").error() == "a blank or line break at byte 4 of the base64");
    CHECK(decode_base64("Zm9-").error() == "a stray byte at byte 3 of the base64");
    CHECK(decode_base64("Zm9vYm-y").error() == "a stray byte at byte 6 of the base64");
    CHECK(decode_base64("Zm=v").error() == "a stray byte at byte 2 of the base64");
    CHECK(decode_base64("Zg==Zm9v").error() == "a stray byte at byte 2 of the base64");
    CHECK(decode_base64("Zm9vYmF").error() == "base64 of 7 bytes, which is no multiple of 4");
    CHECK(decode_base64("Zh==").error() == "base64 with bits to spare at its end");
    CHECK(decode_base64("Zm9=").error() == "base64 with bits to spare at its end");
    for (const char* text : {"=", "==", "====", "Z===", "Zm9vZ===", "\xC3\xA9\xC3\xA9"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_base64(text));
    }
}
