// Whether a message may come in: the checks that need no store.
//
// A pack is read once here, to know that the sink will be able to read it, how many records it
// holds and whose names it speaks. What depends on the peer's rights (is it known, may it relay) is
// decided inside the transaction that takes the message in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"

namespace courant {

/// What the checks found.
struct Inspection {
    std::int64_t records = 0;
    /// Why the message is refused whoever sent it; empty if nothing is wrong.
    std::string fault;
    /// A name of the pack that the sender has no authority over; empty if it may speak them all.
    std::string foreign_name;
};

/// Checks readings that `from` sent to `self`; the pack is left in `pack`.
Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now,
                   BodyReader& reader, senml::Pack& pack);
/// The same for who has one message and not many.
Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now);

/// Why that peer's message is refused; empty if it may come in. The one place of the rule of
/// authority.
std::string refusal(const Inspection& inspection, const Peer& peer);

/// What a dead letter keeps of a body, for people: XML. A compact body that cannot be read is the
/// `<pack>` as it came.
std::string payload_text(const std::string& body, Time now);

/// Record `index` (1-based) of a body as a `<sensml>` of its own; the payload text of the whole
/// where that cannot be.
std::string single_record(const std::string& body, std::int64_t index, Time now);

}  // namespace courant
