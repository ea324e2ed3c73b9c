// Who asked for the past of what, as a table: `courant grant calls`.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace courant::cli {

/// Prints the calls under a grant, or all of them where `grant` is empty.
int list_calls(Store& store, const std::string& grant, Listing listing, Console& console);

}  // namespace courant::cli
