// What others sent is kept for as long as they allow, and no longer than we ourselves want to: the
// shorter of a message's `retain` and [retention] received.
//
// The time is counted from the arrival here. What is over goes out of the inbox, whether a sink has
// had it or not; one that has not had it leaves a dead letter behind, which says so and holds no
// reading. Dead letters with readings of others are emptied in the same way.
//
// The inbox is looked through page by page, from where the look before ended, and from the
// beginning again: there is no index of when what ends, which each message that comes in would pay
// for.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// What one look brought.
struct Ended {
    std::int64_t readings = 0;
    /// Where the next look goes on; 0: at the beginning.
    std::int64_t inbox_after = 0;
    std::int64_t dead_after = 0;
};

/// Looks after retentions. Belongs to the housekeeping job's thread.
class RetentionPurge {
  public:
    /// `own` is how long we keep what others sent, ISO 8601; empty: as long as they allow.
    explicit RetentionPurge(std::string own) : own_(std::move(own)) {}

    /// When what came under `retain` at `since` has to be gone.
    Time end_of(std::string_view retain, Time since) const;
    /// One page, in a transaction; whether there are more before the end. `sinks` are those that
    /// take from the inbox.
    bool look(Mailboxes& mailboxes, std::span<const std::string> sinks, Time now,
              Ended& ended) const;
    /// That transaction was committed.
    void looked(const Ended& ended) {
        inbox_after_ = ended.inbox_after;
        dead_after_ = ended.dead_after;
    }

  private:
    std::string own_;
    std::int64_t inbox_after_ = 0;
    std::int64_t dead_after_ = 0;
};

}  // namespace courant
