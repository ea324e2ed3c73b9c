// Texts that others wrote, kept to a length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace courant {

/// The beginning of a text, at most so many bytes, cut where a character of UTF-8 ends.
std::string bounded(std::string_view text, std::size_t most_bytes);

}  // namespace courant
