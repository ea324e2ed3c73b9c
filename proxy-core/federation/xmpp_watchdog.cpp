#include "proxy-core/federation/xmpp_watchdog.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <csignal>

namespace courant {

Watchdog::Watchdog(int socket, std::chrono::steady_clock::time_point deadline) {
    // The program's signals are for its own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this, socket, deadline] {
        std::unique_lock lock(mutex_);
        if (change_.wait_until(lock, deadline, [this] { return called_off_; })) return;
        bit_ = true;
        ::shutdown(socket, SHUT_RDWR);
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        called_off_ = true;
    }
    change_.notify_one();
    thread_.join();
}

bool Watchdog::bit() {
    const std::lock_guard lock(mutex_);
    return bit_;
}

}  // namespace courant
