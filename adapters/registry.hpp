// The adapters that this build of Courant has. The table is generated from adapters/CMakeLists.txt.
#pragma once

#include <span>
#include <string_view>

#include "proxy-core/adapter.hpp"

namespace courant {

/// All adapters, in the order of adapters/CMakeLists.txt.
std::span<const Adapter* const> all_adapters();

/// The adapter of that name, or null.
const Adapter* find_adapter(std::string_view name);

}  // namespace courant
