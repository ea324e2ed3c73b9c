// A message as it is written for a peer that does not speak `urn:courant:0`.
//
// However it is written, it ends with an iq, and the answer to that is what a receipt is elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/protocol.hpp"

namespace courant {

/// What goes for one message of a lane.
struct Written {
    /// In order.
    std::vector<std::string> stanzas = {};
    /// What the peer cannot have of it: records, or the whole message.
    std::vector<Reject> left_out = {};
};

/// XEP-0199, with the message's stanza_id.
std::string ping_for(const Message& message, std::string_view server);

}  // namespace courant
