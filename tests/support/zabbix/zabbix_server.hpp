// A real Zabbix of a test's own, on free ports of the loopback, gone with the test.
//
// The script zabbix-up does the work and stays beside the test as a guard.
#pragma once

#include <optional>
#include <string>

#include "tests/support/guard.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::test {

class ZabbixServer {
  public:
    /// Starts Zabbix and returns once its API and its trapper port answer; std::runtime_error says
    /// what is missing.
    ZabbixServer();

    /// The address of the front end.
    std::string url() const;
    /// host:port of the trapper.
    std::string trapper() const;
    /// Stops PostgreSQL under Zabbix's feet.
    void stop_database();
    /// Starts it again.
    void start_database();
    /// Runs a statement in Zabbix's database.
    void sql(const std::string& statement);

  private:
    void run(const std::string& command);

    TempDir dir_;
    int web_port_, trapper_port_;
    std::optional<Guard> guard_;
};

}  // namespace courant::test
