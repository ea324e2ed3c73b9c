// All jobs of a proxy: made from the configuration, started, watched and stopped together.
//
//     Runner runner(config, store, space, worker,
//                   [&](auto messages) { federation.outbox_grew(std::move(messages)); }, logger,
//                   counters);
//     runner.start();
//     runner.inbox_grew();      // the federation, after a commit
//     runner.watch();           // the main thread, now and then: a call that hangs is reported
//     runner.stop(10s);
//
// Sending needs no job here: the federation thread sends as soon as the outbox has something, and
// receipts empty it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/feed_thread.hpp"
#include "jobs/job_thread.hpp"
#include "jobs/outbound.hpp"
#include "jobs/outbox_caps.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/mailbox/space_watch.hpp"

namespace courant {

/// The jobs of one configuration.
class Runner {
  public:
    /// Makes the adapters; throws ConfigError where one cannot be made from its settings.
    /// `space` watches that store; `worker` is who we are among those on it.
    Runner(const Config& config, StoreThread& store, SpaceWatch& space, Worker& worker,
           const OutboxGrew& outbox_grew, Logger logger, Counters& counters);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// Begins to run what is due.
    void start();
    /// Wakes the sinks. From any thread.
    void inbox_grew();
    /// What may be done here is something else now. From any thread.
    void rights_changed() { inbox_grew(); }
    /// Reports calls that hang, once each.
    void watch();

    /// Extracts what there is, once; false if a source failed or a stop was requested meanwhile. In
    /// place of start().
    bool extract_once(const std::stop_token& stop = {});
    /// Delivers what the inbox holds, once; false if a sink failed or a stop was requested
    /// meanwhile. In place of start().
    bool receive_once(const std::stop_token& stop = {});

    /// Asks everything to end and waits; false if a call did not come back in time. Its thread is
    /// then left behind, and the process must end soon.
    bool stop(std::chrono::milliseconds grace);
    /// The last housekeeping: what the counters of this run still have goes into the store. After
    /// stop(), when nobody counts any more.
    void tidy_up();

  private:
    JobThread& thread_of(const std::string& adapter);
    void add_extract(const Config& config, const ExtractConfig& extract,
                     const OutboxGrew& outbox_grew, Time began);
    void add_receive(const Config& config, const ReceiveConfig& receive, Time began);
    void add_exchange(const Config& config, Time began);
    Outbound outbound(const Config& config, const ExtractConfig& extract,
                      const OutboxGrew& outbox_grew);

    StoreThread& store_;
    SpaceWatch& space_;
    Logger logger_;
    Counters& counters_;
    Worker& worker_;
    OutboxCaps caps_;
    JobRules rules_;
    std::chrono::nanoseconds hang_after_;
    std::shared_ptr<CurrentAudience> audience_ = std::make_shared<CurrentAudience>();
    SharedTally tally_ = std::make_shared<SeriesTally>();
    /// By adapter; sources and sinks of one adapter share a thread.
    std::map<std::string, std::unique_ptr<JobThread>> threads_;
    std::vector<std::unique_ptr<FeedThread>> feeds_;
    std::map<std::string, std::string> hanging_;  ///< by adapter, the job that was reported
};

}  // namespace courant
