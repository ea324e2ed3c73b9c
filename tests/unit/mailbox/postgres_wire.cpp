#include "tests/unit/mailbox/postgres_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace courant::test {
namespace {

constexpr int look_again = 20;
constexpr std::string_view socket_name = ".s.PGSQL.5432";
// A simple query as the protocol writes it, without its length.
constexpr std::string_view commit("COMMIT\0", 7);

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

int socket_or_throw() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::runtime_error("no socket");
    return fd;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

PostgresWire::PostgresWire(const std::filesystem::path& folder)
    : target_(folder / socket_name), listener_(socket_or_throw()) {
    const auto address = address_of(directory_ / std::string(socket_name));
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0)
        throw std::runtime_error("the wire cannot listen");
    thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
}

PostgresWire::~PostgresWire() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
}

std::string PostgresWire::url() const {
    return "postgresql://courant@/postgres?host=" + directory_.path().string();
}

void PostgresWire::listen(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd waited{listener_, POLLIN, 0};
        if (poll(&waited, 1, look_again) <= 0) continue;
        const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        ++connections_;
        carriers_.emplace_back([this, client](const std::stop_token& end) { carry(end, client); });
    }
    carriers_.clear();
}

void PostgresWire::carry(const std::stop_token& stop, int client) {
    const int server = socket_or_throw();
    const auto address = address_of(target_);
    bool alive = mode_ != Mode::refuses &&
                 connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    while (alive && !stop.stop_requested() && mode_ != Mode::refuses) {
        std::array<pollfd, 2> waited{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        if (poll(waited.data(), waited.size(), look_again) <= 0) continue;
        if (waited[0].revents != 0) alive = forward(client, server);
        if (alive && waited[1].revents != 0) alive = forward(server, client);
    }
    close(client);
    close(server);
}

// False where the connection ends.
bool PostgresWire::forward(int from, int to) {
    std::array<char, 65536> chunk;
    const auto got = recv(from, chunk.data(), chunk.size(), 0);
    if (got <= 0) return false;
    const std::string_view bytes(chunk.data(), static_cast<std::size_t>(got));
    const Mode mode = mode_;
    if (mode == Mode::passes || bytes.find(commit) == std::string_view::npos)
        return send_all(to, bytes);
    mode_ = Mode::passes;
    if (mode == Mode::loses_commit) return false;
    if (mode == Mode::loses_and_ends) mode_ = Mode::refuses;
    if (send_all(to, bytes)) recv(to, chunk.data(), chunk.size(), 0);
    return false;
}

}  // namespace courant::test
