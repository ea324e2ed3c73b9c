// The mailboxes of a proxy and everything else that must survive a restart, behind one interface.
//
// Two implement it, and one set of tests holds for both: SQLite (one file, one process that runs on
// it) and PostgreSQL (several workers on one mailbox). Nothing of SQL shows here, and every member
// is one step of a transaction and no more: who calls decides in Store::commit what moves together.
//
//     store.commit([&](Mailboxes& m) {
//         // the source's cursor and the outbox rows: both or neither
//         m.set_cursor("roof", extraction.cursor);
//         for (auto& message : messages) m.enqueue(message, now);
//     });
//
// Reading pages by key, never by offset: rows may go while one reads.
//
// Thread: one at a time; in the program the store thread (mailbox/store_thread.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/error.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// The store cannot do its work: disk full, file locked, database gone. Says which file and what to
/// do.
class StoreError : public Error {
  public:
    using Error::Error;
};

/// A lease that was held has run out and may be somebody else's by now: what was done under it is
/// undone.
class LeaseLost : public StoreError {
  public:
    using StoreError::StoreError;
};

/// What fits in one answer.
struct PageLimit {
    std::int64_t messages = 64;
    std::int64_t bytes = std::int64_t{4} << 20;
};

/// What keeps the mailboxes' work bounded, whoever sends what.
struct MailboxLimits {
    /// Messages of one lane that may wait for a hole before them; one more is not stored and counts
    /// as missing.
    std::int64_t waiting_per_lane = 1024;
    /// Ranges of missing numbers that one answer names, the lowest first: a receipt stays small
    /// however a lane is torn.
    std::size_t missing_ranges = 16;
    /// Messages or letters that one call removes: purge_delivered, purge_dead, drop_oldest.
    std::int64_t purge_batch = 1024;
};

class AccessBook;
class ExchangeBook;
class Archive;
class SubjectBook;
class SeriesBook;
class ShapeBook;
class CallBook;
class ReadingArchive;

/// How much room the store takes, and how much more there is.
struct StoreRoom {
    /// What it holds on the disk, but for a log of bounded size.
    std::int64_t bytes = 0;
    /// Of these, what is empty inside and used again before it grows.
    std::int64_t empty = 0;
    /// How much further it may grow: what its disk has free, or its own limit leaves; nothing where
    /// the store cannot know.
    std::optional<std::int64_t> growth;
    /// The size of that disk, or its own limit where that is less.
    std::optional<std::int64_t> capacity;
};

/// One step of a transaction on the mailboxes. Throws StoreError.
class Mailboxes {
  public:
    virtual ~Mailboxes() = default;

    // --- peers and subscriptions

    /// Grants, and strangers that knocked (access/access_book.hpp).
    virtual AccessBook& access() = 0;
    /// What a person may ask of us beside grants (access/subject_book.hpp).
    virtual SubjectBook& subjects() = 0;
    /// What both sides said about grants (access/exchange_book.hpp).
    virtual ExchangeBook& exchange() = 0;
    /// What has been seen of our own series (catalog/series_book.hpp).
    virtual SeriesBook& series() = 0;

    /// Subscriptions that were asked for, and what is remembered of series that go shaped
    /// (access/shape_book.hpp).
    virtual ShapeBook& shapes() = 0;
    /// Who asked for the past (access/call_book.hpp).
    virtual CallBook& calls() = 0;
    /// Readings that were sent, where they are kept (reading_archive.hpp).
    virtual ReadingArchive& past() = 0;

    /// Adds a peer or changes what it may; what it said of itself stays.
    virtual void put_peer(const Peer& peer) = 0;
    /// Remembers what a peer said of itself: whether it understands packed packs. Does nothing for
    /// a stranger.
    virtual void set_packed(const Jid& peer, bool understood) = 0;
    /// Remembers how a peer describes itself. Does nothing for a stranger.
    virtual void set_card(const Jid& peer, std::string_view card) = 0;
    virtual std::optional<Peer> find_peer(const Jid& bare) = 0;
    virtual std::vector<Peer> peers() = 0;
    /// Its id. The same peer and series a second time changes retain, grant and shape.
    virtual std::int64_t put_subscription(const Subscription& subscription) = 0;
    virtual std::vector<Subscription> subscriptions() = 0;
    /// A number that is another one after subscriptions, grants or peers have changed, by whomever;
    /// it means something to this process alone. For who keeps what it has made of them.
    virtual std::int64_t subscriptions_revision();
    /// Whether there was one.
    virtual bool remove_subscription(std::int64_t id) = 0;

