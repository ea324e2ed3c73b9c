// The configuration file that `courant init` writes: every key there is, its default commented out,
// one line of explanation.
//
// Made from the tables that the loader checks with (keys.hpp), so a key cannot be missing or
// described wrongly. Lines that begin with "# " are for people; a line "#key = value" takes effect
// when its `#` goes.
#pragma once

#include <string>
#include <string_view>

#include "proxy-core/adapter.hpp"
#include "proxy-core/federation/jid.hpp"

namespace courant {

/// The whole file for a new proxy; its password is expected in the file "password" beside it.
std::string default_config_text(const Jid& jid);

/// The section of one adapter, ready to be filled in: required properties live, the others
/// commented out with their defaults.
std::string adapter_config_text(const Adapter& adapter, std::string_view name);

}  // namespace courant
