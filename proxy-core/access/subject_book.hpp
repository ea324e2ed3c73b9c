// What the store knows of a person's own word, beside the grants: objections, what went out under
// which grant, and how what is held is taken back.
//
// A grant for many ("*") cannot change its state for one of them. Where somebody among them
// objects, asks for limitation or for erasure (GDPR Art. 17, 18, 21), an objection stands beside
// the grant: readings about that subject do not enter the outbox, whatever grant covers them.
//
// A part of the mailboxes (Mailboxes::subjects), because it must move in one transaction with them.
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// Why readings about a subject do not go, although a grant for many covers them.
struct Objection {
    /// In people's spelling, and no pattern: "kersabiec@lorient.example".
    std::string subject;
    /// limited, objected, withdrawn or erased; never active.
    GrantState kind = GrantState::objected;
    std::string reason;
    Time since;
    /// It ends then by itself; without one when somebody lifts it.
    std::optional<Time> until = {};

    bool operator==(const Objection&) const = default;
};

/// Whether it stands at `now`.
inline bool stands(const Objection& objection, Time now) {
    return !objection.until || now < *objection.until;
}

/// Whether an objection keeps a series from going under a grant: one for many, whose state says
/// nothing of one of them. A grant for the subject alone has a state of its own.
bool held_back(std::span<const Objection> objections, const Grant& grant, const NamedSeries& series,
               Time now);

/// What peers have, by their own receipts, under a grant.
struct Transfer {
    std::string grant;
    std::int64_t messages = 0;
    std::int64_t readings = 0;
    /// When the first and the last of these messages entered the outbox.
    Time first_at;
    Time last_at;

    bool operator==(const Transfer&) const = default;
};

/// Another body for a message of the inbox.
struct Rewritten {
    std::int64_t position = 0;
    /// Empty: nothing is left of it; its place stays, so that no sink is confused.
    std::string body = {};
    std::int64_t records = 0;
};

/// Objections, transfers, and changes of what is held. Throws StoreError.
class SubjectBook {
  public:
    virtual ~SubjectBook() = default;

    /// One for each subject: another one takes its place.
    virtual void put_objection(const Objection& objection) = 0;
    /// Whether there was one.
    virtual bool remove_objection(std::string_view subject) = 0;
    /// Those that have ended, too; by subject.
    virtual std::vector<Objection> objections() = 0;

    /// By grant; counted where receipts come in (Mailboxes::acknowledge).
    virtual std::vector<Transfer> transfers() = 0;

    /// Gives a waiting message another body with fewer readings; without any it becomes a void with
    /// this reason. Nothing where it does not wait any more.
    virtual void rewrite_outgoing(const LaneId& lane, Seq seq, std::string_view body,
                                  std::int64_t records, std::string_view reason) = 0;
    /// Gives messages of the inbox other bodies, in rising order of position; what is gone stays
    /// gone.
    virtual void rewrite_inbox(std::span<const Rewritten> messages) = 0;
    /// The same for a message that waits for a hole before it.
    virtual void rewrite_waiting(const Jid& peer, const LaneId& lane, Seq seq,
                                 std::string_view body, std::int64_t records) = 0;
    /// Gives a dead letter another payload.
    virtual void rewrite_dead(std::int64_t id, std::string_view payload) = 0;
};

}  // namespace courant
