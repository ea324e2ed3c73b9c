// The ordered way of messages to one peer, as its sender sees it.
//
// A lane decides what goes next and when; it holds numbers and times, never bodies, so that it
// costs about a kilobyte whatever the backlog. Messages stay in the outbox until a receipt
// covers them; the lane keeps a window of them in flight (in messages and in bytes), below a rate
// that the operator may set. Why numbers and not ids: a receiver sees a hole at once and asks for
// it; with ids it would have to wait for a time-out.
//
// A lane is a circuit (breaker). Closed: the window flows. A silence or a bounce opens it: the lane
// goes back to the first unacknowledged message, pauses, and then, half-open, asks whether the peer
// is there: with a void for the last number that it acknowledged, which every receiver answers and
// nobody stores. Only when that is answered does the first message go, alone, and its receipt
// closes the circuit. Pauses grow and have full jitter (backoff.hpp). Those before a question end
// within seconds, so that a link that was cut is in use again soon after its return, and a peer
// that is down costs some two hundred bytes at a time and nobody else anything. Those after a
// message that came to nothing although the peer is there may be minutes; where the reason will not
// go away by itself (we are no peer there) they grow further. Whatever the reason, messages stay:
// only the operator can give them up.
//
// How long a silence is depends on how long answers took: a server that throttles its clients
// answers after minutes when much is under way, and sending everything again would double its load.
// As in TCP (RFC 6298), what was sent twice tells nothing about that time, and a silence doubles
// the patience.
//
// Small messages are put together. While something is in flight, new messages wait for its receipt
// (at most LaneLimits::coalesce) if they are few readings; those that have waited become one before
// they are sent for the first time. That is Nagle's rule: a reading that finds its lane idle goes
// at once, alone; the busier the lane, the fewer the stanzas. It happens here and not at the
// extraction, because there the readings are promised as soon as they are committed, and a commit
// must not wait for others. What may have been sent is never changed, and what was in the outbox
// before this lane was made may have been.
//
// A store may be an older copy of itself: somebody has put yesterday's back. The peer then knows
// numbers that the store gives out a second time, and would take what goes under them for
// repetitions. So what is numbered in this run waits until the peer has said once where it stands.
// Where something older goes first, its receipt says so; otherwise the lane asks, with a void for
// the last number of before, which every receiver answers and nobody stores.
//
// Thread: belongs to the federation thread; nothing here locks. Time is passed in, never read.
// Protocol: schemas/PROTOCOL.md, "Lanes".
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proxy-core/federation/backoff.hpp"
#include "proxy-core/federation/rate_cap.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// A point on the clock that nobody sets: for pacing and time-outs.
using Instant = std::chrono::steady_clock::time_point;

/// How a lane finds out whether its peer is there again.
enum class Probe {
    question,  ///< it asks: proxies answer
    message    ///< by its first message: nobody else answers a question
};

