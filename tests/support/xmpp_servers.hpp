// Real XMPP servers for a test: organisations of different make that federate over verified TLS.
//
//     XmppServers servers;
//     XmppServer& coop = servers.add(ServerKind::prosody, "coop.example", {{"zabbix", "pw"}});
//     XmppServer& lorient = servers.add(ServerKind::ejabberd, "lorient.example", {{"m", "pw"}});
//     … coop.address(), servers.ca_file() …
//
// A thin hand on tests/support/xmpp/servers.sh, which examples call too and which says how the
// servers are set up. They run on loopback addresses and ports of their own, so that tests run side
// by side, and end with this object or with the process, however it ends.
#pragma once

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::test {

/// The makes that we have; their differences are what the tests are after.
enum class ServerKind { prosody, ejabberd };

/// One user of a server, with the password it is given.
struct XmppAccount {
    std::string local;
    std::string password;
};

/// One organisation's server. Its end is a kill: what it stored goes with it.
class XmppServer {
  public:
    ~XmppServer();
    XmppServer(const XmppServer&) = delete;
    XmppServer& operator=(const XmppServer&) = delete;

    /// The XMPP domain it serves.
    const std::string& domain() const { return domain_; }
    /// "ip:port" for clients; stays the same over restarts.
    const std::string& address() const { return address_; }
    /// Whether it was started and has not ended.
    bool running() { return process_ && process_->running(); }

    /// Starts it again; returns when it accepts clients and servers. Throws with the end of its
    /// log.
    void start();
    /// Starts it without waiting.
    void begin_start();
    /// Ends it properly, and waits.
    void stop();
    /// kill -9.
    void kill();
    /// Stops it in its tracks (SIGSTOP): the connections stay, and nothing answers.
    void freeze() { process_->signal(SIGSTOP); }
    /// Lets a frozen one go on.
    void thaw() { process_->signal(SIGCONT); }

    /// The end of its log, for a failure's message.
    std::string log_tail(std::size_t lines = 20) const;

  private:
    friend class XmppServers;
    XmppServer(std::filesystem::path root, std::string name);

    std::filesystem::path root_;
    std::string name_;
    std::string domain_;
    std::string address_;
    std::optional<Process> process_;
};

/// A federation: servers that trust one private authority and find each other without DNS.
class XmppServers {
  public:
    XmppServers() = default;

    /// Whether the programs are there; a test says so and passes without them.
    static bool installed(ServerKind kind);

    /// Sets an organisation up and starts its server; throws std::runtime_error with the end of its
    /// log. "coop.example+2" is a second server of coop.example, with a store of its own.
    XmppServer& add(ServerKind kind, const std::string& domain,
                    const std::vector<XmppAccount>& accounts);
    /// The same without starting it.
    XmppServer& add_stopped(ServerKind kind, const std::string& domain,
                            const std::vector<XmppAccount>& accounts);
    /// Adds to the settings of a Prosody, below its VirtualHost; counts from its next start.
    void configure(const std::string& domain, const std::string& lua);
    /// Gives `domain` a new certificate, made out to `name`; it counts from the server's next
    /// start.
    void certify(const std::string& domain, const std::string& name, int days = 825);

    /// What clients have to trust.
    std::filesystem::path ca_file() const { return directory_ / "ca/ca.pem"; }
    /// Everything that belongs to this federation.
    const std::filesystem::path& root() const { return directory_.path(); }

  private:
    TempDir directory_;
    std::vector<std::unique_ptr<XmppServer>> servers_;
};

}  // namespace courant::test
