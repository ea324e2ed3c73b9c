// The thread of one adapter: it runs the adapter's jobs when they are due, one at a time.
//
// One thread per adapter and not a pool: calls into apps block, and an app that never answers must
// delay its own jobs only. That also settles that no job runs twice at once and that adapters need
// no locks. A job is due at the times of its schedule, when somebody wakes it (the inbox got
// something), and at once as long as it says that there is more; after a failure only the back-off
// decides, so that waking cannot turn into hammering. What happened is kept in the store under the
// job's name and survives a restart.
//
// The thread cannot be killed; whoever owns it asks running() whether a call hangs, and tells
// people.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/schedule.hpp"
#include "proxy-core/federation/backoff.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/lasting_fault.hpp"

namespace courant {

/// How jobs are called.
struct JobRules {
    /// How long one call may take.
    std::chrono::nanoseconds timeout = std::chrono::seconds{60};
    /// Pauses after failures.
    std::chrono::milliseconds retry_first{1'000};
    std::chrono::milliseconds retry_max{300'000};
    /// The clock of schedules and readings; tests bring their own.
    std::function<Time()> clock = [] { return std::chrono::system_clock::now(); };
};

/// Whether wake() makes a job due.
enum class OnWake { runs, sleeps_on };

/// A call that is under way.
struct RunningCall {
    std::string job;
    std::chrono::steady_clock::duration lasts{};
};

/// Runs the jobs of one adapter.
class JobThread {
  public:
    JobThread(std::string adapter, JobRules rules, StoreThread& store, Logger logger,
              Counters& counters);
    /// Asks the running call to stop and waits for it.
    ~JobThread();
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;

    /// Adds a job; before start() only.
    void add(std::unique_ptr<Job> job, Schedule schedule, OnWake on_wake);
    /// Begins to run what is due.
    void start();
    /// Runs the jobs of that kind until they have no more to do, here and now, in place of start()
    /// or once the thread has ended. False if one failed, or if a stop was requested before the
    /// end.
    bool run_once(OnWake kind, const std::stop_token& stop = {});

    /// Something has come for the jobs. From any thread.
    void wake();
    /// No further call is begun, and the one under way is asked to end. From any thread.
    void request_stop();
    /// Whether the thread has ended. From any thread.
    bool finished() const { return finished_.load(); }
    /// Leaves a thread that does not end to its fate; only before the process ends.
    void abandon();

    /// The adapter's name.
    const std::string& adapter() const { return adapter_; }
    /// The call under way, if there is one. From any thread.
    std::optional<RunningCall> running() const;

  private:
    struct Entry {
        std::unique_ptr<Job> job;
        Schedule schedule;
        OnWake on_wake;
        LastingFault fault;
        Backoff backoff;
        JobState state;
        /// Since the program began; earlier where the clock was set back.
        std::optional<Time> last_start;
        bool more = false;
        std::optional<std::chrono::steady_clock::time_point> retry_at;
    };
    using SteadyTime = std::chrono::steady_clock::time_point;

    void run(const std::stop_token& stop);
    SteadyTime due(Entry& entry, bool woken) const;
    /// Whether the call succeeded.
    bool call(Entry& entry, const std::stop_token& stop);
    void succeeded(Entry& entry, Progress progress);
    void failed(Entry& entry, const std::string& reason);
    void remember(const Entry& entry);

    std::string adapter_;
    JobRules rules_;
    StoreThread& store_;
    Logger logger_;
    Counters& counters_;
    std::vector<Entry> entries_;
    std::atomic<const std::string*> running_job_{nullptr};
    std::atomic<SteadyTime::rep> running_since_{0};
    std::atomic<bool> finished_{true};
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = false;
    std::jthread thread_;
};

}  // namespace courant
