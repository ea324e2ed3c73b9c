// A real PostgreSQL of a test's own: a private cluster on a unix socket, gone with the test.
//
// A thin hand on tests/support/postgres/postgres-cluster.
#pragma once

#include <string>

#include "tests/support/guard.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::test {

/// Whether the cluster survives a power cut; a kill it survives in any case.
enum class Durability { careless, careful };

/// One cluster.
class PostgresServer {
  public:
    /// Starts it; std::runtime_error says what is missing.
    explicit PostgresServer(Durability durability = Durability::careless);

    /// Whether the program is there; a test says so and passes without it.
    static bool installed();

    /// How to connect, as a superuser.
    std::string url() const;
    /// The folder of its socket.
    std::filesystem::path sockets() const { return directory_ / "sock"; }

    /// Stops it; whoever is connected is thrown out.
    void stop();
    /// kill -9.
    void kill();
    /// Starts it again.
    void start();

  private:
    void run(const std::string& action) const;

    TempDir directory_;
    Guard guard_;
};

}  // namespace courant::test
