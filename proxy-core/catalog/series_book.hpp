// What the store knows of the series that this proxy brings: the catalog is read from it.
//
// A part of the mailboxes (Mailboxes::series). Nothing of it is written where readings are: they
// are counted in memory (series_tally.hpp), and what has come together goes here now and then.
//
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy-core/catalog/series_seen.hpp"

namespace courant {

/// All series, in the order of their names' bytes. Throws StoreError.
class SeriesBook {
  public:
    virtual ~SeriesBook() = default;

    /// Adds what was seen of a series to what is known of it. Two workers that note the same new
    /// series at the same moment lose the count of one; one source has one worker.
    void note(const SeriesSeen& more);

    virtual std::optional<SeriesSeen> find(std::string_view name) = 0;
    /// Those with names above `after`, and at most so many.
    virtual std::vector<SeriesSeen> page(std::string_view after, std::int64_t most) = 0;
    /// Takes the place of what is known of the series of that name.
    virtual void put(const SeriesSeen& series) = 0;
    /// Forgets a series, its last values with it; whether there was one. It comes back with its
    /// next reading.
    virtual bool forget(std::string_view name) = 0;
};

}  // namespace courant
