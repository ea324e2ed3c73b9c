// The hops of a message as a row holds them, in every store: bare JIDs with a space between them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/jid.hpp"

namespace courant::detail {

/// As the row holds them.
std::string hops_text(const std::vector<Jid>& hops);

/// As they were; nothing where the text holds anything else.
std::optional<std::vector<Jid>> hops_from(std::string_view text);

}  // namespace courant::detail
