// From the configuration to what the catalog is made from.
#pragma once

#include "proxy-core/catalog/catalog.hpp"
#include "proxy-core/config/config.hpp"

namespace courant::cli {

/// What [[series]] says, and the names that stand there or in an adapter's own list of series.
CatalogRules catalog_rules(const Config& config);

}  // namespace courant::cli
