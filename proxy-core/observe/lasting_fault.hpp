// A fault that lasts: told when it begins and when it ends, not at every try.
//
// A peer that is down for a night would fill the log with one line per try and hide everything
// else. A LastingFault takes the outcome of every try and speaks at the first failure and at the
// first success after it, then with how long it took. If the reason becomes another one (the
// network is back, now the password is refused) that is told as well, once for each reason and at
// most a handful of times, so that reasons with changing details cannot flood either.
//
// Belongs to one thread. Time is passed in, never read.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/observe/log.hpp"
#include "senml/time.hpp"

namespace courant {

/// The memory of one thing that can fail for a while: a peer's lane, an adapter, the session.
class LastingFault {
  public:
    /// `what` is the thing, as it stands in every line: "extract roof", "session".
    LastingFault(Logger logger, std::string what);

    /// A try failed.
    void failed(std::string_view reason, senml::Time now);
    /// A try succeeded.
    void succeeded(senml::Time now);

    /// Whether the last try failed.
    bool lasting() const { return failures_ > 0; }
    /// Failures in a row.
    std::size_t failures() const { return failures_; }

  private:
    Logger logger_;
    std::string what_;
    std::size_t failures_ = 0;
    senml::Time since_;
    std::vector<std::string> reasons_;
};

}  // namespace courant
