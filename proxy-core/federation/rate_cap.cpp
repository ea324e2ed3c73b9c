#include "proxy-core/federation/rate_cap.hpp"

#include <algorithm>

namespace courant {
namespace {

constexpr std::chrono::nanoseconds burst = std::chrono::seconds{1};

}  // namespace

void RateCap::spend(std::int64_t bytes, Instant now) {
    if (bytes_per_second_ == 0) return;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second_);
    full_at_ = std::max(full_at_, now) + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                             std::chrono::duration<double>(seconds));
}

// Empty when a whole burst is missing.
RateCap::Instant RateCap::opens_at() const {
    return full_at_ - burst;
}

}  // namespace courant
