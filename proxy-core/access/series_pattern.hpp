// Which series a pattern means: "zabbix@lorient.example/*/pv/power".
//
// Patterns are written by people, so both sides are in people's spelling (senml/name.hpp). `*`
// stands for any run of characters, `/` included, and for none; everything else stands for itself.
// That is less than a shell's globs and enough: who may see which series is a decision that a
// reader of the pattern must be able to make in the head.
#pragma once

#include <string_view>

namespace courant {

/// Whether the name fits the whole pattern. Time is linear in the name for each `*`.
bool series_matches(std::string_view pattern, std::string_view name);

/// Whether some name about that subject (in people's spelling, and no pattern) can fit: of a grant
/// for many, whether it is this one's, too.
bool may_be_about(std::string_view pattern, std::string_view subject);

}  // namespace courant
