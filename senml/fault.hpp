// What is wrong with a pack, said so that a person can mend it: which record, what, and which rule
// of which RFC.
//
// A value: copy it, move it, hand it to another thread.
#pragma once

#include <cstddef>
#include <string>

namespace courant::senml {

/// One departure from the standard.
struct Fault {
    /// 1 for the first record of the pack; 0 when the pack itself is at fault.
    std::size_t record = 0;
    /// What is wrong, without a final point: "bver differs".
    std::string what;
    /// The rule: "RFC 8428 4.4".
    std::string rule;

    /// "record 3: bver differs (RFC 8428 4.4)".
    std::string to_string() const;

    bool operator==(const Fault&) const = default;
};

}  // namespace courant::senml
