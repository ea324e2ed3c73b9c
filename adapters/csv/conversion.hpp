// From a cell of a CSV file to a value in the primary SenML unit.
//
// Where the unit differs from the primary one by a power of ten (kW, mA), the power is
// applied to the decimal text, and the number is rounded once: "0.392" kW is exactly the double
// 392, while 0.392 * 1000 need not be. Other factors (Wh to J) multiply the double.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "senml/units.hpp"

namespace courant::csv {

/// How a number in a file's unit becomes one in the primary unit.
class Conversion {
  public:
    /// From the unit as in the file. A unit that the SenML registry lacks stays as it is.
    explicit Conversion(std::string_view unit);

    /// The unit of the result; empty where the file's numbers have none.
    const std::string& unit() const { return unit_; }
    /// The value of a decimal text (with a point); nothing where it is no number.
    std::optional<double> read(std::string_view number) const;

  private:
    std::string unit_;
    int exponent_ = 0;
    std::optional<senml::SecondaryUnit> factor_;  ///< where no power of ten does it
};

/// The text with blanks cut off at both ends.
std::string_view trim(std::string_view text);

}  // namespace courant::csv
