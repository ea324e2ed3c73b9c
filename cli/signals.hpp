// Signals as messages: the main thread asks for them, no handler runs.
//
// Made before any thread is, so that all threads inherit the mask and the signals wait for who
// asks.
#pragma once

#include <chrono>
#include <csignal>

namespace courant::cli {

/// What the system or a person wants of the program.
enum class Wish { nothing, stop, reload };

/// SIGTERM and SIGINT mean stop, SIGHUP means reload, SIGPIPE nothing.
class Signals {
  public:
    Signals() {
        sigemptyset(&awaited_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited_, signal);
        pthread_sigmask(SIG_BLOCK, &awaited_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }

    /// Waits for a wish, at most that long.
    Wish wait(std::chrono::milliseconds patience) const {
        const timespec time{.tv_sec = patience.count() / 1000,
                            .tv_nsec = (patience.count() % 1000) * 1'000'000};
        switch (sigtimedwait(&awaited_, nullptr, &time)) {
            case SIGTERM:
            case SIGINT:
                return Wish::stop;
            case SIGHUP:
                return Wish::reload;
            default:
                return Wish::nothing;
        }
    }

  private:
    sigset_t awaited_{};
};

}  // namespace courant::cli
