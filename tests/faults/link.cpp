#include "tests/faults/link.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace courant::test {

namespace {

constexpr std::size_t slice = 65'536;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(const std::string& text) {
    const auto colon = text.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
    if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1)
        throw std::invalid_argument(text + " is no address");
    return address;
}

void set_up(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void hang_up(int client, int server) {
    ::close(client);
    ::close(server);
}

// Every segment that comes is dropped before TCP sees it. What we sent is acknowledged first: for
// what is not, the kernel would go on repeating itself, and a machine that is gone repeats nothing.
void go_deaf(int socket) {
    int unacknowledged = 0;
    for (int i = 0; i < 200; ++i) {
        if (::ioctl(socket, SIOCOUTQ, &unacknowledged) != 0 || unacknowledged == 0) break;
        ::poll(nullptr, 0, 1);
    }
    sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
    const sock_fprog program{.len = 1, .filter = &nothing};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        fail("a packet filter for a socket");
}

// What to wait for at a socket whose input is held here and into which that is to be written.
short events(const std::string& from_it, const std::string& to_it) {
    return static_cast<short>((from_it.empty() ? POLLIN : 0) | (to_it.empty() ? 0 : POLLOUT));
}

// Reads if nothing is held, and writes what is; false at the connection's end.
bool move(int from, int to, std::string& held, short from_events) {
    if (held.empty() && (from_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        held.resize(slice);
        const ssize_t count = ::recv(from, held.data(), slice, 0);
        held.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
    }
    if (held.empty()) return true;
    const ssize_t count = ::send(to, held.data(), held.size(), MSG_NOSIGNAL);
    if (count > 0) held.erase(0, static_cast<std::size_t>(count));
    return count >= 0 || errno == EAGAIN;
}

void hear_again(int socket) {
    const int unused = 0;  // a socket that was not deaf stays as it is
    ::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace

std::string to_word(Wire wire) {
    switch (wire) {
        case Wire::carries:
            return "carries";
        case Wire::closed:
            return "closed";
        case Wire::stalled:
            return "stalled";
        case Wire::vanished:
            break;
    }
    return "vanished";
}

Link::Link(const std::string& target)
    : target_(target), bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    listen_again();
    thread_ = std::thread([this] { run(); });
}

Link::~Link() {
    over_ = true;
    ::eventfd_write(bell_, 1);
    thread_.join();
    for (Pair& pair : pairs_) hang_up(pair.client, pair.server);
    if (listener_ >= 0) ::close(listener_);
    ::close(bell_);
}

std::string Link::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

void Link::become(Wire wire) {
    wanted_ = wire;
    ::eventfd_write(bell_, 1);
    while (is_ != wire) std::this_thread::yield();
}

void Link::listen_again() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port_);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    if (::bind(listener_, address, size) != 0) fail("bind");
    if (::listen(listener_, 64) != 0) fail("listen");
    ::getsockname(listener_, address, &size);
    port_ = ntohs(here.sin_port);
}

void Link::apply(Wire wire) {
    if (wire == Wire::closed && listener_ >= 0) {
        ::close(listener_);
        listener_ = -1;
        for (Pair& pair : pairs_) hang_up(pair.client, pair.server);
        pairs_.clear();
    }
    if (wire != Wire::closed && listener_ < 0) listen_again();
    const auto change = wire == Wire::vanished ? go_deaf : hear_again;
    if (listener_ >= 0) change(listener_);
    for (const Pair& pair : pairs_) {
        change(pair.client);
        change(pair.server);
    }
    is_ = wire;
}

void Link::take_guest() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    hear_again(client);  // it inherits the listener's filter
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in there = address_of(target_);
    const int outcome = ::connect(server, reinterpret_cast<const sockaddr*>(&there), sizeof there);
    if (outcome != 0 && errno != EINPROGRESS) {
        ::close(client);
        ::close(server);
        return;
    }
    set_up(client);
    set_up(server);
    pairs_.push_back({.client = client, .server = server});
}

void Link::carry(Pair& pair, short client_events, short server_events) {
    const bool well = move(pair.client, pair.server, pair.up, client_events) &&
                      move(pair.server, pair.client, pair.down, server_events);
    if (well) return;
    hang_up(pair.client, pair.server);
    pair.ended = true;
}

void Link::run() {
    std::vector<pollfd> waited;
    while (!over_) {
        if (is_ != wanted_) apply(wanted_);
        const bool carries = is_ == Wire::carries;
        waited.assign({{bell_, POLLIN, 0}, {carries ? listener_ : -1, POLLIN, 0}});
        for (const Pair& pair : pairs_) {
            waited.push_back({carries ? pair.client : -1, events(pair.up, pair.down), 0});
            waited.push_back({carries ? pair.server : -1, events(pair.down, pair.up), 0});
        }
        ::poll(waited.data(), waited.size(), -1);
        eventfd_t rung = 0;
        ::eventfd_read(bell_, &rung);
        if (!carries || is_ != wanted_) continue;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            carry(pairs_[i], waited[2 + 2 * i].revents, waited[3 + 2 * i].revents);
        }
        std::erase_if(pairs_, [](const Pair& pair) { return pair.ended; });
        if ((waited[1].revents & POLLIN) != 0) take_guest();
    }
}

}  // namespace courant::test
