// Grants as two sides deal with them: what is decided on one side is told to the other, and what is
// told has its effect in the transaction that takes note of it.
//
//     give_grant(m, grant, now);                                  // stored, and offered
//     change_grant(m, id, GrantState::withdrawn, "moved", now);   // nothing goes; the holder hears
//     take_notice(m, peer, notice, now);                          // the other side of it
//
// A holder that works for the giver (a processor, GDPR Art. 28(3)(g)) erases what it had when the
// grant is withdrawn, objected to or erased, and confirms. A joint controller erases what is to be
// erased (Art. 26(3)). Any other is told, and its administrator answers (`courant grant answer`).
//
// Nothing that a peer says touches another's: a notice counts for grants between the two of them,
// and an erasure for series that the peer may speak.
//
// Each function is one step of a transaction. Protocol: schemas/PROTOCOL.md, "Notices".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/exchange_book.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// Stores a grant and offers it to its peer. Throws where the store's rules are broken.
void give_grant(Mailboxes& mailboxes, const Grant& grant, Time now);

/// Gives a grant another state, and tells its peer; whether there is such a grant and it may become
/// that. What waits under it does not go.
bool change_grant(Mailboxes& mailboxes, std::string_view id, GrantState state,
                  std::string_view reason, Time now);

/// Tells every peer that was ever given any of these series that readings of them are wrong or to
/// be erased (Art. 19); who they are.
/// Series and subject of a grant count, as far as the correction is of one series.
std::vector<Jid> tell_correction(Mailboxes& mailboxes, const CorrectionNotice& correction,
                                 Time now);

/// Tells the peers of grants that end within `ahead` of `now`, once each; those grants.
std::vector<Grant> announce_expiries(Mailboxes& mailboxes, std::chrono::seconds ahead, Time now);

/// Accepts or declines what a peer offered, and says so.
void answer_offer(Mailboxes& mailboxes, HeldGrant held, OfferAnswer answer, std::string_view reason,
                  Time now);

/// Passes on to the giver of a grant what a person asked of us.
void pass_on(Mailboxes& mailboxes, const HeldGrant& held, const RightsRequest& request, Time now);

/// Says what became of what was had.
void tell_outcome(Mailboxes& mailboxes, const Jid& peer, const OutcomeNotice& outcome, Time now);

/// Does what a peer's notice asks. What to log of it for people; empty where it changes nothing.
std::string take_notice(Mailboxes& mailboxes, const Jid& peer, const Notice& notice, Time now);

/// By when the persons must have been told that we have their data (Art. 14(3)(a)): a month after a
/// grant about persons came to us, who are no processor; nothing once they were
/// (note_informed), or where nobody need be.
std::optional<Time> inform_by(Mailboxes& mailboxes, const HeldGrant& held);
/// They have been told.
void note_informed(Mailboxes& mailboxes, const HeldGrant& held, Time now);

/// Why series that a peer gave us may not go on to somebody else: their persons do not know yet
/// that we have them (Art. 14(3)(c)), or we work for that peer and have no word of it (Art. 28(2)).
/// Empty where they may, and for series that are our own.
std::string why_not_onward(Mailboxes& mailboxes, std::string_view series,
                           std::string_view authorisation);

/// The giver of what we process has allowed this grant in writing; kept beside it.
void note_authorisation(Mailboxes& mailboxes, const Grant& grant, std::string_view reference,
                        Time now);

/// Whether the administrator owes an answer: what was had under it ought to go, and nobody has
/// said what became of it.
bool awaits_outcome(Mailboxes& mailboxes, const HeldGrant& held);

/// Whether a series is one that an erasure means: it fits the pattern and the subject, and is its
/// peer's to speak.
bool means(const Erasure& erasure, std::string_view series);

/// Goes on with an erasure in our own inbox, from `after` and by `most` messages; where to go on,
/// or nothing where the end was reached. Adds what it erased to `readings`.
std::optional<std::int64_t> erase_here(Mailboxes& mailboxes, const Erasure& erasure,
                                       std::int64_t after, std::int64_t most,
                                       std::int64_t& readings);

}  // namespace courant
