// Whether a message may come in: the checks that need no store.
//
// A pack is read once here, to know that the sink will be able to read it, how many records it
// holds and whose names it speaks. What depends on the peer's rights (is it known, may it relay) is
// decided inside the transaction that takes the message in.
//
// One bad record costs one record where that can be: a name that is none, or that the sender may
// not speak, says nothing about the records beside it. A pack that is no valid SenML is refused as
// a whole (RFC 8428 section 4.4): what a faulty record meant for those after it nobody knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"

namespace courant {

/// A record that does not come in.
struct RecordFault {
    /// From 1, in the resolved pack.
    std::int64_t record = 0;
    std::string reason;

    bool operator==(const RecordFault&) const = default;
};

/// What the checks found.
struct Inspection {
    std::int64_t records = 0;
    /// Why the message is refused whoever sent it; empty if nothing is wrong.
    std::string fault;
    /// Records without a federated name: nobody may send them.
    std::vector<RecordFault> nameless;
    /// Records whose names the sender has no authority over: only a relay may send them.
    std::vector<RecordFault> foreign;
};

/// What of a message does not come in.
struct Refusal {
    /// Why none of it does; empty if some may.
    std::string whole;
    /// Where some may: the records that do not, in order.
    std::vector<RecordFault> records;
};

/// Checks readings that `from` sent to `self`; the pack is left in `pack`.
Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now,
                   BodyReader& reader, senml::Pack& pack);
/// The same for who has one message and not many.
Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now);

/// What of that peer's message is refused. The one place of the rule of authority. A message with
/// very many records at fault is refused as a whole: each would make us keep a dead letter.
Refusal refusal(const Inspection& inspection, const Peer& peer);

/// What a dead letter keeps of a body, for people: XML. A compact body that cannot be read is the
/// `<pack>` as it came.
std::string payload_text(const std::string& body, Time now);

/// Record `index` (1-based) of a body as a `<sensml>` of its own; the payload text of the whole
/// where that cannot be.
std::string single_record(const std::string& body, std::int64_t index, Time now);

/// What comes in of a body that was inspected: a `<sensml>` without these records, which are in
/// order.
std::string without_records(const std::string& body, const std::vector<RecordFault>& records,
                            Time now);

}  // namespace courant
