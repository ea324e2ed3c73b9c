// A pack of one number in a registered unit: how live readings go, one by one.
//
// Nothing in it is to be factored or escaped, so it is written in one go. Whatever else a pack
// holds is left to the writers that know all.
#pragma once

#include <string>

#include "senml/codec.hpp"

namespace courant::senml::detail {

/// Writes the pack into `out` if it is such a one; false, and nothing done, if it is another.
bool write_single(Format format, const Pack& pack, std::string& out);

}  // namespace courant::senml::detail
