// Who may have anything to do with this proxy at all.
//
// Asked wherever somebody wants something: readings that come in, a command, where we are. A
// stranger is told how it could be admitted, and stands in the list that the administrator sees
// (`courant peer requests`); a peer that is suspended, or whose agreement is not in force, is told
// that, and not why.
//
// One step of a transaction.
#pragma once

#include <optional>
#include <string>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// The answer.
struct Admission {
    /// Who it is; nothing for a stranger.
    std::optional<Peer> peer = {};
    /// Why it gets nothing, in words for it; empty: it is admitted.
    std::string refusal = {};
    /// The same in words for our own log.
    std::string reason = {};
};

/// Whether `asker`, whatever its resource, is admitted to `self` at `now`. Remembers a stranger.
Admission admission(Mailboxes& mailboxes, const Jid& self, const Jid& asker, Time now);

}  // namespace courant
