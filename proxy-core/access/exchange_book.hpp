// What two sides have told each other about grants, and what follows from it: the grants that
// others gave us, every notice that went or came, and erasures that are not done yet.
//
// A part of the mailboxes (Mailboxes::exchange), because a notice and its effect move in one
// transaction. Every member is one step of it. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/federation/notice.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// What we said of an offer.
enum class OfferAnswer {
    none,  ///< the administrator has not decided
    accepted,
    declined
};
std::string_view to_word(OfferAnswer answer);
std::optional<OfferAnswer> offer_answer_from(std::string_view word);

/// A grant that a peer gave us. Its state is what the giver said last.
struct HeldGrant {
    /// `peer` is who gave it.
    Grant grant;
    /// What we are to the giver.
    LegalLink role = LegalLink::none;
    OfferAnswer answer = OfferAnswer::none;

    bool operator==(const HeldGrant&) const = default;
};

/// A notice that went or came; kept, for it may have to be shown.
struct NoticeEntry {
    Time at;
    bool sent = false;
    Jid peer;
    /// The grant, or the correction.
    std::string about;
    /// "offer", "withdraw" …
    std::string word;
    /// What was said, as on the wire.
    std::string body;

    bool operator==(const NoticeEntry&) const = default;
};

/// Something that is to be erased here because who gave it said so.
struct Erasure {
    std::int64_t id = 0;
    /// Who said so.
    Jid peer;
    /// The grant or the correction that is answered in the end.
    std::string about;
    /// Of these series, in people's spelling, …
    std::string series;
    std::string subject;
    /// … readings from here on and before `to`; all where nothing stands.
    std::optional<Time> from = {};
    std::optional<Time> to = {};
    Time asked_at;
    /// How many readings the proxy itself erased.
    std::int64_t readings = 0;

    bool operator==(const Erasure&) const = default;
};

/// What an app answered to an erasure.
struct ErasureAnswer {
    std::string sink;
    /// Whether it erased; `note` says why not, or how much.
    bool erased = false;
    std::string note;

    bool operator==(const ErasureAnswer&) const = default;
};

/// A message of the inbox, without its body.
struct Kept {
    std::int64_t position = 0;
    Jid peer;
    LaneId lane;
    Seq seq = 0;
    Envelope envelope;
    std::int64_t records = 0;
    Time stored_at;
};

/// Grants of both sides, notices, erasures. Throws StoreError.
class ExchangeBook {
  public:
    virtual ~ExchangeBook() = default;

    // --- grants that others gave us

    /// Adds it or changes its state and our answer; its terms stay what they were at first.
    virtual void put_held(const HeldGrant& held) = 0;
    virtual std::optional<HeldGrant> find_held(const Jid& peer, std::string_view id) = 0;
    /// The oldest first.
    virtual std::vector<HeldGrant> held() = 0;
    /// Why nothing comes in under it any more: we declined it, or its giver took it back; empty if
    /// something may, or we know of no such grant.
    virtual std::string why_held_no_more(const Jid& peer, std::string_view id) = 0;

    // --- notices

    /// Notices of the inbox behind a position, in order of arrival.
    virtual std::vector<Arrival> notices(std::int64_t after, std::int64_t most) = 0;
    virtual void log(const NoticeEntry& entry) = 0;
    /// Those about a grant or correction, the oldest first; all where none is named.
    virtual std::vector<NoticeEntry> log_of(std::string_view about) = 0;

    // --- erasures

    /// Its id.
    virtual std::int64_t add_erasure(const Erasure& erasure) = 0;
    /// Those that are not done.
    virtual std::vector<Erasure> open_erasures() = 0;
    /// An app has answered; a second answer of the same takes the place of the first.
    virtual void answer_erasure(std::int64_t id, const ErasureAnswer& answer) = 0;
    virtual std::vector<ErasureAnswer> answers_to(std::int64_t id) = 0;
    virtual void close_erasure(std::int64_t id, Time now) = 0;

    // --- what is kept

    /// Messages of the inbox that hold readings, with positions above `after`.
    virtual std::vector<Kept> kept(std::int64_t after, std::int64_t most) = 0;
    /// A message of the inbox with its body.
    virtual std::optional<Arrival> arrival(std::int64_t position) = 0;
    /// Empties the messages under a grant that came before their turn and still wait for it; how
    /// many readings those were.
    virtual std::int64_t empty_waiting(const Jid& peer, std::string_view grant) = 0;
    /// Takes the readings out of a dead letter, and says why at the end of its reason.
    virtual void empty_dead(std::int64_t id, std::string_view why) = 0;
};

}  // namespace courant
