#include "tests/unit/adapters/zabbix/fake_zabbix.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace courant::test {

SilentServer::SilentServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no listening socket on the loopback");
    port_ = ntohs(address.sin_port);
}

SilentServer::~SilentServer() {
    close(listener_);
}

std::string SilentServer::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

FakeServer::FakeServer(Whole whole, Answer answer)
    : whole_(std::move(whole)), answer_(std::move(answer)), thread_([this] { serve(); }) {}

FakeServer::~FakeServer() {
    shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
}

void FakeServer::serve() {
    while (true) {
        const int connection = accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        answer_one(connection);
        close(connection);
    }
}

void FakeServer::answer_one(int connection) {
    std::string received;
    std::array<char, 4096> chunk;
    while (!whole_(received)) {
        const ssize_t got = recv(connection, chunk.data(), chunk.size(), 0);
        if (got <= 0) return;
        received.append(chunk.data(), static_cast<std::size_t>(got));
    }
    const std::string answer = answer_(received);
    ++requests_;
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
}

bool http_whole(std::string_view received) {
    constexpr std::string_view length = "Content-Length: ";
    const auto head = received.find("\r\n\r\n");
    const auto found = received.find(length);
    if (head == std::string_view::npos || found == std::string_view::npos) return false;
    const std::string digits(received.substr(found + length.size(), 10));
    return received.size() - head - 4 >= std::strtoul(digits.c_str(), nullptr, 10);
}

std::string_view http_body(std::string_view request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

std::string http_answer(int status, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Said\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

}  // namespace courant::test
