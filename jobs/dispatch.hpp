// From what an adapter brought to what goes to whom: readings become messages.
//
// Every peer gets the series that it has subscribed to, in the order in which they came, split into
// messages that stay under the smallest stanza limit on the way. The pack is written here, once per
// peer and grant, so that the threads behind have nothing to do but to store and to send it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "jobs/audience.hpp"
#include "proxy-core/adapter.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/message.hpp"
#include "senml/pack.hpp"

namespace courant {

/// How messages are cut.
struct DispatchRules {
    /// This proxy: the first hop.
    Jid self;
    std::size_t records_per_message = 500;
    /// The largest stanza, in bytes, all that surrounds the pack included.
    std::size_t stanza_bytes = 200'000;
    Quality quality = Quality::raw;
};

/// What became of a pack.
struct Dispatch {
    std::vector<Outgoing> messages;
    /// Readings that fit no message or no format.
    std::vector<Refused> refused;
    /// Readings that nobody has subscribed to.
    std::int64_t unwanted = 0;
};

/// Cuts a pack into messages for those who subscribed to its series.
Dispatch dispatch(const senml::Pack& pack, RememberedAudience& audience,
                  const DispatchRules& rules);
/// The same once, for who does not keep an audience.
Dispatch dispatch(const senml::Pack& pack, std::span<const Subscription> subscriptions,
                  const DispatchRules& rules);

}  // namespace courant
