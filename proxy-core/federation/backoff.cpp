#include "proxy-core/federation/backoff.hpp"

#include <algorithm>
#include <random>

namespace courant {

SmallRandom::result_type SmallRandom::operator()() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

Backoff::Backoff(Duration first, Duration max, std::uint64_t seed)
    : first_(std::max(first, Duration(1))), max_(std::max(max, first_)), random_(seed) {}

Backoff::Duration Backoff::next(Duration max) {
    std::uniform_int_distribution<Duration::rep> draw(0, ceiling(first_, max, attempts_).count());
    ++attempts_;
    return Duration(draw(random_));
}

Backoff::Duration Backoff::ceiling(Duration first, Duration max, unsigned attempt) {
    Duration ceiling = first;
    for (unsigned i = 0; i < attempt && ceiling < max; ++i) {
        // Compared before it is doubled, so that no `max` overflows.
        ceiling = ceiling > max / 2 ? max : ceiling * 2;
    }
    return std::min(ceiling, max);
}

}  // namespace courant
