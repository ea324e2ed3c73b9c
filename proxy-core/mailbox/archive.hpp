// A whole store, as it is carried over into another one.
//
// The everyday steps (mailboxes.hpp) give out numbers, positions and ids; here they are kept as
// they were, because peers, sinks and people know them. Only copy_store uses it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/exchange_book.hpp"
#include "proxy-core/access/shape_book.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// All of a store but its messages, dead letters, calls and kept readings: what is small, and read
/// and written at once.
struct Inventory {
    std::vector<Peer> peers = {};
    std::vector<Subscription> subscriptions = {};
    std::vector<Grant> grants = {};
    std::vector<Objection> objections = {};
    std::vector<Transfer> transfers = {};
    std::vector<HeldGrant> held = {};
    std::vector<NoticeEntry> notices = {};
    /// Those that are not done, with new ids there.
    std::vector<Erasure> erasures = {};
    std::vector<SeriesSeen> series = {};
    std::vector<ShapeState> shape_states = {};
    std::vector<SubscriptionRequest> subscription_requests = {};
    std::vector<OutgoingLane> outgoing = {};
    /// By lane, why the numbers through OutgoingLane::voided hold nothing.
    std::map<std::string, std::string> void_reasons = {};
    std::vector<IncomingLane> incoming = {};
    /// The last position of the inbox that was given out, readings and bytes through it.
    std::int64_t inbox_end = 0;
    std::int64_t inbox_records = 0;
    std::int64_t inbox_bytes = 0;
    /// How far each sink has delivered.
    std::map<std::string, std::int64_t> sinks = {};
    std::map<std::string, std::string> cursors = {};
    std::vector<JobState> jobs = {};
    std::map<std::string, std::int64_t> counters = {};
    std::map<std::string, std::string> notes = {};
    /// The last ids that were given out: none of them ever means something else.
    std::int64_t last_subscription = 0;
    std::int64_t last_dead = 0;

    bool operator==(const Inventory&) const = default;
};

/// How much a store holds, counted row by row.
struct Census {
    std::int64_t outbox = 0;
    std::int64_t inbox = 0;
    /// Numbers that came before their turn.
    std::int64_t waiting = 0;
    std::int64_t dead = 0;
    /// The book of calls, and readings kept after they were sent.
    std::int64_t calls = 0;
    std::int64_t kept = 0;
    /// Readings in the mailboxes.
    std::int64_t readings = 0;

    /// Rows of all kinds.
    std::int64_t rows() const { return outbox + inbox + waiting + dead + calls + kept; }
    bool operator==(const Census&) const = default;
};

/// A number that waits for a hole before it to be filled.
struct Waiting {
    Message message;
    /// The number is accounted for, and nothing comes with it.
    bool empty = false;
};

/// One step of a transaction that reads or writes a store as a whole. Messages and dead letters are
/// read page by page as ever: Mailboxes::outbox, inbox and dead, CallBook and ReadingArchive.
class Archive {
  public:
    virtual ~Archive() = default;

    virtual Inventory inventory() = 0;
    virtual Census census() = 0;
    /// What waits in a lane from a peer, with numbers above `after`, in order.
    virtual std::vector<Waiting> waiting(const Jid& peer, const LaneId& lane, Seq after,
                                         std::int64_t limit) = 0;

    /// Into an empty store, and before the rest.
    virtual void restore(const Inventory& inventory) = 0;
    /// With its lane and number.
    virtual void restore_outgoing(const Message& message) = 0;
    /// With its position, and the readings and bytes through it.
    virtual void restore_arrival(const Arrival& arrival, std::int64_t records_through,
                                 std::int64_t bytes_through) = 0;
    virtual void restore_waiting(const Waiting& waiting) = 0;
    /// With its id.
    virtual void restore_dead(const DeadLetter& letter) = 0;
};

}  // namespace courant
