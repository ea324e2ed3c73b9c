// The receive job: what arrived goes into an app.
//
// Each sink has its own position in the inbox, so that one that is down delays no other. A batch of
// messages is offered at once; what the app refuses for good becomes a dead letter, what it does
// not take for now is offered again, alone, until it does or limits.give_up_after is over; only
// then does the position move on, together with the dead letters. After a crash the same batch is
// offered again, which sinks must not mind (adapter.hpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/log.hpp"
#include "senml/pack.hpp"

namespace courant {

/// What a sink gets and how patient we are with it.
struct ReceiveRules {
    /// Patterns in people's spelling.
    std::vector<std::string> series;
    /// How long "later" may be said of a reading.
    std::chrono::nanoseconds give_up_after;
};

/// Delivers to one sink.
class ReceiveJob : public Job {
  public:
    ReceiveJob(const std::string& adapter, std::unique_ptr<Sink> sink, ReceiveRules rules,
               StoreThread& store, Logger logger, Counters& counters);

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    /// Where a reading of the batch came from.
    struct Origin {
        LaneId lane;
        Seq seq = 0;
        std::int64_t record = 0;
        Envelope envelope;
    };
    /// Readings that were taken from the inbox and are not all settled.
    struct Batch {
        senml::Pack open;             ///< not settled yet
        std::vector<Origin> origins;  ///< of each record of `open`
        std::int64_t through = 0;     ///< the position to move to when all are settled
        std::chrono::steady_clock::time_point first_offered;
        std::vector<DeadLetter> dead;
    };

    bool load(const Call& call);
    void add(const Arrival& arrival, const Call& call);
    std::size_t offer(const Call& call);
    void bury(std::size_t record, const std::string& reason, Time now);
    void finish();

    std::string name_;
    std::string adapter_;
    std::unique_ptr<Sink> sink_;
    ReceiveRules rules_;
    StoreThread& store_;
    Logger logger_;
    Counters& counters_;
    Batch batch_;
};

}  // namespace courant
