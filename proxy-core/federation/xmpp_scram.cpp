#include "proxy-core/federation/xmpp_scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <map>

#include "proxy-core/error.hpp"
#include "proxy-core/federation/base64.hpp"

namespace courant {

namespace {

// RFC 7677 asks for 4096 at least; the upper bound keeps a broken server from holding the thread
// for minutes.
constexpr int min_iterations = 4096;
constexpr int max_iterations = 2'000'000;

const EVP_MD* digest_of(ScramHash hash) {
    switch (hash) {
        case ScramHash::sha512:
            return EVP_sha512();
        case ScramHash::sha256:
            return EVP_sha256();
        case ScramHash::sha1:
            return EVP_sha1();
    }
    return nullptr;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(ScramHash hash, std::string_view key, std::string_view text) {
    std::string result(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
         reinterpret_cast<unsigned char*>(result.data()), &size);
    result.resize(size);
    return result;
}

std::string digest(ScramHash hash, std::string_view text) {
    std::string result(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(result.data()), &size,
               digest_of(hash), nullptr);
    result.resize(size);
    return result;
}

std::string stretch(ScramHash hash, std::string_view password, std::string_view salt,
                    int iterations) {
    std::string result(static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash))), '\0');
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                      static_cast<int>(salt.size()), iterations, digest_of(hash),
                      static_cast<int>(result.size()),
                      reinterpret_cast<unsigned char*>(result.data()));
    return result;
}

/// "k=value,k=value": what the server's messages are made of.
std::map<char, std::string_view> fields(std::string_view message) {
    std::map<char, std::string_view> found;
    while (!message.empty()) {
        const std::string_view field = message.substr(0, message.find(','));
        message.remove_prefix(std::min(field.size() + 1, message.size()));
        if (field.size() >= 2 && field[1] == '=') found.emplace(field[0], field.substr(2));
    }
    return found;
}

std::string escaped(std::string_view user) {
    std::string text;
    for (const char c : user) {
        if (c == ',') {
            text += "=2C";
        } else if (c == '=') {
            text += "=3D";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

std::string_view mechanism_name(ScramHash hash) {
    switch (hash) {
        case ScramHash::sha512:
            return "SCRAM-SHA-512";
        case ScramHash::sha256:
            return "SCRAM-SHA-256";
        case ScramHash::sha1:
            return "SCRAM-SHA-1";
    }
    return "";
}

Scram::Scram(ScramHash hash, std::string_view user, std::string password, std::string nonce)
    : hash_(hash),
      first_bare_("n=" + escaped(user) + ",r=" + nonce),
      password_(std::move(password)),
      nonce_(std::move(nonce)) {}

std::string Scram::first() const {
    return "n,," + first_bare_;
}

std::optional<std::string> Scram::final(std::string_view challenge) {
    auto given = fields(challenge);
    // 'm' announces an extension that we must understand and do not.
    if (given.contains('m') || !given['r'].starts_with(nonce_) || given['r'] == nonce_) {
        return std::nullopt;
    }
    const auto salt = decode_base64(given['s']);
    const std::string_view count = given['i'];
    int iterations = 0;
    const auto read = std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (!salt || salt->empty() || read.ec != std::errc() ||
        read.ptr != count.data() + count.size() || iterations < min_iterations ||
        iterations > max_iterations) {
        return std::nullopt;
    }
    const std::string salted = stretch(hash_, password_, *salt, iterations);
    const std::string client_key = hmac(hash_, salted, "Client Key");
    // "biws" is base64 of "n,,": no channel binding.
    const std::string without_proof = "c=biws,r=" + std::string(given['r']);
    const std::string said = first_bare_ + "," + std::string(challenge) + "," + without_proof;
    std::string proof = hmac(hash_, digest(hash_, client_key), said);
    for (std::size_t i = 0; i < proof.size(); ++i) {
        proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    }
    server_signature_ = hmac(hash_, hmac(hash_, salted, "Server Key"), said);
    return without_proof + ",p=" + encode_base64(proof);
}

bool Scram::verify(std::string_view outcome) const {
    auto given = fields(outcome);
    const auto signature = decode_base64(given['v']);
    return signature && !server_signature_.empty() &&
           signature->size() == server_signature_.size() &&
           CRYPTO_memcmp(signature->data(), server_signature_.data(), signature->size()) == 0;
}

std::string random_nonce() {
    unsigned char bytes[18];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        throw Error("the system's random source gives nothing", Retry::worthwhile);
    }
    return encode_base64({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

}  // namespace courant
