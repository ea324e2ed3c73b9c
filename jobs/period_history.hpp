// A past that is given only in periods: what a grant with a resolution lets be known of it.
//
// The answer to a range are the whole periods that begin in it. So ranges that meet give every
// period once, however they are cut, and a page may end between any two; and nothing that is asked
// tells more than the periods do. For its last one the app is asked beyond the range's end. A
// period that is under way is not told.
#pragma once

#include "jobs/aggregation.hpp"
#include "proxy-core/adapter.hpp"

namespace courant {

/// Reads the periods of this length (ISO 8601) as History::read does readings; throws Error where
/// that does, and where nobody has said what the numbers of the series mean.
void read_periods(History& history, const HistoryRange& range, std::string_view every,
                  const AggregationRules& rules, const Call& call, const TakeHistory& take);

}  // namespace courant
