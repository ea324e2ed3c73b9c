#include "adapters/csv/conversion.hpp"

#include <numeric>

#include "senml/number.hpp"

namespace courant::csv {

namespace {

// The x of 10^x; nothing for other numbers.
std::optional<int> power_of_ten(std::int64_t number) {
    if (number < 1) return std::nullopt;
    int exponent = 0;
    for (; number % 10 == 0; number /= 10) ++exponent;
    return number == 1 ? std::optional(exponent) : std::nullopt;
}

std::optional<int> decimal_factor(const senml::SecondaryUnit& unit) {
    if (unit.offset != 0) return std::nullopt;
    const auto common = std::gcd(unit.numerator, unit.denominator);
    const auto up = power_of_ten(unit.numerator / common);
    const auto down = power_of_ten(unit.denominator / common);
    if (!up || !down) return std::nullopt;
    return *up - *down;
}

}  // namespace

Conversion::Conversion(std::string_view unit) : unit_(unit) {
    const auto secondary = senml::secondary_unit(unit);
    if (!secondary) return;
    unit_ = secondary->primary;
    if (const auto exponent = decimal_factor(*secondary))
        exponent_ = *exponent;
    else
        factor_ = secondary;
}

std::optional<double> Conversion::read(std::string_view number) const {
    const auto value = senml::parse_scaled(number, exponent_);
    return value && factor_ ? senml::to_primary(*factor_, *value) : value;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace courant::csv
