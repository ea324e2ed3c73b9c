// A real Zabbix of a test's own, on free ports of the loopback, gone with the test.
//
// The script zabbix-up does the work and stays beside the test as a guard: when the pipe that it
// reads from ends, because this object went or because the test was killed, it stops what it
// started.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/support/temp_dir.hpp"

namespace courant::test {

class ZabbixServer {
  public:
    /// Starts Zabbix and returns once its API and its trapper port answer; std::runtime_error says
    /// what is missing.
    ZabbixServer();
    ~ZabbixServer();
    ZabbixServer(const ZabbixServer&) = delete;
    ZabbixServer& operator=(const ZabbixServer&) = delete;

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
    pid_t guard_ = -1;
    int leash_ = -1;  ///< the guard stops everything when this is closed
};

}  // namespace courant::test
