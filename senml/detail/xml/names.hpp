// Which characters XML names are made of (XML 1.0, fifth edition, section 2.3), the colon left
// aside: it belongs to namespaces.
#pragma once

#include <cstddef>
#include <string_view>

namespace courant::senml::detail {

/// Where the name without colon ends that begins at `begin`; `begin` itself if none does. The text
/// is valid UTF-8.
std::size_t find_name_end(std::string_view text, std::size_t begin);

}  // namespace courant::senml::detail
