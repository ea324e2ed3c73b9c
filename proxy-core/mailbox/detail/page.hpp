// How an answer ends where its limit is reached.
#pragma once

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {

/// Adds rows to an answer until the limit is reached; one row always fits.
class Page {
  public:
    explicit Page(PageLimit limit) : left_(limit) {}
    /// Whether a row with a body of this size still fits; counts it if so.
    bool takes(std::int64_t bytes) {
        if (left_.messages <= 0 || (!first_ && bytes > left_.bytes)) return false;
        first_ = false;
        --left_.messages;
        left_.bytes -= bytes;
        return true;
    }

  private:
    PageLimit left_;
    bool first_ = true;
};

}  // namespace courant::detail