    // --- outbox

    /// Appends a message to the lane of its peer (made at the first message) and gives it its
    /// number.
    virtual std::pair<LaneId, Seq> enqueue(const Outgoing& message, Time now) = 0;
    /// Messages of a lane with a number above `after`, in order; voids where they were dropped.
    virtual std::vector<Message> outbox(const LaneId& lane, Seq after, PageLimit limit) = 0;
    /// Removes what the peer has durably, through `through`; how many messages that were. Does
    /// nothing for an unknown lane or a number never given out.
    virtual std::int64_t acknowledge(const LaneId& lane, Seq through) = 0;
    /// Gives what waits in a lane a new lane, numbered from 1; its id, or nothing for an unknown
    /// lane. For a store that was restored from a copy: the peer knows higher numbers than the
    /// store has given out, so that new messages under these numbers would pass for repetitions.
    virtual std::optional<LaneId> renew_lane(const LaneId& lane, Time now) = 0;
    /// Takes the oldest messages out of a lane until what is left keeps the cap, and at most
    /// MailboxLimits::purge_batch of them. Their numbers stay and go as voids with this reason, so
    /// that the lane has no holes. What it was; nothing where the cap is kept or the lane unknown.
    virtual std::optional<Dropped> drop_oldest(const LaneId& lane, const LaneCap& cap,
                                               std::string_view reason) = 0;
    /// The message if it still waits.
    virtual std::optional<Message> find_outgoing(const LaneId& lane, Seq seq) = 0;
    virtual std::vector<OutgoingLane> outgoing_lanes() = 0;
    /// One of them.
    virtual std::optional<OutgoingLane> find_lane(const LaneId& lane);
    /// Those in which something waits; without `oldest`, which costs.
    virtual std::vector<OutgoingLane> waiting_lanes();
    /// Puts other messages in the place of the last ones of a lane, from `from` to `last`, numbered
    /// anew from there. Whether it did: not if `last` is not the last number, not below what is
    /// acknowledged, and not in a store that cannot know who sends. The caller knows that none of
    /// them has ever been sent.
    virtual bool replace_tail(const LaneId& lane, Seq from, Seq last,
                              std::span<const Message> messages);

    // --- inbox

    /// Takes a message in. One with the number expected next joins the inbox, with those behind it
    /// that wait for it; one beyond waits until the hole is filled; one below is a repetition and
    /// changes nothing.
    virtual Intake take_in(const Message& message, Time now) = 0;
    /// Counts the number as taken in, without a message: it was refused and set aside, or voided by
    /// the sender. In all else like take_in.
    virtual Intake take_in_nothing(const Jid& peer, const LaneId& lane, Seq seq, Time now) = 0;
    virtual std::vector<IncomingLane> incoming_lanes(const Jid& peer) = 0;
    virtual std::vector<IncomingLane> incoming_lanes() = 0;
    /// Whether this peer has begun this lane.
    virtual bool knows_lane(const Jid& peer, const LaneId& lane) = 0;
    /// How many lanes this peer has begun.
    virtual std::int64_t lanes_from(const Jid& peer) = 0;
    /// Messages of the inbox behind a position, in order of arrival.
    virtual std::vector<Arrival> inbox(std::int64_t after, PageLimit limit) = 0;
    /// What the inbox holds behind a position.
    virtual InboxSize inbox_size(std::int64_t after) = 0;
    /// The position that a sink has delivered through; 0 at first.
    virtual std::int64_t delivered(std::string_view sink) = 0;
    virtual void set_delivered(std::string_view sink, std::int64_t position) = 0;
    /// Removes what every one of these sinks has delivered, the oldest first and at most
    /// MailboxLimits::purge_batch messages; how many that were. Call again until it is 0. Without
    /// sinks nothing goes.
    virtual std::int64_t purge_delivered(std::span<const std::string> sinks) = 0;

    // --- dead letters

