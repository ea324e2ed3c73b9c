// Ends a call that waits for a silent peer for ever.
//
// libstrophe's TLS handshake loops inside one call and knows no time limit, so only another thread
// can end it: at the deadline the socket is shut down, the call fails, and its thread goes on. The
// watchdog lives as long as the one call that it guards, some milliseconds as a rule, and touches
// nothing but the socket.
//
// Why no signal instead (timer_create): signal handlers belong to the program, not to a library in
// it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace courant {

/// Shuts a socket down at a deadline, unless it is gone before.
class Watchdog {
  public:
    /// The socket stays open, and is the same, while this object lives.
    Watchdog(int socket, std::chrono::steady_clock::time_point deadline);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Whether the deadline came. To be asked after the guarded call.
    bool bit();

  private:
    std::mutex mutex_;
    std::condition_variable change_;
    bool called_off_ = false;
    bool bit_ = false;
    std::thread thread_;
};

}  // namespace courant
