// What a message that came back says: why, and whether that will pass.
//
// The error's type alone does not tell: Prosody answers `cancel` for a server that is merely down.
// So the condition decides (RFC 6120, 8.3.3), and what is not known to last is taken to pass:
// trying a little too often is better than to have a peer wait that is back.
#pragma once

#include <string>

#include "proxy-core/federation/lane.hpp"
#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// Why a message came back.
struct BounceReason {
    /// For a person: "it came back as remote-server-not-found: connection refused".
    std::string text;
    Bounce kind = Bounce::passing;
};

/// Reads a message of type error.
BounceReason bounce_reason(const Element& message);

}  // namespace courant
