#include "adapters/linky-tic/simulator/household.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace courant::linky {

namespace {

using std::chrono::minutes;

// A hump of `height` W around `hour`, about `width` hours wide to each side, over midnight too.
double hump(double hour_of_day, double hour, double width, double height) {
    double distance = std::abs(hour_of_day - hour);
    distance = std::min(distance, 24 - distance);
    return height * std::exp(-distance * distance / (2 * width * width));
}

// 0 … 1, the same for the same minute (the finaliser of SplitMix64).
double noise(std::int64_t minute) {
    auto x = static_cast<std::uint64_t>(minute) + 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
    return static_cast<double>(x >> 11) / 9007199254740992.0;
}

}  // namespace

double household_watts(senml::Time time) {
    const auto minute = std::chrono::floor<minutes>(time.time_since_epoch()).count();
    const double hour = static_cast<double>(((minute % 1440) + 1440) % 1440) / 60;
    const double fridge = ((minute % 45) + 45) % 45 < 15 ? 90 : 0;
    return 140 + fridge + hump(hour, 6.5, 0.8, 900) + hump(hour, 11.5, 0.7, 700) +
           hump(hour, 18.5, 1.8, 1500) + 120 * noise(minute);
}

void Household::advance(senml::Time to) {
    while (now_ < to) {
        const senml::Time next =
            std::min(to, senml::Time{std::chrono::floor<minutes>(now_) + minutes{1}});
        const std::chrono::duration<double, std::ratio<3600>> hours = next - now_;
        watt_hours_ += household_watts(now_) * hours.count();
        now_ = next;
    }
}

}  // namespace courant::linky
