// What the store knows of series that do not go as they are: what is remembered from reading to
// reading, and the subscriptions that peers have asked for and do not have.
//
// A part of the mailboxes (Mailboxes::shapes), because a period under way must move in one
// transaction with the outbox and the source's cursor: whatever happens in between, no reading is
// lost from it or counted twice.
//
// A memory belongs to the grant under which it was made, and the store itself throws it away when
// that grant is no longer active, or the peer's last subscription under it goes: it holds readings.
//
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// What is remembered of one series on its way to one peer.
struct ShapeState {
    Jid peer;
    /// SenML spelling.
    std::string series;
    /// Under which it goes.
    std::string grant;
    /// The memory itself (jobs/shaping.hpp); empty: there is none.
    std::string state;

    bool operator==(const ShapeState&) const = default;
};

/// A subscription that a peer asked for and no grant of the time let it have.
struct SubscriptionRequest {
    /// Opaque (make_lane_id).
    std::string id;
    Jid peer;
    /// A series or a pattern, people's spelling.
    std::string series;
    Shape shape = {};
    /// How long the peer wants to keep it, ISO 8601; empty: as long as it may.
    std::string retain = {};
    Time asked_at = {};
    /// Why the administrator said no; empty while nobody has answered.
    std::string refusal = {};

    bool operator==(const SubscriptionRequest&) const = default;
};

/// A peer's requests wait for the administrator up to this many.
inline constexpr std::int64_t most_subscription_requests = 32;
/// A peer that asks for subscriptions itself has this many at most.
inline constexpr std::int64_t most_asked_subscriptions = 256;

/// Memories and requests. Throws StoreError.
class ShapeBook {
  public:
    virtual ~ShapeBook() = default;

    /// What is remembered of a series for a peer, in SenML spelling; an empty state at first.
    virtual ShapeState state(const Jid& peer, std::string_view series) = 0;
    /// Remembers; an empty state is forgotten.
    virtual void set_state(const ShapeState& state) = 0;
    /// All of them, by peer and series.
    virtual std::vector<ShapeState> states() = 0;

    /// Keeps a request; what the peer asked before of the same series is replaced.
    virtual void put_request(const SubscriptionRequest& request) = 0;
    /// All of them, the oldest first.
    virtual std::vector<SubscriptionRequest> requests() = 0;
    /// The administrator said yes, or the peer has thought better of it; whether there was one.
    virtual bool remove_request(std::string_view id) = 0;
};

}  // namespace courant
