// Counts series while readings pass, so that the store need not be written for it each time.
//
//     store.ask(put, [&](auto&) { tally.add(std::move(seen)); });   // with each pack that is put
//     for (const auto& series : tally.take(500)) m.series().note(series);
//
// What has not been taken when the process dies is not counted; the next readings tell the rest.
//
// Thread: belongs to the store's; used in works and in what is told of them.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy-core/catalog/series_seen.hpp"

namespace courant {

/// What was seen of each series since it was taken last.
class SeriesTally {
  public:
    /// Counts what a pack held; `seen` is seen_in() of it.
    void add(std::vector<SeriesSeen> seen);
    /// Takes some of what there is out, at most so many, with names in people's spelling.
    std::vector<SeriesSeen> take(std::size_t most);

  private:
    std::unordered_map<std::string, SeriesSeen> seen_;  ///< by name as it came
};

}  // namespace courant
