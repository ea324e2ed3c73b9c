// A wire that a test can cut: a TCP forwarder on loopback, in front of a server or between two.
//
//     Link link(server.address());
//     proxy.set_server(link.address());
//     link.become(Wire::vanished);      // as if the other machine had lost its power
//     link.become(Wire::carries);
//
// A cut cable, a stopped program and one that hangs look different to who is connected, and
// programs that bear one of them can fail at another; hence the kinds. `vanished` needs no root: a
// packet filter on each socket drops every segment before TCP sees it, so that nothing is
// acknowledged, neither data nor a new connection.
//
// Thread: one of its own carries; the members may be called from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace courant::test {

/// What becomes of what is sent.
enum class Wire {
    carries,
    closed,   ///< connections are ended and new ones refused: the program there is gone
    stalled,  ///< taken and acknowledged by the kernel, and not forwarded: the program there hangs
    vanished  ///< nothing is acknowledged: the machine or the network there is gone
};

/// "closed" and so on, for a figure.
std::string to_word(Wire wire);

/// One address that forwards to another.
class Link {
  public:
    /// `target` is "ip:port"; nothing is connected before somebody connects here.
    explicit Link(const std::string& target);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// "127.0.0.1:port", the same for ever.
    std::string address() const;
    std::uint16_t port() const { return port_; }
    /// Changes what becomes of everything; returns when it is so.
    void become(Wire wire);

  private:
    // A connection on both sides, and what was read and could not be written yet.
    struct Pair {
        int client;
        int server;
        std::string up = {};
        std::string down = {};
        bool ended = false;
    };

    void run();
    void apply(Wire wire);
    void listen_again();
    void take_guest();
    static void carry(Pair& pair, short client_events, short server_events);

    std::string target_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    int bell_;
    std::vector<Pair> pairs_;
    std::atomic<Wire> wanted_{Wire::carries};
    std::atomic<Wire> is_{Wire::carries};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace courant::test
