// The fast way through a pack: records that differ from the one before in time and value only.
//
// A load curve is one such record after another. Once a reader has taken one of them apart by the
// rules, the bytes around its numbers are known, and a record with the same bytes around its
// numbers can mean nothing else: no label has to be looked up, no string compared, no type checked
// again. What does not match, down to a number that is spelled in an unusual way, is left to the
// reader, which goes on where this stopped. So nothing is given up for speed, and nothing is
// decided twice: numbers are converted by the same rules (detail/decimal.hpp), exactly.
//
// The bytes are looked at eight at a time, digits are converted eight at a time (SWAR), and the
// length of a number costs no branch: in real curves it changes at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "senml/detail/holes.hpp"
#include "senml/detail/raw_record.hpp"

namespace courant::senml::detail {

/// How far a run of records went.
struct Run {
    const char* end = nullptr;  ///< where the first record begins that is not like the others
    std::size_t records = 0;
};

/// What stands around the numbers of a record: `head` time `middle` value `tail`.
struct TextShape {
    std::string_view head;
    std::string_view middle;
    std::string_view tail;
};

/// Reads the records from `begin` on that have this shape, up to `end` or `most` of them. What was
/// read is in `into.pack`.
Run read_alike(const TextShape& shape, const char* begin, const char* end, const Alike& into,
               std::size_t most);

/// Reads the records after `record` that are like it, up to `end` or `most` of them. `record` is
/// all from the end of the record before it to its own end; it lies in front of `end` in the same
/// text. What was read is in `into.pack`.
Run read_alike(std::string_view record, const Holes& holes, const char* end, const Alike& into,
               std::size_t most);

}  // namespace courant::senml::detail
