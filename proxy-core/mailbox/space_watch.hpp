// Stops what comes in before the store is full.
//
// A commit that fails for want of room loses nothing, but by then there is no room for receipts and
// deliveries either, which are what makes room. So a reserve is kept: while the store has less
// left, nothing is extracted and nothing is taken in from peers (no receipt goes, they keep it),
// and everything that frees room goes on. It begins again by itself once there is a quarter more
// than the reserve, so that it does not flutter at the edge. When it stops and when it goes on is
// said once, in the log and in a note that `courant status` shows.
//
//     if (!watch.admits(m, bytes, now)) …    // inside a work of the store
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
    /// The most that the store may take; 0: what its disk has.
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

    /// Whether so many bytes more may come in.
    bool admits(Mailboxes& m, std::int64_t bytes, Time now);
    /// Looks now, and sets the note right; for who comes by regularly.
    void look(Mailboxes& m, Time now) { look(m, 0, now); }
    /// Why nothing may come in; empty if something may. As of the last look.
    const std::string& obstacle() const { return obstacle_; }

  private:
    void look(Mailboxes& m, std::int64_t bytes, Time now);
    void stop(std::int64_t reserve, Time now);

    SpaceRules rules_;
    LastingFault fault_;
    Counter& stops_;
    std::string obstacle_;
    Allowance allowance_;
};

}  // namespace courant
