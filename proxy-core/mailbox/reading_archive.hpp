// What was sent, kept for those who ask for it later: a peer that was admitted last month, or the
// subject of the readings.
//
//     m.past().keep(readings, Quality::raw, now + a_year);       // with the outbox, or not at all
//     auto page = m.past().read(series, from, to, 2'000);        // rising in time
//     while (m.past().erase("*/kersabiec@*", 1'000) > 0) continue;   // Art. 17 GDPR
//
// A part of the mailboxes (Mailboxes::past), so that a reading is kept in the transaction in which
// it enters the outbox. It is for apps that remember nothing themselves: a meter has no history.
//
// There is one reading of a series and time. Where two meet, the one of better quality stands, and
// among equals the later one, as everywhere in the federation.
//
// Not the Archive (archive.hpp), which moves whole stores.
//
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/mailbox/message.hpp"
#include "senml/pack.hpp"

namespace courant {

/// What there is of one series.
struct KeptSeries {
    /// SenML spelling.
    std::string name;
    std::int64_t readings = 0;
    /// Of the first and the last of them.
    Time first;
    Time last;

    bool operator==(const KeptSeries&) const = default;
};

/// A reading with what the archive knows of it.
struct KeptReading {
    Quality quality = Quality::raw;
    Time keep_until;

    bool operator==(const KeptReading&) const = default;
};

/// Some of a series, in order of time; `known` has a place for each record.
struct KeptPage {
    senml::Pack readings;
    std::vector<KeptReading> known;
};

/// Readings that were sent. Throws StoreError.
class ReadingArchive {
  public:
    virtual ~ReadingArchive() = default;

    /// Keeps the readings of a pack until then; what no message could have carried either (a number
    /// that is none, a time before 1978-07-04) is left out.
    virtual void keep(const senml::Pack& readings, Quality quality, Time until) = 0;
    /// At most so many readings from `from` on and before `to`.
    virtual KeptPage read(std::string_view series, Time from, Time to, std::int64_t most) = 0;
    /// What there is, by name.
    virtual std::vector<KeptSeries> series() = 0;
    /// How many readings there are.
    virtual std::int64_t count() = 0;
    /// Removes readings of all series that fit a pattern in people's spelling (series_pattern.hpp),
    /// at most so many; how many that were. Call again until it is 0.
    virtual std::int64_t erase(std::string_view pattern, std::int64_t most) = 0;
    /// Removes readings whose time to be kept is over at `now`; the rest as above.
    virtual std::int64_t purge(Time now, std::int64_t most) = 0;
};

}  // namespace courant
