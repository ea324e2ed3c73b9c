// How much may come in before somebody looks again whether there is room.
//
// To look costs more than what one message costs; never to look fills the disk. Whoever has looked
// renews the allowance with a part of what is left: far from the edge one look a second is enough,
// near it every message is looked at.
#pragma once

#include <chrono>
#include <cstdint>

#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// Bytes that may come in within a second.
class Allowance {
  public:
    /// Whether so many bytes are covered, which are then used up.
    bool covers(std::int64_t bytes, Time now) {
        bytes_ -= bytes;
        // Neither does a clock that was set back keep anybody from looking.
        return bytes_ >= 0 && since_ <= now && now < since_ + std::chrono::seconds(1);
    }
    /// After a look: so many bytes, from now on.
    void renew(std::int64_t bytes, Time now) {
        bytes_ = bytes;
        since_ = now;
    }

  private:
    std::int64_t bytes_ = 0;
    Time since_ = Time::min();
};

}  // namespace courant
