// Values of fields that RFC 8428 does not have, from CBOR to JSON text and back (RFC 8949 section
// 6).
//
// A pack keeps such values as JSON text, whatever format they came in. What JSON cannot say, as
// tags, keys that are no text, and what is not finite, has no image there; byte strings become
// base64url, as the RFC has it, and are text from then on.
#pragma once

#include <string>
#include <string_view>

namespace courant::senml::detail {

/// Appends the JSON text of one well-formed item, whose nesting was bounded by whoever checked it.
/// False if it has none; then nothing is appended.
bool append_json(std::string& out, std::string_view cbor);

/// Appends the item that a JSON text says, of definite lengths. False if it is no JSON, too deeply
/// nested, gives a key twice or has numbers too large for a double; then nothing is appended.
bool append_cbor(std::string& out, std::string_view json);

}  // namespace courant::senml::detail
