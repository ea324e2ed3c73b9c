// Answers to an `<iq>`, as stanzas.
#pragma once

#include <string>
#include <string_view>

#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// The answer of that type ("result", "error") around a content that is XML.
std::string iq_reply(const Element& iq, std::string_view type, std::string_view content);
/// The same where only its sender and id are left.
std::string iq_reply(std::string_view to, std::string_view id, std::string_view type,
                     std::string_view content);
/// `<error>` with a condition of RFC 6120 section 8.3; `text` may be empty, `extension` is XML.
std::string stanza_error(std::string_view type, std::string_view condition, std::string_view text,
                         std::string_view extension = {});

}  // namespace courant
