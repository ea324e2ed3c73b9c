// Whole proxies' federation rooms in one process: real stores, a network in memory, no threads but
// the stores'.
//
//     MemoryNetwork network;
//     Proxy lorient(network, "zabbix@lorient.example"), coop(network, "bmhs@coop.example");
//     lorient.sends(coop, 5);
//     run_until({&lorient, &coop}, [&] { return coop.values().size() == 5; });
//
// Tests turn the engines until something is so; nobody sleeps.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/memory_transport.hpp"
#include "tests/unit/federation/faulty_store.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {

/// A JID that must be one.
inline Jid address(std::string_view text) {
    return Jid::parse_any(text).value();
}

/// A pack of one reading: `value` watts at a time that grows with it, in a series of that proxy.
std::string pack_of(const Jid& authority, double value);

/// The same as a compact body.
std::string compact_of(const std::string& xml);

/// Settings under which tests are quick: an answer is awaited for 100 ms.
FederationSettings quick();
/// Settings under which nothing happens by time: an answer is awaited for an hour.
FederationSettings patient();

/// The federation room of one proxy, with a store of its own.
class Proxy {
  public:
    Proxy(MemoryNetwork& network, std::string_view jid, FederationSettings settings = quick());
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    const Jid& jid() const { return settings_.self; }
    /// Makes somebody a peer.
    void knows(const Jid& peer, bool relay = false);
    /// The same, one that speaks another dialect.
    void knows(const Jid& peer, Dialect dialect);
    /// Puts messages into the outbox, one reading each, with values that go on from the last call,
    /// and tells the federation.
    void sends(const Jid& peer, int messages, BodyForm form = BodyForm::xml);
    /// The same with packs of the test's choice.
    void sends(const Jid& peer, const std::vector<std::string>& packs,
               const std::string& grant = {});
    /// One turn of the engine.
    void turn() { federation_->step(std::chrono::milliseconds(1)); }
    /// Ends the engine and begins a new one on the same store and account.
    void restart();
    /// Ends it, loses the store, and begins with an empty one.
    void lose_store();

    /// Asks the store.
    template <std::invocable<Mailboxes&> F>
    auto ask(F question) {
        return store_->ask(question);
    }
    /// The values in the inbox, in order of arrival.
    std::vector<double> values();
    /// What has been set aside.
    std::vector<DeadLetter> dead();
    /// How many messages wait in the outbox, in all lanes.
    std::int64_t waiting();
    /// The one lane to a peer.
    OutgoingLane lane_to(const Jid& peer);

    StoreThread& store() { return *store_; }
    Federation& federation() { return *federation_; }
    MemoryTransport& transport() { return *transport_; }
    StoreFaults& faults() { return faults_; }
    /// Everything logged so far, also by engines before.
    std::string log() const { return log_.str(); }
    /// The sum of all counters of that name.
    std::uint64_t count(std::string_view counter) const;
    /// How often the sinks were told that the inbox grew.
    int inbox_grew() const { return inbox_grew_; }

  private:
    void begin();
    void end();

    MemoryNetwork& network_;
    FederationSettings settings_;
    std::unique_ptr<SqliteHome> home_ = std::make_unique<SqliteHome>();
    StoreFaults faults_;
    std::ostringstream log_;
    Counters counters_;
    int next_value_ = 1;
    int inbox_grew_ = 0;
    std::unique_ptr<StoreThread> store_;
    std::unique_ptr<MemoryTransport> transport_;
    std::unique_ptr<Federation> federation_;
};

/// A client without a federation room: says what a test tells it, and keeps what it hears.
class Client : private TransportListener {
  public:
    Client(MemoryNetwork& network, std::string_view jid);

    const Jid& jid() const { return jid_; }
    /// Sends a stanza as it stands.
    void says(std::string_view stanza) { transport_.send(stanza); }
    /// Sends a message with that content.
    void says(const Jid& to, std::string_view content, std::string_view id = "m1");
    /// Reads what has come.
    void turn() { transport_.poll(std::chrono::milliseconds(0), *this); }
    /// The stanzas heard so far.
    const std::vector<Element>& heard() const { return heard_; }
    /// The receipts heard so far.
    std::vector<Receipt> receipts() const;
    void leave() { transport_.close(); }
    void come_back() { transport_.open(); }

  private:
    void on_online(const Jid&) override {}
    void on_offline(const SessionLoss&) override {}
    void on_stanza(std::string_view stanza) override;

    Jid jid_;
    MemoryTransport transport_;
    std::vector<Element> heard_;
};

/// Turns everything until `met()`; a test that waits longer than half a minute has failed.
template <std::predicate Condition, class... Engines>
void run_until(Condition met, Engines&... engines) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!met()) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        (engines.turn(), ...);
    }
}

/// Turns everything until nothing that is under way is left; what waits for a time-out stays.
template <class... Engines>
void let_settle(Engines&... engines) {
    const auto finish_store = [](auto& engine) {
        if constexpr (requires { engine.ask([](Mailboxes&) {}); }) engine.ask([](Mailboxes&) {});
    };
    for (int i = 0; i < 8; ++i) {
        (engines.turn(), ...);
        (finish_store(engines), ...);
    }
}

/// 1, 2, … last as values.
std::vector<double> one_to(int last);

}  // namespace courant::test
