// A synthetic household: how much it draws at a time of day. Invented, smooth and repeatable; no
// measured data are in it.
//
// A base load, a fridge that cycles, a breakfast, a lunch and a long evening, and a little noise
// that is a function of the minute, so that the same time always gives the same power whatever was
// asked before.
#pragma once

#include "senml/time.hpp"

namespace courant::linky {

/// Mean power in W in the minute of that time.
double household_watts(senml::Time time);

/// What a meter counts of it.
class Household {
  public:
    /// The meter stands at `watt_hours` at `start`.
    Household(senml::Time start, double watt_hours) : now_(start), watt_hours_(watt_hours) {}

    /// Lets time pass, minute by minute.
    void advance(senml::Time to);

    senml::Time now() const { return now_; }
    double watts() const { return household_watts(now_); }
    double watt_hours() const { return watt_hours_; }

  private:
    senml::Time now_;
    double watt_hours_;
};

}  // namespace courant::linky
