// Stops what comes in before the store is full.
//
// A commit that fails for want of room loses nothing, but by then there is no room for receipts and
// deliveries either, which are what makes room. So a reserve is kept: while the store has less
// left, nothing is extracted and nothing is taken in from peers (no receipt goes, they keep it),
// and everything that frees room goes on. It begins again by itself once there is a quarter more
// than the reserve, so that it does not flutter at the edge. When it stops and when it goes on is
// said once, in the log and in a note that `courant status` shows.
//
//     if (auto why = watch.obstacle(m, bytes, now); !why.empty()) …    // inside a work of the
//     store
//
// What comes in at once may reach into the reserve, half of it at most: it is not of a size that is
// known before.
//
// Looking costs some microseconds, or a query to a server: it is done at least once a second, and
// the more often the nearer the reserve is.
//
// Thread: belongs to the store thread, like the mailboxes that are passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/mailbox/allowance.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/lasting_fault.hpp"

namespace courant {

/// How much room is kept free.
struct SpaceRules {
    std::int64_t reserve_bytes = std::int64_t{64} << 20;
    /// The same in hundredths of the disk (or of what the store may have); the larger counts.
    std::int64_t reserve_percent = 0;
    /// The most that the store may take; 0: what its disk has. Of use where the store can tell what
    /// of its room is empty: else it stops and does not begin again before the store has shrunk.
    std::int64_t max_bytes = 0;
};

/// The key of the note that says why nothing comes in; empty while all is well.
inline constexpr std::string_view space_note = "space";

/// How much more may come into a store with this room before nothing is left; nothing if that
/// cannot be known.
std::optional<std::int64_t> free_bytes(const StoreRoom& room, const SpaceRules& rules);

/// How much of that is the reserve: never more than a quarter of all that the store may have, or a
/// small store could take nothing.
std::int64_t reserve_of(const StoreRoom& room, const SpaceRules& rules);

/// Watches the room of one store.
class SpaceWatch {
  public:
    SpaceWatch(SpaceRules rules, Logger logger, Counters& counters);

    /// Why so many bytes more may not come in; empty if they may.
    std::string obstacle(Mailboxes& m, std::int64_t bytes, Time now);
    /// Looks now, and sets the note right; for who comes by regularly.
    void look(Mailboxes& m, Time now);

  private:
    void stop(std::int64_t reserve, Time now);

    SpaceRules rules_;
    LastingFault fault_;
    Counter& stops_;
    std::string obstacle_;   ///< why nothing comes in, as of the last look
    std::int64_t room_ = 0;  ///< what may come in at once, as of the last look
    Allowance allowance_;
};

}  // namespace courant
