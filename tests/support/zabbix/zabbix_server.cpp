#include "tests/support/zabbix/zabbix_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <vector>

namespace courant::test {
namespace {

const std::string scripts = COURANT_ZABBIX_SCRIPTS;

bool is_free(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return bound;
}

/// A port that was free a moment ago. Zabbix listens below 32768 only, which is also where no
/// outgoing connection begins.
int free_port() {
    std::random_device random;
    for (int tries = 0; tries < 100; ++tries)
        if (const int port = 20'000 + static_cast<int>(random() % 12'000); is_free(port))
            return port;
    throw std::runtime_error("no free port on the loopback");
}

}  // namespace

ZabbixServer::ZabbixServer() : web_port_(free_port()), trapper_port_(free_port()) {
    setenv("ZABBIX_WEB_PORT", std::to_string(web_port_).c_str(), 1);
    setenv("ZABBIX_TRAPPER_PORT", std::to_string(trapper_port_).c_str(), 1);
    guard_.emplace(
        std::vector<std::string>{scripts + "/zabbix-up", dir_.path().string(), "--guard"});
}

std::string ZabbixServer::url() const {
    return "http://127.0.0.1:" + std::to_string(web_port_);
}

std::string ZabbixServer::trapper() const {
    return "127.0.0.1:" + std::to_string(trapper_port_);
}

void ZabbixServer::stop_database() {
    run("'" COURANT_POSTGRES_CLUSTER "' stop '" + dir_.path().string() + "'");
}

void ZabbixServer::start_database() {
    run("'" COURANT_POSTGRES_CLUSTER "' start '" + dir_.path().string() + "'");
}

void ZabbixServer::sql(const std::string& statement) {
    run("psql -q -X -h '" + (dir_ / "sock").string() + "' -U zabbix -d zabbix -c '" + statement +
        "'");
}

void ZabbixServer::run(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace courant::test