/// How a lane paces itself.
struct LaneLimits {
    std::int64_t window_messages = 64;
    std::int64_t window_bytes = std::int64_t{4} << 20;
    /// The most bytes per second in the long run (rate_cap.hpp); 0: no cap.
    std::int64_t bytes_per_second = 0;
    /// How long a peer may take to answer the oldest message in flight, at least.
    std::chrono::milliseconds answer_timeout{10'000};
    /// The ceilings of the pauses between two tries at a peer that does not answer: the first, and
    /// in the long run where a message is tried, and where it is only asked.
    std::chrono::milliseconds first_pause{1'000};
    std::chrono::milliseconds longest_pause{300'000};
    std::chrono::milliseconds longest_unasked{20'000};
    /// How long small messages may wait to be put together; 0: they never are.
    std::chrono::milliseconds coalesce{0};
    /// The most readings in a message that was put together.
    std::int64_t records_per_message = 500;
    /// Its largest stanza.
    std::int64_t stanza_bytes = 200'000;
    Probe probe = Probe::question;
};

/// Whether messages flow, in the terms of the circuit breaker.
enum class Circuit {
    closed,    ///< they do
    open,      ///< they do not: a pause
    half_open  ///< one of them is under way, to find out
};
/// "closed", "open", "half-open".
std::string_view to_word(Circuit circuit);

/// Why a message came back: for something that will pass (the peer is away), or not without
/// somebody who changes it (we are no peer there, there is no such account).
enum class Bounce { passing, lasting };

/// What to read from the outbox for a lane.
struct Fetch {
    Seq after = 0;
    /// 0: nothing is to be read, only `merge` to be done.
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    /// Read again what was sent before: the receiver asked for it.
    std::optional<Seq> through = {};
    /// Before that, put together the messages from this number on (coalesce.hpp).
    std::optional<Seq> merge = {};
};

/// All that a lane needs to know of a message.
struct InFlight {
    Seq seq = 0;
    /// Of its stanza.
    std::int64_t bytes = 0;
    std::int64_t records = 0;
    /// When it came into the outbox.
    Time stored_at{};
    /// When it was given to the transport.
    std::optional<Instant> sent_at = {};
    /// When it was sent again because the peer asked for it.
    std::optional<Instant> resent_at = {};
};

/// What a receipt settled.
struct Settled {
    /// The messages of this session that it covers, in order.
    std::vector<InFlight> messages;
    /// It goes beyond what was acknowledged before: the outbox has something to remove.
    bool advanced = false;
};

/// A receipt that no correct peer sends: beyond what was ever given out.
struct PeerFault {
    Seq through = 0;
    Seq given_out = 0;
};

/// A receipt beyond what had been given out before this run, although nothing newer has been sent:
/// the store is an older copy of itself. Through `genuine` the numbers mean to the peer what they
/// mean here.
struct OlderCopy {
    Seq through = 0;
    Seq genuine = 0;
};

/// What comes of a receipt.
using Answered = std::variant<Settled, PeerFault, OlderCopy>;

/// The sender's side of a lane.
class Lane {
  public:
    /// `seed` is that of its pauses.
    Lane(const OutgoingLane& stored, const LaneLimits& limits, std::uint64_t seed);

    const LaneId& id() const { return id_; }
    const Jid& peer() const { return peer_; }
    /// Everything through here is durable at the peer.
    Seq acknowledged() const { return acknowledged_; }
    /// Messages read to be sent, or sent, and not yet covered by a receipt.
    std::int64_t in_flight() const { return static_cast<std::int64_t>(in_flight_.size()); }
    /// Whether the outbox has more than what was read to be sent.
    bool has_more() const { return sent_ < sendable(); }
    /// Whether messages flow.
    Circuit circuit() const;
    /// Counts how often the lane went back: what was fetched under another number is not to be sent
    /// any more.
    std::uint64_t turn() const { return turn_; }
    /// Whether the answer to what is in flight has stayed away for too long.
    bool overdue(Instant now) const { return answer_due_ && now >= *answer_due_; }
    /// How long an answer may take at present.
    std::chrono::milliseconds patience() const { return patience_; }

    /// Its peer is spoken to in another way from now on.
    void follow(const LaneLimits& limits);
    /// The lane is one of an earlier run: what comes after its last number waits for the peer's
    /// word. Before the first session.
    void doubt() { doubt(given_out_); }
    /// The same, where more has been numbered since: what comes after `through` waits. Where peers
    /// remember no numbers there is nothing to doubt.
    void doubt(Seq through);
    /// Whether the peer's word is still waited for.
    bool doubts() const { return doubted_.has_value(); }
    /// A session began: everything unacknowledged goes again; one message alone, if the circuit was
    /// not closed.
    void session_began(Instant now);
    /// The session is gone; nothing goes until the next one.
    void session_lost();
    /// The outbox of this lane holds messages through `last`, which has so many readings.
    void grew(Seq last, std::int64_t records, Instant now);
    /// The same of messages that others put there.
    void grew(Seq last, Instant now) { grew(last, limits_.records_per_message, now); }

    /// When next_fetch() should be asked: then it either has something, or notes that the peer was
    /// silent for too long.
    std::optional<Instant> due() const;
    /// The number for which a void is to be sent now, so that the peer says where it stands. To be
    /// asked before next_fetch().
    std::optional<Seq> question(Instant now);
    /// What to read now, if anything may go; the caller answers with fetched().
    std::optional<Fetch> next_fetch(Instant now);
    /// What the merge of a fetch came to: the last number of the lane's outbox. Before fetched().
    void merged(const Fetch& fetch, Seq last);
    /// What the fetch brought, in order. Whether the caller shall send it, now: not if the lane has
    /// gone back in the meantime.
    [[nodiscard]] bool fetched(const Fetch& fetch, const std::vector<InFlight>& messages,
                               Instant now);
    /// A message in flight was given to the transport: its answer can be expected.
    void sent(Seq seq, Instant now);

    /// The peer has everything through this number. What that settles, or what is wrong with it.
    Answered receipt(Seq through, Instant now);
    /// The peer lacks these numbers; they are sent again, each at most once in a while. Returns
    /// those that are gone from the outbox because the peer had acknowledged them: the caller sends
    /// voids for them, a window of them at a time.
    std::optional<std::pair<Seq, Seq>> missing(Seq from, Seq to, Instant now);
    /// The peer begins a session and expects `next`.
    Answered resume(Seq next, Instant now);
    /// A message came back: the circuit opens. Of one that is not in flight it means nothing: it is
    /// the second of a window.
    void bounced(Seq seq, Bounce kind, Instant now);

    /// What waited here has got a new lane: this one sends nothing more, whatever happens.
    void retire() { retired_ = true; }
    bool retired() const { return retired_; }

  private:
    // Messages at the end of the outbox that were never sent.
    struct Loose {
        Seq from = 1;
        std::int64_t messages = 0;
        std::int64_t records = 0;
        Instant since = {};
    };

    void go_back();
    void open_circuit(Bounce kind, Instant now);
    void close_circuit(Instant now);
    bool crowded() const;
    bool must_ask() const;
    Seq sendable() const;
    std::int64_t room() const;
    Instant held_until() const;
    std::optional<Instant> may_go_at() const;
    void learn(const InFlight& answered, Instant now);
    void believe(Instant now);
    std::optional<std::pair<Seq, Seq>> to_void(Seq from, Seq to, Instant now);

    LaneId id_;
    Jid peer_;
    LaneLimits limits_;
    Seq acknowledged_;
    Seq sent_;       ///< the highest number fetched to be sent in this session
    Seq given_out_;  ///< the highest number that exists
    Seq readable_;   ///< the highest number that the outbox can be expected to answer with
    std::optional<Seq> doubted_;  ///< numbers beyond it wait until the peer has answered
    bool asked_ = false;          ///< a question went in this session and nothing answered it
    bool asking_ = false;         ///< and it is under way
    Loose loose_;
    std::deque<InFlight> in_flight_;
    std::int64_t bytes_in_flight_ = 0;
    std::vector<std::pair<Seq, Seq>> resend_;
    Seq peer_through_ = 0;  ///< what the peer said last, lower than acknowledged_ if it lost some
    Seq voided_ = 0;        ///< voids have been sent through here
    std::optional<Instant> voided_at_;
    bool online_ = false;
    bool fetching_ = false;
    bool open_ = false;     ///< the circuit is open or half-open
    bool reached_ = false;  ///< and the peer has answered a question since
    bool retired_ = false;
    std::uint64_t turn_ = 0;
    RateCap cap_;
    Backoff backoff_;
    Seq repeated_ = 0;  ///< numbers through here were, or may have been, sent before
    std::chrono::milliseconds slowest_{0};  ///< how long answers took, the slow ones
    std::chrono::milliseconds patience_;
    std::optional<Instant> answer_due_;
    Instant paused_until_;
};

}  // namespace courant
