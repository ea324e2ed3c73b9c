// The commands by which a Quoalise client subscribes to pushes and ends that again.
//
//     subscribe      identifier     a series under the name that the client has for it
//     unsubscribe    identifier     the same, or what is below it: a whole device, "urn:dev:prm:1"
//
// A subscription runs under a grant, as any other: the client asks for what it has been granted,
// and by asking gets no more than that. Both say "Success" to what is so already.
//
// Protocol: schemas/PROTOCOL.md, "Other dialects".
#pragma once

#include <string_view>
#include <vector>

#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/quoalise.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant {

inline constexpr std::string_view quoalise_subscribe_node = "subscribe";
inline constexpr std::string_view quoalise_unsubscribe_node = "unsubscribe";

/// Both commands, for series that have a name there; `store` outlives them.
std::vector<Command> quoalise_subscription_commands(StoreThread& store, const Jid& self,
                                                    const std::vector<QuoaliseName>& names);

/// The same names as the federation wants them, for what it pushes.
QuoaliseNames quoalise_names(const std::vector<QuoaliseName>& names);

}  // namespace courant