    /// Sets something aside; its id.
    virtual std::int64_t bury(const DeadLetter& letter) = 0;
    virtual std::optional<DeadLetter> find_dead(std::int64_t id) = 0;
    /// Dead letters with an id above `after`, in order.
    virtual std::vector<DeadLetter> dead(std::int64_t after, PageLimit limit) = 0;
    virtual std::int64_t dead_count() = 0;
    /// Whether this message, or this record of it, has been set aside already.
    virtual bool has_dead(DeadOrigin origin, const LaneId& lane, Seq seq,
                          std::optional<std::int64_t> record) = 0;
    /// Whether there was one.
    virtual bool remove_dead(std::int64_t id) = 0;
    /// Removes letters that were set aside before a time, the oldest first: at most so many, and at
    /// most MailboxLimits::purge_batch; how many that were. Time::max() means whatever their age.
    virtual std::int64_t purge_dead(Time before, std::int64_t most) = 0;

    // --- sources, jobs, counters

    /// Empty at first.
    virtual std::string cursor(std::string_view source) = 0;
    virtual void set_cursor(std::string_view source, std::string_view cursor) = 0;
    virtual std::optional<JobState> job_state(std::string_view job) = 0;
    virtual std::vector<JobState> job_states() = 0;
    virtual void set_job_state(const JobState& state) = 0;
    /// Adds to counters that survive restarts (what status shows).
    virtual void add_to_counter(std::string_view name, std::int64_t amount) = 0;
    virtual std::map<std::string, std::int64_t> counters() = 0;
    /// A fact of the running program for others to read ("session": "online since …"); an empty
    /// text removes it.
    virtual void set_note(std::string_view key, std::string_view text) = 0;
    virtual std::string note(std::string_view key) = 0;

    // --- room

    /// How much room there is, as of now.
    virtual StoreRoom room() = 0;
    /// Gives about so many empty bytes back to the disk, for others to use; how many that were.
    /// None where the store does so by itself or cannot.
    virtual std::int64_t give_back(std::int64_t bytes) = 0;

    // --- leases: who may do what alone, for a while
    //
    // Whether one has run out is judged by the clock of whoever sees all holders: the database,
    // where there are several machines; `now`, where there is one.

    /// Takes leases for `holder`, or renews its own, for `term` from now on; which of them are its
    /// own afterwards. What somebody else holds stays with them.
    virtual std::vector<std::string> hold(std::span<const std::string> whats,
                                          std::string_view holder, std::chrono::milliseconds term,
                                          Time now) = 0;
    /// Gives a lease back before its time; nothing if it is not this holder's.
    virtual void release(std::string_view what, std::string_view holder) = 0;
    /// The same with everything that it holds.
    virtual void release_all(std::string_view holder) = 0;
    /// Throws LeaseLost unless this holder has the lease, and keeps it from others until the end of
    /// the transaction: what is committed with it was done by who had the right to.
    virtual void insist_held(std::string_view what, std::string_view holder, Time now) = 0;
    /// The same for this moment alone: keeps the lease from nobody, and writes nothing. For after a
    /// reading: who gets the lease later finds at least what was read.
    virtual void confirm_held(std::string_view what, std::string_view holder, Time now) = 0;
    /// Those that have not run out.
    virtual std::vector<Lease> leases(Time now) = 0;
    /// Forgets those that ran out longer ago than this; what they were for.
    virtual std::vector<std::string> sweep_leases(std::chrono::milliseconds ago, Time now) = 0;

    // --- the whole of it, for moving it elsewhere (archive.hpp)

    virtual Archive& archive() = 0;
};

/// A piece of work inside a transaction. It may be run more than once until it is committed, each
/// time from the beginning and with nothing left of the time before: it assigns to what it captured
/// and never adds to it.
using Work = std::function<void(Mailboxes&)>;

/// The place where the mailboxes are: opens, migrates, commits.
class Store {
  public:
    virtual ~Store() = default;

    /// Runs the works in order inside one transaction and commits it durably: when it returns, a
    /// power cut cannot undo it. A work that throws is undone alone, and its exception stands at
    /// its place in the answer (null elsewhere). Where the commit itself fails, nothing is done,
    /// and every place holds that exception. (One exception: a store that loses its database in the
    /// middle of the commit, and does not find out in time what became of it, says just that.)
    virtual std::vector<std::exception_ptr> commit_together(std::span<const Work> works) = 0;

    /// One work, committed durably; throws what it threw.
    void commit(const Work& work);

    /// Reads one state of the store, whatever is committed meanwhile; a work that tries to write
    /// gets a StoreError.
    virtual void read(const Work& work) = 0;
};

}  // namespace courant
