// A source that goes on at a steady rate whatever happens: live readings.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include "tests/faults/ledger.hpp"

namespace courant::test {

/// Lets a ledger grow on a thread of its own; nobody else may while this lives.
class Feeder {
  public:
    /// Calls `grow` again and again, at this interval in the long run.
    Feeder(Ledger& ledger, std::chrono::milliseconds interval, std::function<void(Ledger&)> grow)
        : ledger_(ledger), readings_(ledger.readings()) {
        thread_ = std::jthread([this, interval, grow](const std::stop_token& stop) {
            for (auto due = std::chrono::steady_clock::now(); !stop.stop_requested();
                 due += interval) {
                std::this_thread::sleep_until(due);
                grow(ledger_);
                readings_ = ledger_.readings();
            }
        });
    }
    /// Readings in the ledger by now.
    std::int64_t readings() const { return readings_; }
    /// Ends it; the ledger stands still from now on.
    void stop() {
        thread_.request_stop();
        if (thread_.joinable()) thread_.join();
    }

  private:
    Ledger& ledger_;
    std::atomic<std::int64_t> readings_;
    std::jthread thread_;
};

}  // namespace courant::test
