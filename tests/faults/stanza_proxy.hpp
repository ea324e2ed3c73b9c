// A proxy between a client and its XMPP server that loses, doubles, delays and reorders message
// stanzas.
//
//     StanzaProxy between(server, servers.root() / "ca", StanzaFaults{.lost = 0.05}, seed);
//     client.set_server(between.address());
//     …
//     between.heal();                      // from now on everything passes
//
// It does what bad servers and networks do to stanzas and cannot do to bytes: TLS and TCP see that
// bytes arrive, and a server that restarts, overflows or fails over loses whole stanzas. The client
// speaks to it as to its server: it lets STARTTLS begin on both sides, has a certificate of the
// server's name from the test's own authority, and passes everything on but messages, whose fate is
// drawn. A delayed one is overtaken by those behind it.
//
// The fates follow from the seed and from the order of the messages in each direction; when a
// delayed one goes on is a matter of time, and nothing in a test may depend on it.
//
// Thread: has one of its own; the members may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/xmpp_servers.hpp"

namespace courant::test {

/// How likely what is for a message.
struct StanzaFaults {
    double lost = 0;
    double doubled = 0;
    double delayed = 0;
    /// A delay is drawn from nothing to this.
    std::chrono::milliseconds longest_delay{50};
};

/// What became of the messages so far, in both directions.
struct StanzaFigures {
    std::uint64_t messages = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t delayed = 0;
};

/// The proxy; ends with this object.
class StanzaProxy {
  public:
    /// `authority` is the folder with the servers' certificates and keys.
    StanzaProxy(const XmppServer& server, const std::filesystem::path& authority,
                const StanzaFaults& faults, std::uint64_t seed);
    ~StanzaProxy();
    StanzaProxy(const StanzaProxy&) = delete;
    StanzaProxy& operator=(const StanzaProxy&) = delete;

    /// "ip:port", where clients find it.
    const std::string& address() const;
    /// Everything passes from now on, and what was delayed goes at once.
    void heal();
    /// What became of the messages so far.
    StanzaFigures figures() const;

  private:
    class Engine;
    std::unique_ptr<Engine> engine_;
    std::jthread thread_;
};

}  // namespace courant::test
