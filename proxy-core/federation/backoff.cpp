#include "proxy-core/federation/backoff.hpp"

#include <algorithm>

namespace courant {

Backoff::Backoff(Duration first, Duration max, std::uint64_t seed)
    : first_(std::max(first, Duration(1))), max_(std::max(max, first_)), random_(seed) {}

Backoff::Duration Backoff::next() {
    std::uniform_int_distribution<Duration::rep> draw(0, ceiling(first_, max_, attempts_).count());
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
