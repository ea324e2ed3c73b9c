// What the mailboxes hold: messages (one stanza's worth of readings), their lanes, and what was set
// aside.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/peer_terms.hpp"
#include "proxy-core/federation/jid.hpp"
#include "senml/time.hpp"

namespace courant {

using senml::Time;

/// The opaque id of a lane, made once and never again, so that a lost or restored store cannot
/// reuse a number.
struct LaneId {
    std::string value;
    auto operator<=>(const LaneId&) const = default;
};

/// A message's number in its lane: 1, 2, 3… without holes.
using Seq = std::int64_t;

/// How much a reading can be relied upon, in rising order; all readings of a message share one.
enum class Quality { missing, estimated, raw, corrected, validated, invoiced };

/// The word on the wire and in the store: "raw".
std::string_view to_word(Quality quality);
/// Nothing for a word that is no quality.
std::optional<Quality> quality_from(std::string_view word);

/// What a message says about all its readings.
struct Envelope {
    /// The longest time the receiver may keep them, ISO 8601: "P3Y".
    std::string retain;
    /// The grant under which they go; empty where there is none.
    std::string grant;
    Quality quality = Quality::raw;
    /// Every proxy the readings passed, the first sender first (bare JIDs).
    std::vector<Jid> hops = {};

    bool operator==(const Envelope&) const = default;
};

/// Readings on their way to one peer, before they have a number.
struct Outgoing {
    Jid peer;
    Envelope envelope;
    /// The pack, in XML or compact (mailbox/body.hpp).
    std::string body;
    std::int64_t records = 0;
};

/// A message of a lane: what the outbox holds until a receipt covers it, and what the inbox takes
/// in.
struct Message {
    /// The other proxy: the receiver in the outbox, the sender in the inbox.
    Jid peer;
    LaneId lane;
    Seq seq = 0;
    Envelope envelope;
    /// The pack, in XML or compact (mailbox/body.hpp).
    std::string body;
    std::int64_t records = 0;
    /// When it was stored here.
    Time stored_at;
    /// Why this number holds no message any more: it goes as a void, and body and envelope are
    /// empty. Empty for every message.
    std::string void_reason = {};
};

/// A message of the inbox with its place in the order of arrival, which is lane order for each
/// lane.
struct Arrival {
    std::int64_t position = 0;
    Message message;
};

/// A lane to a peer, seen from the sender.
struct OutgoingLane {
    LaneId lane;
    Jid peer;
    /// The number that the next message will get.
    Seq next = 1;
    /// Everything up to here is durable at the peer.
    Seq acknowledged = 0;
    /// Messages, readings and bytes of bodies waiting, voids not counted; time the oldest was
    /// stored.
    std::int64_t waiting_messages = 0;
    std::int64_t waiting_records = 0;
    std::int64_t waiting_bytes = 0;
    std::optional<Time> oldest;
    /// What waited through here was dropped: the numbers above `acknowledged` go as voids.
    Seq voided = 0;

    bool operator==(const OutgoingLane&) const = default;
};

/// How much of a lane may wait.
struct LaneCap {
    /// Of bodies.
    std::int64_t bytes = std::numeric_limits<std::int64_t>::max();
    /// Nothing that was stored before.
    Time since = Time::min();
};

/// What was taken out of a lane because no more may wait: numbers `first` to `last`.
struct Dropped {
    Seq first = 1;
    Seq last = 0;
    std::int64_t records = 0;
    std::int64_t bytes = 0;
    /// When the first and the last of them were stored.
    Time oldest;
    Time newest;

    std::int64_t messages() const { return last - first + 1; }
};

/// What the inbox holds.
struct InboxSize {
    std::int64_t messages = 0;
    std::int64_t records = 0;
    /// Of bodies.
    std::int64_t bytes = 0;
    /// When the first was stored.
    std::optional<Time> oldest;

    bool operator==(const InboxSize&) const = default;
};

/// A lane from a peer, seen from the receiver.
struct IncomingLane {
    Jid peer;
    LaneId lane;
    /// The number that is expected next: everything below is durable here.
    Seq next = 1;
    /// The highest number seen; above next - 1 when there are holes.
    Seq highest = 0;

