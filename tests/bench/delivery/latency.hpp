// How long a live reading takes, from the extract job that has it in its hands to the commit of the
// receiver's inbox.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "tests/bench/delivery/bare_client.hpp"

namespace courant::bench {

/// Sends `count` readings one by one, one each `interval`, through two proxies in this process.
/// Seconds for each.
std::vector<double> live_latency(const Pair& pair, std::size_t count,
                                 std::chrono::microseconds interval);

/// The value below which that part of the sorted values lies.
double percentile(std::vector<double> values, double part);

}  // namespace courant::bench
