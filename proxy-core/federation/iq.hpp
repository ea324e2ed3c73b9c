// What a proxy answers when other programs ask who it is: service discovery (XEP-0030) and ping
// (XEP-0199).
//
// Deployed clients and servers ask both; a proxy that stays silent looks dead, and RFC 6120
// section 8.2.3 wants every request answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/federation/features.hpp"
#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// The answer to an `<iq>`; nothing for one that is an answer itself. It announces `encodings`, and
/// describes us with `description`, which is XML (XEP-0128).
std::optional<std::string> answer_iq(const Element& iq, Encodings encodings,
                                     std::string_view description = {});

}  // namespace courant
