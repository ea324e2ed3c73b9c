// What the store knows of who may have what: grants, and those who asked to be admitted.
//
// A part of the mailboxes (Mailboxes::access), because it must move in one transaction with the
// outbox: a message and the check that it may exist, the end of a grant and the end of what waits
// under it.
//
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// Somebody who is no peer and sent something all the same.
struct AdmissionRequest {
    Jid jid;
    Time first_at;
    Time last_at;
    std::int64_t tries = 0;

    bool operator==(const AdmissionRequest&) const = default;
};

/// More strangers are not remembered at once; the one that has been silent for the longest makes
/// room.
inline constexpr std::int64_t most_admission_requests = 1'000;
/// What a stranger sends within this time is one try: a flood of it writes nothing.
inline constexpr std::chrono::minutes admission_try_every{1};

/// Grants and requests. Throws StoreError.
class AccessBook {
  public:
    virtual ~AccessBook() = default;

    /// Adds a grant; its id must be new (make_grant_id). Throws where the store's own rules are
    /// broken: no such peer, a basis that needs a legal link which the peer has not.
    virtual void add_grant(const Grant& grant) = 0;
    virtual std::optional<Grant> find_grant(std::string_view id) = 0;
    /// All of them, the oldest first.
    virtual std::vector<Grant> grants() = 0;
    /// Changes the state of a grant and nothing else; whether there is one. What waits under a
    /// grant that is not active any more becomes void in its place, now.
    virtual bool set_grant_state(std::string_view id, GrantState state, std::string_view reason,
                                 Time now) = 0;
    /// Makes voids of those messages of a lane, with numbers above `after` and at most `most` of
    /// them looked at, whose grant is not valid at `now`; how many that were.
    virtual std::int64_t void_lapsed(const LaneId& lane, Seq after, std::int64_t most,
                                     Time now) = 0;

    /// A stranger tried again.
    virtual void note_stranger(const Jid& jid, Time now) = 0;
    /// The latest first.
    virtual std::vector<AdmissionRequest> admission_requests() = 0;
    /// The administrator has answered; whether there was one.
    virtual bool remove_admission_request(const Jid& jid) = 0;
};

}  // namespace courant
