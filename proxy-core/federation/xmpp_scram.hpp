// SCRAM (RFC 5802, RFC 7677), the client's side: proves that we know the password without sending
// it, and has the server prove the same.
//
// Ours and not libstrophe's, for two reasons: libstrophe falls back to PLAIN by itself when SCRAM
// fails, which hands the password to whoever answers; and its SHA-1 works in a static buffer, so
// that two logins at the same time in one process fail. No channel binding ("n,,"): libstrophe does
// not let us at the TLS session.
//
// The password is taken as it is written in UTF-8; SASLprep is the identity for ASCII, and other
// passwords should be in NFKC.
//
// Thread: a value, belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace courant {

/// The hashes that servers offer, strongest first.
enum class ScramHash { sha512, sha256, sha1 };

/// "SCRAM-SHA-256" and so on, as servers announce it.
std::string_view mechanism_name(ScramHash hash);

/// One login.
class Scram {
  public:
    /// `nonce` is random, printable and without comma.
    Scram(ScramHash hash, std::string_view user, std::string password, std::string nonce);

    /// The first message to the server.
    std::string first() const;
    /// The second, in answer to the server's challenge; nothing if the challenge is not to be
    /// trusted.
    std::optional<std::string> final(std::string_view challenge);
    /// Whether the server's last word proves that it knows the password as well.
    bool verify(std::string_view outcome) const;

  private:
    ScramHash hash_;
    std::string first_bare_;
    std::string password_;
    std::string nonce_;
    std::string server_signature_;
};

/// 24 random printable characters.
std::string random_nonce();

}  // namespace courant
