// Which certificates we believe, and sentences for those that we do not.
//
// libstrophe can be told of a private authority only *in addition* to the system's. Whoever names a
// private authority means that one and no other, so after the handshake, and before anything is
// said, we verify the server's certificate once more, against a store that holds nothing but the
// given file. The alternative, SSL_CERT_FILE and SSL_CERT_DIR in the environment, would change the
// trust of the whole process: of HTTPS adapters, of PostgreSQL, of child programs.
//
// Of the server's chain libstrophe hands out the leaf alone. Every certificate of the file
// therefore counts as an anchor: an authority that signs through an intermediate one has that
// listed too.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace courant {

/// Whether a file holds certificates to trust; nothing if it does, otherwise the sentence.
std::optional<std::string> unusable(const std::string& ca_file);

/// Whether `certificate` (PEM) is a TLS server's for `domain`, valid now and signed by one in
/// `ca_file` (PEM, one or more). Nothing if all is well, otherwise the sentence that says what is
/// not.
std::optional<std::string> distrust(const std::string& certificate, const std::string& ca_file,
                                    const std::string& domain);

/// A certificate that the handshake refused, as far as the library tells.
struct RefusedCertificate {
    std::string why;                 ///< OpenSSL's words
    std::vector<std::string> names;  ///< the DNS names it holds
    std::string issuer;
    std::string expiry;
};

/// The sentence for it; `private_authority` is the configured file, empty if there is none.
std::string explain(const RefusedCertificate& refused, const std::string& domain,
                    const std::string& private_authority);

}  // namespace courant
