// The program `courant` as a test's user has it: a folder with a configuration, commands, and a
// process that can be killed.
//
//     Proxy town(servers, "town@town.test", "secret");
//     town.configure(R"([adapters.roof] …)");
//     town.command({"peer", "add", "coop@coop.test"});
//     town.start();
//     wait_until([&] { return town.status()["outbox"]["messages"] == 0; });
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/xmpp_servers.hpp"

namespace courant::test {

/// What a command printed, and its exit code.
struct Answer {
    int code = 0;
    std::string out;
    std::string err;
};

/// One proxy of a federation.
class Proxy {
  public:
    /// `jid` is an account of `server`; the server need not run.
    Proxy(std::string jid, std::string password, const XmppServer& server,
          std::filesystem::path ca_file);
    /// The same with what stands in [store], in place of a file in the proxy's folder.
    Proxy(std::string jid, std::string password, const XmppServer& server,
          std::filesystem::path ca_file, std::string store);

    /// Writes the configuration: identity and store as they are, then this text.
    void configure(const std::string& rest);
    /// The same with another server address, password or CA in it, for tests of what goes wrong.
    void set_server(const std::string& address) { set_servers({address}); }
    /// Several, in order of preference.
    void set_servers(const std::vector<std::string>& addresses);
    /// What stands in [store]; a SQLite file in its folder at first.
    void set_store(std::string toml) { store_ = std::move(toml); }
    void set_password(std::string password) { password_ = std::move(password); }
    void set_ca_file(std::filesystem::path file) { ca_file_ = std::move(file); }

    /// Runs a command with -c, to its end.
    Answer command(std::vector<std::string> words) const;
    /// The same, and fails the test unless it exits 0.
    std::string expect(const std::vector<std::string>& words) const;
    /// A grant for everything that fits, and a subscription under it.
    void lets_have(const std::string& peer, const std::string& pattern) const;
    /// `status --json`.
    nlohmann::json status() const;

    /// `courant run`; with a prefix such as a shell that sets limits first.
    void start(const std::vector<std::string>& prefix = {});
    /// SIGTERM; its exit code, or nothing if it did not end in time.
    std::optional<int> stop();
    /// SIGKILL.
    void kill();
    void signal(int number) { process_->signal(number); }
    bool running() { return process_ && process_->running(); }
    pid_t pid() const { return process_->pid(); }

    const std::string& jid() const { return jid_; }
    std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }
    /// The log so far.
    std::string log() const;

  private:
    std::string jid_;
    std::string password_;
    std::string server_;  ///< as the configuration has it
    std::string store_ = "path = \"store.sqlite\"";
    std::filesystem::path ca_file_;
    TempDir directory_;
    std::optional<Process> process_;
};

/// Asks until the condition holds; false after `patience`, which is generous because nothing may
/// depend on it.
bool wait_until(const std::function<bool()>& condition,
                std::chrono::seconds patience = std::chrono::seconds(60));

/// A whole file; empty if it is not there.
std::string read_file(const std::filesystem::path& file);
/// Writes a whole file.
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace courant::test
