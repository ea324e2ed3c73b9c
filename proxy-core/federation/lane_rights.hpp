// Which lanes are ours to send, where several workers share the store.
//
// All workers know all lanes and take in whatever comes; each lane is sent by one of them. An
// answer that comes to another (a receipt to our bare JID, a resume) is passed on to the one that
// sends.
//
// Who takes a lane over takes all that it finds there for sent, and puts together only what comes
// later (lane.hpp). So the one before may have sent no more than that: what it sends it has read
// under its lease, and confirmed so after the reading.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// What the federation asks of whoever looks after the leases (jobs/worker.hpp). Called on the
/// federation thread, but insist, which is called on the store's.
struct LaneRights {
    /// The tenure under which this worker sends the lane, if it does: a number that is another one
    /// if somebody else may have sent it meanwhile.
    std::function<std::optional<std::uint64_t>(const LaneId&)> tenure;
    /// Throws unless it does, and goes on to until the end of the transaction.
    std::function<void(Mailboxes&, const LaneId&)> insist;
    /// Throws unless it does at this moment; on the store's thread, too.
    std::function<void(Mailboxes&, const LaneId&)> confirm;
    /// The XMPP resource of who sends it, as far as that is known.
    std::function<std::optional<std::string>(const LaneId&)> sender;
    /// Whether no other worker runs.
    std::function<bool(Mailboxes&)> first;
    /// There is a lane that was not there before.
    std::function<void()> lane_made;
};

}  // namespace courant
