// The receive job: what arrived goes into an app.
//
// Each sink has its own position in the inbox, so that one that is down delays no other. A batch of
// messages is offered at once; what the app refuses for good becomes a dead letter, what it does
// not take for now is offered again, alone, until it does or limits.give_up_after is over; only
// then does the position move on, together with the dead letters. After a crash the same batch is
// offered again, which sinks must not mind (adapter.hpp). When the app first said "later" is kept
// in the store, so that patience ends also for a proxy that is begun anew each time (run --once).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/log.hpp"
#include "senml/pack.hpp"

namespace courant {

/// What a sink gets and how patient we are with it.
struct ReceiveRules {
    /// Patterns in people's spelling.
    std::vector<std::string> series;
    /// How long "later" may be said of a reading, from the first time that anything of its batch
    /// was refused so, or from its arrival where that was later.
    std::chrono::nanoseconds give_up_after;
};

/// Delivers to one sink.
class ReceiveJob : public Job {
  public:
    ReceiveJob(const std::string& adapter, std::unique_ptr<Sink> sink, ReceiveRules rules,
               StoreThread& store, Logger logger, Counters& counters, Right right = {});

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    /// A message of the batch, without its body.
    struct Carrier {
        LaneId lane;
        Seq seq = 0;
        Envelope envelope;
        Time stored_at;
    };
    /// Where a reading of the batch came from. The message is shared: it may have ten thousand
    /// readings and a long way behind it.
    struct Origin {
        std::shared_ptr<const Carrier> message;
        std::optional<std::int64_t> record;  ///< 1-based; nothing when the whole message is meant
    };
    /// A dead letter to be, without copies of the message.
    struct Casualty {
        Time at;
        Origin origin;
        std::string reason;
        std::string payload;
    };
    /// Readings that were taken from the inbox and are not all settled.
    struct Batch {
        senml::Pack open;                 ///< not settled yet
        std::vector<Origin> origins;      ///< of each record of `open`
        std::int64_t after = 0;           ///< the position behind which it begins
        std::int64_t through = 0;         ///< the position to move to when all are settled
        std::optional<Time> later_since;  ///< when the app first said "later" to any of it
        std::vector<Casualty> dead;
    };

    void erase_what_was_taken_back(const Call& call);
    bool load(const Call& call);
    void forget_if_settled_elsewhere();
    void add(const Arrival& arrival, const Call& call);
    std::size_t offer(const Call& call);
    bool out_of_patience(const Carrier& message, Time now) const;
    void remember_later(Time now);
    void bury(std::size_t record, const std::string& reason, Time now);
    DeadLetter letter(const Casualty& casualty) const;
    void finish();

    std::string name_;
    std::string adapter_;
    std::string later_note_;  ///< the key under which the store keeps Batch::later_since
    std::unique_ptr<Sink> sink_;
    ReceiveRules rules_;
    StoreThread& store_;
    Logger logger_;
    Counters& counters_;
    BodyReader bodies_{stored_body_limits};
    senml::Pack pack_;  ///< the message read last, for its memory
    Right right_;       ///< to write to the app
    Batch batch_;
};

}  // namespace courant
