// Which lanes are ours to send, where several workers share the store.
//
// All workers know all lanes and take in whatever comes; each lane is sent by one of them. An
// answer that comes to another (a receipt to our bare JID, a resume) is passed on to the one that
// sends.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// What the federation asks of whoever looks after the leases (jobs/worker.hpp). Called on the
/// federation thread, but insist, which is called on the store's.
struct LaneRights {
    /// Whether this worker sends the lane.
    std::function<bool(const LaneId&)> ours;
    /// Throws unless it does, and goes on to until the end of the transaction.
    std::function<void(Mailboxes&, const LaneId&)> insist;
    /// The XMPP resource of who sends it, as far as that is known.
    std::function<std::optional<std::string>(const LaneId&)> sender;
    /// Whether no other worker runs.
    std::function<bool(Mailboxes&)> first;
    /// There is a lane that was not there before.
    std::function<void()> lane_made;
};

}  // namespace courant
