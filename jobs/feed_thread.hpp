// The thread of one feed: a meter's line or a subscription that emits readings by itself.
//
// What a feed emits is committed to the outbox before emit returns, so that a feed is never faster
// than the disk; while the store cannot take it (a full disk) the feed waits. A feed that ends with
// an error is begun again after a back-off.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "jobs/job_thread.hpp"
#include "jobs/outbound.hpp"

namespace courant {

/// Runs one feed for ever.
class FeedThread {
  public:
    FeedThread(std::string adapter, std::unique_ptr<Feed> feed, Outbound outbound, JobRules rules,
               StoreThread& store, Logger logger);
    /// Asks the feed to stop and waits for it.
    ~FeedThread() = default;
    FeedThread(const FeedThread&) = delete;
    FeedThread& operator=(const FeedThread&) = delete;

    /// Begins.
    void start();
    /// Asks the feed to end. From any thread.
    void request_stop() { thread_.request_stop(); }
    /// Whether the thread has ended. From any thread.
    bool finished() const { return finished_.load(); }
    /// Leaves a thread that does not end to its fate; only before the process ends.
    void abandon() {
        if (thread_.joinable()) thread_.detach();
    }
    /// The adapter's name.
    const std::string& adapter() const { return adapter_; }

  private:
    void run(const std::stop_token& stop);
    void put(const senml::Pack& readings, const std::vector<Refused>& refused,
             const std::stop_token& stop);
    void pause(const std::stop_token& stop);
    void remember(const JobState& state);

    std::string adapter_;
    std::unique_ptr<Feed> feed_;
    Outbound outbound_;
    JobRules rules_;
    StoreThread& store_;
    LastingFault fault_;
    Backoff backoff_;
    JobState state_;
    std::chrono::steady_clock::time_point told_at_;  ///< when the store heard that all is well
    std::atomic<bool> finished_{true};
    std::jthread thread_;
};

}  // namespace courant
