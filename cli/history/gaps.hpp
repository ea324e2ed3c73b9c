// Tells where readings are missing that should have a fixed distance. None is ever invented: the
// data have a hole there, and this says so beside them.
//
//     Gaps gaps(std::chrono::minutes(30), from, console.err);
//     gaps.look_at(page);     // page after page
//     gaps.end(to);
//
// A line for each: gap,2026-07-30T14:00:00Z,2026-07-31T14:00:00Z is from where a reading should
// have been until one is.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>

#include "senml/pack.hpp"

namespace courant::cli {

/// The gaps of one series.
class Gaps {
  public:
    /// Without a period nothing is told.
    Gaps(std::optional<std::chrono::nanoseconds> period, senml::Time from, std::ostream& out)
        : period_(period), expected_(from), out_(out) {}

    /// Readings in rising order, behind those before.
    void look_at(const senml::Pack& readings);
    /// Nothing more comes before `to`.
    void end(senml::Time to);

  private:
    std::optional<std::chrono::nanoseconds> period_;
    senml::Time expected_;
    std::ostream& out_;
};

}  // namespace courant::cli
