// A session with a real XMPP server: TCP, TLS verified, SCRAM, one resource, presence; kept alive
// and made anew for ever.
//
// Life: open() → connecting → online → (loss) → a wait → connecting … Every attempt is a fresh
// connection; nothing of the old one is carried over. Each end of a session and each attempt that
// fails is told to the listener with a sentence, and the next attempt comes after a back-off with
// jitter; where an operator has to act (password, certificate, host name) after a much longer one.
// The back-off starts again from its beginning only when a session has lasted for a while, so that
// a server that greets and hangs up is not hammered.
//
// Of several servers for the account (nodes of a cluster) each has its turn before there is a
// pause (server_round.hpp). With another one to go to, a dead one is worth noticing fast: an
// attempt to connect, and a machine that no longer acknowledges what TCP sends it, are given up
// within seconds. A server that is merely slow is not: its machine acknowledges.
//
// The server's silence is not taken for life: when nothing came for a while it is pinged
// (XEP-0199), and a ping without answer ends the session, unless bytes that we send are still
// moving. TCP alone needs a quarter of an hour to notice. A ping waits its turn behind what was
// sent before it: with a server that throttles its clients (Debian's ejabberd reads 3 kB/s) both
// times together have to exceed what the largest stanza takes.
//
// The resource is a prefix and a random suffix, the same for all sessions of one object: a new
// session replaces our own dead one at once, and two programs with one account do not throw each
// other out in turns.
//
// Nothing in poll() waits longer than it is asked to, with two exceptions of the library beneath
// (xmpp_stream.hpp has them all): looking up a name in DNS, and the TLS handshake, which the
// handshake patience ends.
//
// Thread: as Transport says. Several sessions, in one thread or several, do not disturb each other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/transport.hpp"

namespace courant {

/// What a session needs to know; all but the first two have defaults that serve.
struct XmppSettings {
    /// Whether the server hands us what comes for our bare JID.
    enum class Presence { available, none };

    Jid account;  ///< our bare JID
    std::string password;
    /// Each "host:port", in order of preference, in place of DNS; empty: the domain's SRV record.
    std::vector<std::string> servers;
    std::string ca_file;  ///< PEM; the only authorities to trust. Empty: those of the system
    std::string resource = "courant";         ///< the beginning of our resource
    Presence presence = Presence::available;  ///< none: only looks whether the login works

    std::chrono::milliseconds handshake_patience{15'000};  ///< from TCP to a bound session
    /// From the attempt to TCP, where there is another server to go to.
    std::chrono::milliseconds connect_patience{3'000};
    /// Without a sign of life of the server's machine, where there is another server to go to.
    std::chrono::milliseconds link_patience{6'000};
    std::chrono::milliseconds ping_after{30'000};     ///< silence before a ping
    std::chrono::milliseconds ping_patience{15'000};  ///< silence after it

    std::chrono::milliseconds backoff_first{500};
    /// A link that was away is taken up again within that, however long it was.
    std::chrono::milliseconds backoff_max{20'000};
    std::chrono::milliseconds backoff_operator{
        300'000};  ///< the ceiling where only an operator can help
    std::chrono::milliseconds stable_after{30'000};  ///< online that long, the back-off begins anew

    std::size_t max_stanza_bytes = 262'144;  ///< of a received stanza
    std::size_t max_stanza_depth = 64;       ///< of a received stanza's elements
};

/// The Transport over libstrophe.
class XmppSession : public Transport {
  public:
    /// Throws Error if a server is not "host" or "host:port", or the system gives no event
    /// descriptor.
    explicit XmppSession(XmppSettings settings);
    ~XmppSession() override;

    void open() override;
    /// Blocks up to a second: writes what is queued, says goodbye and waits for the server's.
    /// Stanzas that arrive meanwhile are dropped. The listener hears nothing of it. When called
    /// from within poll(), it is done as poll() ends.
    void close() override;
    void poll(std::chrono::milliseconds patience, TransportListener& listener) override;
    void send(std::string_view stanza) override;
    std::string where() const override;
    /// A stanza counts in full until its last byte is with the socket.
    std::size_t queued_bytes() const override;
    void wake() noexcept override;

    /// Called within poll() for a received stanza beyond the bounds, which is dropped, with what
    /// was wrong.
    void when_refused(std::function<void(std::string_view why)> callback);
    /// How many were.
    std::uint64_t refused() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace courant
