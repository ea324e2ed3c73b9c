// Whether a subscription that somebody wants may stand, under which grant, and what goes of it.
//
// The administrator's CLI and the peers' command ask the same questions and get the same answers
// here. A grant with a resolution gives values of that period or of one that is made of whole ones
// of it, and of nothing else: hours and three half-hours would together tell half-hours.
//
// Values; time is passed in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proxy-core/access/grant.hpp"

namespace date {
class time_zone;
}

namespace courant {

/// What is wrong with a shape that somebody wants, with what to do; empty if it can be kept.
std::string fault_of(const Shape& shape);

/// What is wrong with a series or pattern that somebody wants; empty if it can be one.
std::string fault_of_pattern(std::string_view series);

/// The shape in which readings go under a grant where that one is wanted: the same, or coarser; or
/// why that cannot be, in words for who wants it. Of shapes without fault.
tl::expected<Shape, std::string> granted_shape(Shape wanted, const Grant& grant,
                                               const date::time_zone& zone, Time now);

/// The grants that let the peer have this series or pattern at `now`.
std::vector<Grant> grants_for(const Jid& peer, std::string_view series,
                              std::span<const Grant> grants, Time now);

/// How long the peer keeps it: as long as it wants, and as the grant lets it.
std::string granted_retention(std::string_view wanted, const Grant& grant);

}  // namespace courant
