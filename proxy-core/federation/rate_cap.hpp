// A rate that must not be exceeded: so many bytes per second, in bursts of one second's worth.
//
// A token bucket, kept as the one instant at which it will be full again. What is larger than what
// is left goes all the same and is paid for afterwards, because a message cannot be cut: in any t
// seconds at most (t + 1) x rate bytes go, and what one message has beyond that. So a cap of
// 10 kB/s lets a message of 200 kB through in one piece, and then nothing for 19 s.
//
// Thread: a value. Reads no clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace courant {

/// What may still go under a cap.
class RateCap {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    /// 0: without a cap.
    explicit RateCap(std::int64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

    /// That much went.
    void spend(std::int64_t bytes, Instant now);
    /// When something may go; a time that has passed if it may now.
    Instant opens_at() const;

  private:
    std::int64_t bytes_per_second_;
    Instant full_at_{};
};

}  // namespace courant
