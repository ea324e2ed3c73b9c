// How long to wait before trying again: exponential back-off with full jitter.
//
// The wait before attempt n is drawn evenly between nothing and first·2ⁿ, with a ceiling. Evenly
// from nothing on, because after a server's restart all its clients have the same reason to return
// at the same moment: a random part of a tenth leaves them a herd, and the mean wait is still half
// the ceiling. The random source is seeded by the caller, so that a test sees the same waits at
// every run.
//
// Thread: belongs to one thread. Reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace courant {

/// The waits between attempts at one thing.
class Backoff {
  public:
    using Duration = std::chrono::milliseconds;

    /// Waits of at most `first` at first, of at most `max` in the long run; both positive.
    Backoff(Duration first, Duration max, std::uint64_t seed);

    /// Draws the wait before the next attempt, and counts the attempt.
    Duration next();
    /// An attempt succeeded for good: begin at `first` again.
    void reset() { attempts_ = 0; }

    /// Attempts since the beginning or the last reset().
    unsigned attempts() const { return attempts_; }

    /// The longest wait before attempt `attempt`, counted from 0.
    static Duration ceiling(Duration first, Duration max, unsigned attempt);

  private:
    Duration first_;
    Duration max_;
    std::mt19937_64 random_;
    unsigned attempts_ = 0;
};

}  // namespace courant
