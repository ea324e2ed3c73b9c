// How long to wait before trying again: exponential back-off with full jitter.
//
// The wait before attempt n is drawn evenly between nothing and first·2ⁿ, with a ceiling. Evenly
// from nothing on, because after a server's restart all its clients have the same reason to return
// at the same moment: a random part of a tenth leaves them a herd, and the mean wait is still half
// the ceiling. The random source is seeded by the caller, so that a test sees the same waits at
// every run; it is eight bytes, because every lane has one.
//
// Thread: belongs to one thread. Reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace courant {

/// A small source of randomness for things of which there are many; nothing secret hangs on it
/// (SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
class SmallRandom {
  public:
    using result_type = std::uint64_t;

    explicit SmallRandom(std::uint64_t seed) : state_(seed) {}
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
    /// The next 64 bits.
    result_type operator()();

  private:
    std::uint64_t state_;
};

/// The waits between attempts at one thing.
class Backoff {
  public:
    using Duration = std::chrono::milliseconds;

    /// Waits of at most `first` at first, of at most `max` in the long run; both positive.
    Backoff(Duration first, Duration max, std::uint64_t seed);

    /// Draws the wait before the next attempt, and counts the attempt.
    Duration next() { return next(max_); }
    /// The same with another ceiling in the long run, this time.
    Duration next(Duration max);
    /// An attempt succeeded for good: begin at `first` again.
    void reset() { attempts_ = 0; }

    /// Attempts since the beginning or the last reset().
    unsigned attempts() const { return attempts_; }

    /// The longest wait before attempt `attempt`, counted from 0.
    static Duration ceiling(Duration first, Duration max, unsigned attempt);

  private:
    Duration first_;
    Duration max_;
    SmallRandom random_;
    unsigned attempts_ = 0;
};

}  // namespace courant
