// From an open stream to a bound session: STARTTLS, SCRAM, resource binding (RFC 6120), as a state
// machine over elements.
//
// Ours and not libstrophe's, which logs in by itself but leaves no room between the TLS handshake
// and the login, where a private authority has to be checked before anything secret is said, falls
// back to PLAIN, and tells the reason of a failure only in its log. Here every refusal carries the
// server's own condition.
//
// The order is fixed and nothing is optional: no mechanism is read before TLS, PLAIN is never used,
// and a server that offers less is refused with a sentence.
//
// Thread: a value, belongs to one thread. No I/O.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/federation/transport.hpp"
#include "proxy-core/federation/xmpp_scram.hpp"

namespace courant {

/// What a login wants done next.
struct LoginSay {
    std::string text;  ///< to be sent
};
/// The TLS handshake, then a new stream.
struct LoginStartTls {};
/// A new stream on the same connection.
struct LoginReopen {};
/// Done: the session is bound to this full JID.
struct LoginBound {
    Jid jid;
};
using LoginStep = std::variant<LoginSay, LoginStartTls, LoginReopen, LoginBound, SessionLoss>;

/// The login of one connection.
class XmppLogin {
  public:
    /// `resource` is what we ask for; the server has the last word.
    XmppLogin(const Jid& account, std::string password, std::string resource);

    /// Takes the next element that the server sent and says what follows.
    LoginStep take(const Element& element);

  private:
    LoginStep begin_tls(const Element& features);
    LoginStep begin_scram(const Element& features);
    LoginStep answer_challenge(const Element& element);
    LoginStep finish_scram(const Element& element);
    LoginStep begin_bind(const Element& features);
    LoginStep finish_bind(const Element& element);
    SessionLoss refused(const Element& failure) const;

    enum class Stage { plain, proceed, secured, challenge, success, authenticated, bind };

    Jid account_;
    std::string password_;
    std::string resource_;
    std::optional<Scram> scram_;
    Stage stage_ = Stage::plain;
};

/// What a stream error means for a person.
SessionLoss stream_error_loss(const std::string& domain, const Element& error);

}  // namespace courant