    bool operator==(const IncomingLane&) const = default;
};

/// What became of a message that came in.
struct Intake {
    /// The number expected next in its lane, after this message.
    Seq next = 1;
    /// Numbers between next and the highest one seen that are not here: [first, last]. The lowest
    /// ones only, MailboxLimits::missing_ranges of them; the others follow once these are filled.
    std::vector<std::pair<Seq, Seq>> missing;
    /// It had been here before; nothing was stored.
    bool repeated = false;
    /// There is no room to let it wait: nothing was stored, it counts as missing.
    bool dropped = false;
};

/// Where something went wrong: decides who can mend it.
enum class DeadOrigin {
    source,   ///< an adapter found it and could not use it
    sent,     ///< the peer refused it
    arrived,  ///< it came from a peer and we refused it
    sink,     ///< the app refused it
    dropped   ///< it waited for a peer beyond what may wait
};
std::string_view to_word(DeadOrigin origin);
std::optional<DeadOrigin> dead_origin_from(std::string_view word);

/// A message or record kept aside with its reason.
struct DeadLetter {
    std::int64_t id = 0;
    Time at;
    DeadOrigin origin = DeadOrigin::source;
    /// Adapter name for source and sink, peer for sent, arrived and dropped.
    std::string whom;
    std::optional<LaneId> lane;
    std::optional<Seq> seq;
    /// 1-based, for a sink in the message as it was taken in; nothing when the whole is meant.
    std::optional<std::int64_t> record;
    std::string reason;
    /// A `<sensml>` element where retrying can make sense, or the text as it was found.
    std::string payload;
    /// Envelope of the message it came from, for sent, arrived and sink.
    Envelope envelope;
};

/// In what a peer is spoken to.
enum class Dialect {
    courant,   ///< our own protocol, with receipts
    quoalise,  ///< a Quoalise client, which answers nothing
    pubsub     ///< a XEP-0060 service, on which we publish
};
std::string_view to_word(Dialect dialect);
std::optional<Dialect> dialect_from(std::string_view word);

/// Another proxy that we know.
struct Peer {
    Jid jid;
    /// It may speak names of others.
    bool relay = false;
    Time added_at = {};
    /// The operator wants it to get XML, whatever it says of itself.
    bool xml_only = false;
    /// Whether it understands packed packs, as it said last; nothing if it never did.
    std::optional<bool> packed = {};
    /// What is agreed with it.
    PeerTerms terms = {};
    Dialect dialect = Dialect::courant;
    /// How it described itself last, in JSON; empty if it never did.
    std::string card = {};

    bool operator==(const Peer&) const = default;
};

/// How much of a series goes: all of it as it is, unless something is said.
struct Shape {
    /// Values of this period, ISO 8601, in place of all of them; empty: all.
    std::string every = {};
    /// Only what differs by this much from what went last, in the series' unit; 0: all.
    double dead_band = 0;
    /// But something after this long in any case, ISO 8601; empty: not.
    std::string heartbeat = {};
    /// Nothing that can be relied upon less.
    Quality quality = Quality::missing;

    /// Whether readings go or do not go as they are, whatever was before them.
    bool is_plain() const { return every.empty() && dead_band == 0; }
    auto operator<=>(const Shape&) const = default;
};

/// Which series go to which peer.
struct Subscription {
    std::int64_t id = 0;
    Jid peer;
    /// People's spelling; `*` stands for any run of characters.
    std::string series;
    /// ISO 8601 duration that every message carries.
    std::string retain = {};
    std::string grant = {};
    Time added_at = {};
    /// What is wanted; of a grant that lets less go, that goes.
    Shape shape = {};

    bool operator==(const Subscription&) const = default;
};

/// What is remembered of a job between runs.
struct JobState {
    std::string job;
    std::optional<Time> last_start;
    std::optional<Time> last_success;
    /// Runs in a row that failed; sets the back-off.
    std::int64_t failures = 0;
    std::string last_error;

    bool operator==(const JobState&) const = default;
};

/// The right to do something alone, for a while: to read a source, to send a lane.
struct Lease {
    /// "source roof", "lane 01JD…".
    std::string what;
    /// Who has it: a worker's id.
    std::string holder;
    /// When it runs out, unless it is renewed.
    Time until;

    bool operator==(const Lease&) const = default;
};

}  // namespace courant
