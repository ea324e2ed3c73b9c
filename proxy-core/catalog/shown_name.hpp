// Under which name a grant lets a series be known.
#pragma once

#include <string>

#include "proxy-core/access/grant.hpp"

namespace courant {

/// The name that the grant's peer gets for the series of that name, in people's spelling.
std::string shown_name(const Grant& grant, const std::string& name);

}  // namespace courant
