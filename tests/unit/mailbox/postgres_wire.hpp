// A wire between a store and its database that a test can cut, at the worst moment too.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace courant::test {

/// Passes connections on from a socket of its own to the database's.
class PostgresWire {
  public:
    /// What becomes of what passes.
    enum class Mode {
        passes,
        refuses,        ///< no connection lives, and no new one comes about
        loses_commit,   ///< the next COMMIT never arrives; the connection is cut
        loses_answer,   ///< the next COMMIT arrives, its answer does not; the connection is cut
        loses_and_ends  ///< as loses_answer, and refuses from then on
    };

    /// A wire to the database whose socket is in `folder`.
    explicit PostgresWire(const std::filesystem::path& folder);
    ~PostgresWire();
    PostgresWire(const PostgresWire&) = delete;
    PostgresWire& operator=(const PostgresWire&) = delete;

    /// How to connect through it, as PostgresServer::url().
    std::string url() const;
    /// From now on.
    void set(Mode mode) { mode_ = mode; }
    Mode mode() const { return mode_; }
    /// How many connections have been tried.
    int connections() const { return connections_; }

  private:
    void listen(const std::stop_token& stop);
    void carry(const std::stop_token& stop, int client);
    bool forward(int from, int to);

    TempDir directory_;
    std::filesystem::path target_;
    int listener_ = -1;
    std::atomic<Mode> mode_{Mode::passes};
    std::atomic<int> connections_{0};
    std::vector<std::jthread> carriers_;
    std::jthread thread_;
};

}  // namespace courant::test
