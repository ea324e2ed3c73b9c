// The stopwatch: medians of samples of processor time, taken from all contestants in turn, so that
// a slow minute of the machine hits everybody.
#pragma once

#include <chrono>
#include <vector>

#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

/// How much time to spend.
struct Effort {
    int samples = 15;
    std::chrono::milliseconds sample{20};  ///< at least one turn over all packs, however long
    double quantile = 0.5;                 ///< which sample counts: the median; 0 is the fastest
};

/// What one contestant took for packs of one size.
struct Measured {
    double nanoseconds = 0;  ///< per pack, the sample that counts
    double spread = 0;       ///< interquartile range over median
    double allocations = 0;  ///< per pack, once warm
};

/// Checks everybody's results, then measures; in the order of the contestants. Throws
/// std::runtime_error with the contestant's name if a result is wrong.
std::vector<Measured> measure(const Contestants& contestants, const Corpus& corpus,
                              const Effort& effort);

}  // namespace courant::bench
