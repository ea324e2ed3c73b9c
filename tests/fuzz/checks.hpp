// What must hold for whatever bytes come: the promises that the fuzzers try to break.
//
//   - the fast path says of a text what the slow one says, bit for bit, faults and remarks
//   included;
//   - a reader that has read something before reads like a new one;
//   - `validate` finds a fault where `read` finds one;
//   - what was read says the same once it is converted or written in any format and read again;
//   - a stream in two pieces delivers what the pack holds.
//
// A promise that is broken is said on standard error, with both sides; then the program aborts.
#pragma once

#include <cstdint>
#include <span>

#include "senml/codec.hpp"

namespace courant::fuzz {

/// Tries the promises about packs on these bytes. Their number chooses the options.
void check_pack(senml::Format format, std::span<const std::uint8_t> input);

/// Tries the promises about streams on these bytes.
void check_stream(senml::Format format, std::span<const std::uint8_t> input);

/// Tries RFC 8790: requests that are read can be applied, and applied again change nothing.
void check_etch(senml::Format format, std::span<const std::uint8_t> input);

}  // namespace courant::fuzz
