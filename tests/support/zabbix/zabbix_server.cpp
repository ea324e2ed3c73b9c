#include "tests/support/zabbix/zabbix_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>

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

struct Pipe {
    int read_end = -1, write_end = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        read_end = ends[0];
        write_end = ends[1];
    }
};

/// Becomes zabbix-up, in a session of its own so that a Ctrl-C at the test does not reach it first.
[[noreturn]] void become_guard(const std::string& script, const std::string& dir, const Pipe& leash,
                               const Pipe& talk) {
    setsid();
    dup2(leash.read_end, STDIN_FILENO);
    dup2(talk.write_end, STDOUT_FILENO);
    dup2(talk.write_end, STDERR_FILENO);
    execl(script.c_str(), script.c_str(), dir.c_str(), "--guard", static_cast<char*>(nullptr));
    _exit(127);
}

/// What the guard says until it says "ready" or ends.
std::string listen_until_ready(int fd) {
    std::string said;
    std::array<char, 512> chunk;
    while (!said.ends_with("ready\n")) {
        const ssize_t got = read(fd, chunk.data(), chunk.size());
        if (got <= 0) break;
        said.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return said;
}

}  // namespace

ZabbixServer::ZabbixServer() : web_port_(free_port()), trapper_port_(free_port()) {
    setenv("ZABBIX_WEB_PORT", std::to_string(web_port_).c_str(), 1);
    setenv("ZABBIX_TRAPPER_PORT", std::to_string(trapper_port_).c_str(), 1);
    const std::string script = scripts + "/zabbix-up";
    const std::string dir = dir_.path().string();
    const Pipe leash, talk;
    guard_ = fork();
    if (guard_ < 0) throw std::runtime_error("cannot fork");
    if (guard_ == 0) become_guard(script, dir, leash, talk);
    close(leash.read_end);
    close(talk.write_end);
    leash_ = leash.write_end;
    const std::string said = listen_until_ready(talk.read_end);
    close(talk.read_end);
    if (said.ends_with("ready\n")) return;
    close(leash_);
    waitpid(guard_, nullptr, 0);
    throw std::runtime_error("no Zabbix to test against: " + said);
}

ZabbixServer::~ZabbixServer() {
    close(leash_);
    waitpid(guard_, nullptr, 0);
}

std::string ZabbixServer::url() const {
    return "http://127.0.0.1:" + std::to_string(web_port_);
}

std::string ZabbixServer::trapper() const {
    return "127.0.0.1:" + std::to_string(trapper_port_);
}

void ZabbixServer::stop_database() {
    run("'" + scripts + "/zabbix-database' stop '" + dir_.path().string() + "'");
}

void ZabbixServer::start_database() {
    run("'" + scripts + "/zabbix-database' start '" + dir_.path().string() + "'");
}

void ZabbixServer::sql(const std::string& statement) {
    run("psql -q -X -h '" + (dir_ / "sock").string() + "' -U zabbix -d zabbix -c '" + statement +
        "'");
}

void ZabbixServer::run(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace courant::test
