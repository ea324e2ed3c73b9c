// How much may wait in the outbox, and what happens beyond: as the administrator declared it.
//
// Nothing has a cap by itself. Of all that waits, the declared policy is either to stop (nothing is
// extracted until less waits; nothing is lost, it stays in the apps) or to drop the oldest. Of what
// waits for one peer it can only be to drop the oldest: to stop would let one peer that never comes
// back stop everybody. What is dropped is never silent: the peer gets a void for each number, the
// operator a dead letter that says which and why (one for each peer and day, not one for each
// batch), a line in the log, and counters. Ages are told by this machine's clock.
//
// Thread: what takes Mailboxes belongs to the store thread; dropped() to the job that asked.
// Several workers on one store may have an OutboxCaps each.
#pragma once

#include <string>
#include <vector>

#include "proxy-core/config/config.hpp"
#include "proxy-core/mailbox/allowance.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/lasting_fault.hpp"

namespace courant {

/// The key of the note that says why the outbox takes nothing more; empty while all is well.
inline constexpr std::string_view outbox_note = "outbox";

/// The caps of one outbox.
class OutboxCaps {
  public:
    OutboxCaps(OutboxConfig rules, Logger logger, Counters& counters);

    /// Why nothing more may come in; empty if it may, and then it is counted: so many bytes. What
    /// is extracted at once may go beyond the cap. In a work of the store.
    const std::string& obstacle(Mailboxes& m, std::int64_t bytes, Time now);

    /// What was dropped from a lane.
    struct Drop {
        LaneId lane;
        Jid peer;
        Dropped batch;           ///< by this call
        bool first_word = true;  ///< its dead letter speaks of nothing before it
    };
    /// Drops a portion of what the caps leave no place for, with its letters. In a work of the
    /// store.
    std::vector<Drop> drop(Mailboxes& m, Time now) const;
    /// The work is durable: counts and logs.
    void dropped(const std::vector<Drop>& drops);

  private:
    LaneCap cap_at(Time now) const;
    void look(Mailboxes& m, Time now);

    OutboxConfig rules_;
    Logger logger_;
    Counters& counters_;
    LastingFault fault_;
    std::string obstacle_;
    Allowance allowance_;
};

}  // namespace courant
