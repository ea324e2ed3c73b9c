// What a person has to be told about a processing (GDPR Art. 13 and 14), for machines and people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/config/config.hpp"

namespace courant::cli {

/// The notice of one grant. The terms of a grant never change, so its id is the notice's version;
/// another purpose is another grant, and another notice. What [organisation] leaves out is null.
nlohmann::ordered_json processing_notice(const Config& config, const Grant& grant,
                                         const std::optional<Peer>& peer);

}  // namespace courant::cli
