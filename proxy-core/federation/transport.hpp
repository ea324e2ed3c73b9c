// The border between Courant and the XMPP library: stanzas go out and come in as text, sessions
// begin and end.
//
// Two implement it: XmppSession (libstrophe, real servers) and MemoryTransport (tests: a network in
// one process that can lose, bounce and cut). Nothing above this border knows libstrophe, so that
// another library or a component leg (XEP-0114) can take its place.
//
// Text and not a tree: the sender has the pack as text already, and building a library's tree costs
// ten times more.
//
// Thread: everything but wake() belongs to the one thread that calls poll().
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "proxy-core/federation/jid.hpp"

namespace courant {

/// Why a session ended or could not begin, for a person: "the server refused our password", with
/// what to do.
struct SessionLoss {
    std::string reason;
    /// Trying again without a change of configuration is unlikely to help: wrong password,
    /// certificate or host name. The session tries again all the same, but rarely.
    bool needs_operator = false;
};

/// What a transport tells its owner, always from within poll().
class TransportListener {
  public:
    virtual ~TransportListener() = default;
    /// A session is bound and presence is sent; stanzas may go.
    virtual void on_online(const Jid& full_jid) = 0;
    /// The session is gone. What was sent and not answered may or may not have arrived.
    virtual void on_offline(const SessionLoss& loss) = 0;
    /// One whole stanza, within the transport's bounds on size and depth. The text is valid during
    /// the call only.
    virtual void on_stanza(std::string_view stanza) = 0;
};

/// A way to send and receive stanzas, which looks after its own session: it connects, pings, and
/// reconnects with back-off.
class Transport {
  public:
    virtual ~Transport() = default;

    /// Starts connecting; the outcome comes through poll().
    virtual void open() = 0;
    /// Ends the session after what was sent has been written, within a second.
    virtual void close() = 0;

    /// Waits until something happens, wake() is called, half of what was queued has been written,
    /// or `patience` is over; tells the listener what happened.
    virtual void poll(std::chrono::milliseconds patience, TransportListener& listener) = 0;

    /// Queues one whole stanza, well-formed. Dropped when there is no session: who sends keeps what
    /// must not be lost.
    virtual void send(std::string_view stanza) = 0;
    /// Which of several servers the session is with, for people; empty where there is no choice.
    virtual std::string where() const { return {}; }
    /// Bytes queued and not yet handed to the network: the sender's back-pressure.
    virtual std::size_t queued_bytes() const = 0;

    /// Ends a poll() early. The only member that other threads may call.
    virtual void wake() noexcept = 0;
};

}  // namespace courant
