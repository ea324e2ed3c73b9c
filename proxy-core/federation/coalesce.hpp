// Puts small messages at the end of a lane's outbox together.
//
// Neighbours under one envelope become one message, as long as it stays within the bounds of a
// message; their readings keep their order. lane.hpp says when that is allowed.
#pragma once

#include <cstdint>
#include <optional>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// How large a message may become.
struct CoalesceBounds {
    std::int64_t records = 500;
    /// Of its stanza.
    std::int64_t stanza_bytes = 200'000;
};

/// Puts together what waits in the lane from `from` on; one step of a transaction. Returns the last
/// number that the lane has now; nothing if all stayed as it was.
std::optional<Seq> coalesce(Mailboxes& mailboxes, const LaneId& lane, Seq from,
                            const CoalesceBounds& bounds);

}  // namespace courant
