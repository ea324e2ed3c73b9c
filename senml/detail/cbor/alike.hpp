// The fast way through a pack in CBOR: records that differ from the one before in time and value
// only. The idea is that of detail/alike_reader.hpp; the numbers are read as the rules have it,
// by the same functions, and whatever is not an integer or a floating-point number is left to the
// reader.
#pragma once

#include <cstddef>
#include <string_view>

#include "senml/detail/alike_reader.hpp"

namespace courant::senml::detail {

/// Whether the bytes after `record`, up to `end`, begin as it does: only then is it worth asking.
bool begins_alike(std::string_view record, const Holes& holes, const char* end);

/// Reads the records after `record` that are like it, up to `end` or `most` of them; `record` lies
/// in front of `end` in the same bytes, and it begins alike. What was read is in `into.pack`.
Run read_cbor_alike(std::string_view record, const Holes& holes, const char* end, const Alike& into,
                    std::size_t most);

}  // namespace courant::senml::detail
