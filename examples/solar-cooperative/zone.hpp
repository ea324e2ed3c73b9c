// The wall clock of the place the readings are about: for the model, which needs to know when a
// school opens, and for the plot, which shows a day as people there saw it.
#pragma once

#include <chrono>
#include <string>

#include "senml/time.hpp"

namespace courant::example {

using senml::Time;

/// `Europe/Paris`, `UTC` or a fixed offset like `+10:00`, as the adapter csv takes them.
class Zone {
  public:
    /// Throws std::invalid_argument where there is no such zone.
    explicit Zone(std::string name);

    const std::string& name() const { return name_; }
    /// What a clock there shows, counted as if it were UTC.
    Time wall_clock(Time time) const;
    /// When the day begins there.
    Time midnight(std::chrono::sys_days day) const;

  private:
    std::chrono::seconds offset(Time time) const;

    std::string name_;
};

}  // namespace courant::example
