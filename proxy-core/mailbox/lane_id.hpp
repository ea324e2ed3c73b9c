// Ids for lanes.
#pragma once

#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// A new id: 26 characters (Crockford's base 32, the form of a ULID) that hold the milliseconds of
/// `now` in 48 bits and 80 bits of the system's randomness, so that ids sort by age and nobody can
/// guess one.
LaneId make_lane_id(Time now);

}  // namespace courant
