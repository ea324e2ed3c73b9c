// The ordered way of messages to one peer, as its sender sees it.
//
// A lane decides what goes next and when; it holds numbers and times, never bodies, so that it
// costs a few hundred bytes whatever the backlog. Messages stay in the outbox until a receipt
// covers them; the lane keeps a window of them in flight (in messages and in bytes), goes back to
// the first unacknowledged one where an answer does not come, and then sends that one alone, ever
// more rarely, until the peer is heard again: a peer that is down costs a stanza every few minutes
// and nobody else anything. Why numbers and not ids: a receiver sees a hole at once and asks for
// it; with ids it would have to wait for a time-out.
//
// Thread: belongs to the federation thread; nothing here locks. Time is passed in, never read.
// Protocol: schemas/PROTOCOL.md, "Lanes".
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// A point on the clock that nobody sets: for pacing and time-outs.
using Instant = std::chrono::steady_clock::time_point;

/// How a lane paces itself.
struct LaneLimits {
    std::int64_t window_messages = 64;
    std::int64_t window_bytes = std::int64_t{4} << 20;
    /// How long a peer may take to answer the oldest message in flight.
    std::chrono::milliseconds answer_timeout{10'000};
    /// The longest pause between two tries at a peer that does not answer.
    std::chrono::milliseconds longest_pause{300'000};
};

/// What to read from the outbox for a lane.
struct Fetch {
    Seq after = 0;
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    /// Read again what was sent before: the receiver asked for it.
    std::optional<Seq> through;
};

/// All that a lane needs to know of a message.
struct InFlight {
    Seq seq = 0;
    std::int64_t bytes = 0;
    std::int64_t records = 0;
    /// When it came into the outbox.
    Time stored_at{};
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

/// The sender's side of a lane.
class Lane {
  public:
    Lane(const OutgoingLane& stored, const LaneLimits& limits);

    const LaneId& id() const { return id_; }
    const Jid& peer() const { return peer_; }
    /// Everything through here is durable at the peer.
    Seq acknowledged() const { return acknowledged_; }
    /// Messages sent and not yet covered by a receipt.
    std::int64_t in_flight() const { return static_cast<std::int64_t>(in_flight_.size()); }
    /// Whether the peer leaves messages unanswered, so that the lane only probes.
    bool probing() const { return probing_; }

    /// A session began: everything unacknowledged goes again.
    void session_began(Instant now);
    /// The session is gone; nothing goes until the next one.
    void session_lost();
    /// The outbox of this lane holds messages through `last`.
    void grew(Seq last);

    /// What to read now, if anything may go; the caller answers with fetched().
    std::optional<Fetch> next_fetch(Instant now);
    /// What the fetch brought, in order. Whether the caller shall send it, now: not if the lane has
    /// gone back in the meantime.
    [[nodiscard]] bool fetched(const Fetch& fetch, const std::vector<InFlight>& messages,
                               Instant now);

    /// The peer has everything through this number. How many messages in flight that settles, or
    /// the peer's fault.
    std::variant<Settled, PeerFault> receipt(Seq through, Instant now);
    /// The peer lacks these numbers; they are sent again, each at most once in a while. Returns
    /// those that are gone from the outbox because the peer had acknowledged them: the caller sends
    /// voids for them, a window of them at a time.
    std::optional<std::pair<Seq, Seq>> missing(Seq from, Seq to, Instant now);
    /// The peer begins a session and expects `next`.
    std::variant<Settled, PeerFault> resume(Seq next, Instant now);
    /// A message came back: the lane pauses, then tries again with that peer's first message.
    void bounced(Instant now);

    /// What waited here has got a new lane: this one sends nothing more, whatever happens.
    void retire() { retired_ = true; }
    bool retired() const { return retired_; }

    /// When next_fetch() should be asked again although nothing happened.
    std::optional<Instant> deadline() const;

  private:
    void go_back(Instant now);
    std::optional<std::pair<Seq, Seq>> to_void(Seq from, Seq to, Instant now);
    std::chrono::milliseconds pause() const;

    LaneId id_;
    Jid peer_;
    LaneLimits limits_;
    Seq acknowledged_;
    Seq sent_;       ///< the highest number sent in this session
    Seq given_out_;  ///< the highest number that exists
    Seq readable_;   ///< the highest number that the outbox can be expected to answer with
    std::deque<InFlight> in_flight_;
    std::int64_t bytes_in_flight_ = 0;
    std::vector<std::pair<Seq, Seq>> resend_;
    Seq peer_through_ = 0;  ///< what the peer said last, lower than acknowledged_ if it lost some
    Seq voided_ = 0;        ///< voids have been sent through here
    std::optional<Instant> voided_at_;
    bool online_ = false;
    bool fetching_ = false;
    bool probing_ = false;
    bool retired_ = false;
    int unanswered_ = 0;  ///< time-outs and bounces in a row
    Instant answer_due_;
    Instant paused_until_;
};

}  // namespace courant
