// The stage of the fault tests: a home that publishes and a cooperative that receives, each with a
// proxy and a real XMPP server, and everything of it can be broken.
//
//     Stage stage({.coop = ServerKind::ejabberd});
//     Ledger ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2);
//     stage.publish(ledger, "100ms");
//     stage.start();
//     …
//     REQUIRE(stage.wait_for(ledger));
//     CHECK(stage.audit(ledger) == ledger.all_once());
//
// Unlike FederationOfTwo of the integration tests it takes the inbox for what arrived, not an app's
// files: the promise ends there, and a file that is written once per time would hide repetitions.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/faults/figures.hpp"
#include "tests/faults/ledger.hpp"
#include "tests/faults/link.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/xmpp_servers.hpp"

namespace courant::test {

/// Where proxies keep their mailboxes, and what of it can be killed.
struct StoreKind {
    std::string name;
    /// Makes a proxy's store and tells it where that is, before it is configured; empty where the
    /// configuration's own default serves.
    std::function<void(Proxy&)> provide;
    /// Opens the store of a proxy beside it.
    std::function<std::unique_ptr<Store>(const Proxy&)> open;
    /// Ends the store's server with kill -9 and starts it again; empty where there is none.
    std::function<void()> kill;
};

/// A SQLite file for each.
StoreKind sqlite_files();

/// A schema for each in one PostgreSQL, which outlives the stage.
StoreKind schemas_of(PostgresServer& database);

/// Whether both servers are installed; says so if not, and the test passes without them.
bool servers_installed();

/// How a stage differs from the usual one.
struct StageSettings {
    ServerKind home = ServerKind::prosody;
    ServerKind coop = ServerKind::prosody;
    StoreKind store = sqlite_files();
    /// TOML that begins within [limits], for both proxies.
    std::string limits = "retry_first = \"50ms\"\nretry_max = \"500ms\"\n";
};

/// Two organisations.
class Stage {
  public:
    explicit Stage(StageSettings settings = {});

    /// Makes the home publish the ledgers, to the cooperative; or only extract them, where
    /// subscriptions are the test's own.
    void publish(const std::vector<const Ledger*>& ledgers, const std::string& every);
    void extract(const std::vector<const Ledger*>& ledgers, const std::string& every);
    /// Makes the cooperative write files, too. Its inbox keeps what arrived all the same: a second
    /// sink, which is always away, has not had it yet.
    void write_files();
    /// Lines of readings in those files, and how many bytes they have.
    std::int64_t filed_readings() const;
    std::uintmax_t filed_bytes() const;
    /// Lays a wire between the two servers, both ways; `become` cuts both at once.
    void lay_wires();
    void wires_become(Wire wire);

    /// Readings in the inbox of a proxy, which may run.
    std::int64_t received(const Proxy& proxy) const;
    std::int64_t received() const { return received(coop); }
    /// Whether the inbox gets as many readings as the ledgers have. A generous guard: nothing is
    /// asserted of time.
    bool wait_for(std::int64_t readings, std::chrono::seconds patience = std::chrono::seconds(180));
    /// Whether everything in the home's outbox gets its receipt.
    bool wait_for_receipts();
    /// Holds an inbox against the ledger; stops the proxy, if it runs, and looks at what is left.
    Audit audit(const Ledger& ledger, Proxy& proxy);
    Audit audit(const Ledger& ledger) { return audit(ledger, coop); }
    /// Works on the store of a proxy beside it.
    void in_store(const Proxy& proxy, const Work& work) const;
    /// Ends of logs and states, for a failure's message.
    std::string trouble() const;

    XmppServers servers;
    StageSettings settings;
    XmppServer& home_server;
    XmppServer& coop_server;
    Proxy home;
    Proxy coop;

    /// What begins every configuration.
    std::string limits() const { return "[limits]\n" + settings.limits + "\n"; }

  private:
    std::unique_ptr<Link> to_home_;
    std::unique_ptr<Link> to_coop_;
};

}  // namespace courant::test
