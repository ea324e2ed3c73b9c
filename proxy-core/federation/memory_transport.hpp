// A network in one process, for tests: transports that talk to each other without servers, and the
// faults of real ones at will.
//
//     MemoryNetwork network;
//     MemoryTransport coop(network, *Jid::parse("zabbix@coop.example"));
//     MemoryTransport lorient(network, *Jid::parse("meter@lorient.example"));
//     network.judge([&](const MemoryStanza&) { return ++count == 5 ? Fate::drop : Fate::deliver;
//     });
//
// It behaves like two servers that federate, as far as a client sees it: it stamps the sender's
// full JID, keeps the order between two accounts, answers iqs to a server or a bare JID itself,
// bounces with the payload echoed, and stores for the absent or does not. What a session had been
// handed and not yet read is lost with it, without a word to the sender, as it is on a real server
// without stream management.
//
// Nothing happens by time or chance: a held stanza stays until release(), a cut link until mend().
// In one thread a test therefore runs the same every time; in several, one lock guards the network,
// and poll() waits on a condition. A judge is called in the sender's thread without that lock, and
// may itself cut, mend and release.
//
// Lifetime: the network outlives its transports.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy-core/federation/transport.hpp"

namespace courant {

class MemoryTransport;

/// One stanza under way.
struct MemoryStanza {
    Jid from;  ///< full
    Jid to;
    std::string text;  ///< stamped with `from`
};

/// What becomes of a stanza: `duplicate` delivers it twice, `hold` keeps it until release().
enum class Fate { deliver, drop, duplicate, hold, bounce };

/// A fate, and for a bounce the error that the sender reads.
struct Judgement {
    Judgement(Fate chosen) : fate(chosen) {}
    /// A bounce with another error than the usual one.
    Judgement(std::string type, std::string name)
        : fate(Fate::bounce), error_type(std::move(type)), condition(std::move(name)) {}

    Fate fate;
    std::string error_type = "cancel";
    std::string condition = "service-unavailable";
};

/// What the network does for an account without session, with messages.
enum class Absence { bounce, store };

/// The servers and the wires between them.
class MemoryNetwork {
  public:
    using Judge = std::function<Judgement(const MemoryStanza&)>;

    MemoryNetwork() = default;
    MemoryNetwork(const MemoryNetwork&) = delete;
    MemoryNetwork& operator=(const MemoryNetwork&) = delete;

    /// Asked about every stanza between accounts from now on; without one, all are delivered.
    void judge(Judge judge);
    /// What happens to messages for the absent from now on; `bounce` at first.
    void when_absent(Absence absence);

    /// Ends an account's session, and lets it have no other before mend().
    void cut(const Jid& account, SessionLoss loss = {.reason = "the test cut the link"});
    /// Lets it have sessions again; one that is open gets online at once.
    void mend(const Jid& account);
    /// What the account sends stays queued with it, and counts in queued_bytes(), before unclog().
    void clog(const Jid& account);
    /// Sends the first so many stanzas of what was queued; the rest stays.
    void let_through(const Jid& account, std::size_t stanzas);
    /// Sends what was queued, and lets the rest through.
    void unclog(const Jid& account);
    /// Delivers what was held, in the order in which it was sent; returns how many stanzas that
    /// were.
    std::size_t release();

    /// Every stanza between accounts so far, whatever became of it.
    std::vector<MemoryStanza> sent() const;

  private:
    friend class MemoryTransport;

    struct Event {
        enum class Kind { online, offline, stanza } kind;
        std::string text;
        SessionLoss loss;
    };
    /// One account at its server. All of it under the network's lock.
    struct Account {
        Jid full;
        bool wanted = false;  ///< opened and not closed
        bool linked = true;
        bool online = false;
        bool clogged = false;
        bool woken = false;
        std::deque<Event> events;
        std::deque<std::string> stored;
        std::deque<std::string> outgoing;
        std::condition_variable change;
    };

    void begin_session(Account& account);
    void end_session(Account& account);
    void route(const Jid& from, std::string_view stanza);
    void carry(const MemoryStanza& stanza, const Judgement& verdict);
    void deliver(const MemoryStanza& stanza);
    void bounce(const MemoryStanza& stanza, std::string_view type, std::string_view condition);
    void hand_over(Account& account, std::string stanza);

    mutable std::mutex mutex_;
    std::map<Jid, Account> accounts_;  ///< by bare JID
    std::deque<MemoryStanza> held_;
    std::vector<MemoryStanza> sent_;
    Judge judge_;
    Absence absence_ = Absence::bounce;
};

/// One account's transport.
class MemoryTransport : public Transport {
  public:
    /// `account` is bare; the network knows it from now on. `resource` completes it, unless it is a
    /// service.
    MemoryTransport(MemoryNetwork& network, const Jid& account,
                    std::string_view resource = "courant");
    ~MemoryTransport() override;

    void open() override;
    void close() override;
    void poll(std::chrono::milliseconds patience, TransportListener& listener) override;
    void send(std::string_view stanza) override;
    std::size_t queued_bytes() const override;
    void wake() noexcept override;

  private:
    MemoryNetwork& network_;
    MemoryNetwork::Account& account_;
};

}  // namespace courant
