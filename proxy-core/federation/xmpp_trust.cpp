#include "proxy-core/federation/xmpp_trust.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace courant {

namespace {

template <auto release>
struct Release {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

std::string one_line(const X509_NAME* name) {
    char text[256] = "";
    X509_NAME_oneline(name, text, sizeof text);
    return text;
}

std::vector<std::string> dns_names(X509* certificate) {
    std::vector<std::string> names;
    auto* all = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
        if (name->type != GEN_DNS) continue;
        names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
    GENERAL_NAMES_free(all);
    return names;
}

bool mentions(const std::string& text, std::string_view word) {
    return text.find(word) != std::string::npos;
}

}  // namespace

std::optional<std::string> unusable(const std::string& ca_file) {
    const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    if (X509_STORE_load_file(store.get(), ca_file.c_str()) == 1) return std::nullopt;
    ERR_clear_error();
    return fmt::format("ca_file: no certificate can be read from {}. A PEM file is expected.",
                       ca_file);
}

std::optional<std::string> distrust(const std::string& certificate, const std::string& ca_file,
                                    const std::string& domain) {
    const Owned<BIO, BIO_free> text(
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    const Owned<X509, X509_free> leaf(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    const Owned<X509_STORE_CTX, X509_STORE_CTX_free> check(X509_STORE_CTX_new());
    if (!leaf) return "the server's certificate cannot be read";
    if (X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
        ERR_clear_error();
        return unusable(ca_file);
    }
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_init(check.get(), store.get(), leaf.get(), nullptr);
    X509_VERIFY_PARAM* demands = X509_STORE_CTX_get0_param(check.get());
    X509_STORE_CTX_set_default(check.get(), "ssl_server");
    X509_VERIFY_PARAM_set_hostflags(demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(demands, domain.c_str(), domain.size());
    if (X509_verify_cert(check.get()) == 1) return std::nullopt;
    const int fault = X509_STORE_CTX_get_error(check.get());
    return explain({.why = X509_verify_cert_error_string(fault),
                    .names = dns_names(leaf.get()),
                    .issuer = one_line(X509_get_issuer_name(leaf.get())),
                    .expiry = ""},
                   domain, ca_file);
}

std::string explain(const RefusedCertificate& refused, const std::string& domain,
                    const std::string& private_authority) {
    if (mentions(refused.why, "ostname mismatch")) {
        return fmt::format(
            "the certificate that answered is for {}, not {}. Renew it with that name, or set the "
            "account to the domain it holds.",
            refused.names.empty() ? "no name" : fmt::format("{}", fmt::join(refused.names, ", ")),
            domain);
    }
    if (mentions(refused.why, "expired")) {
        return fmt::format("the certificate of {} has expired{}. Renew it on the server.", domain,
                           refused.expiry.empty() ? "" : " (" + refused.expiry + ")");
    }
    if (mentions(refused.why, "not yet valid")) {
        return fmt::format(
            "the certificate of {} is not valid yet. Check the clocks of this machine and the "
            "server.",
            domain);
    }
    if (mentions(refused.why, "issuer") || mentions(refused.why, "self-signed") ||
        mentions(refused.why, "self signed") || mentions(refused.why, "first certificate")) {
        return fmt::format("the certificate of {} is signed by {}, which we do not trust ({}). {}",
                           domain, refused.issuer.empty() ? "an authority" : refused.issuer,
                           refused.why,
                           private_authority.empty()
                               ? "If that is a private authority, set ca_file to its certificate."
                               : "The authority in " + private_authority + " is another one.");
    }
    return fmt::format("the certificate of {} is refused: {}.", domain, refused.why);
}

}  // namespace courant
