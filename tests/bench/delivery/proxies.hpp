// Our side of the measures: the program as it is installed, from a file to the inbox.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "tests/bench/delivery/bare_client.hpp"

namespace courant::bench {

/// What a run of two proxies took.
struct Carried {
    /// From the start of the sender's process, with the file to read, to the receiver's commit of
    /// the last reading.
    double seconds = 0;
    /// Processor time of both proxies together, in seconds.
    double cpu_seconds = 0;
    double sender_peak_mib = 0;
    double receiver_peak_mib = 0;
    /// The sender's and the receiver's store at the end.
    double store_mib = 0;
};

/// Sends the file's readings from `home` to `coop`. `limits` is configuration for both.
Carried carry(const Pair& pair, const std::filesystem::path& csv, std::size_t readings,
              const std::string& limits);

/// The same with a backlog: all of it is extracted while the receiver is away, then drained. Time
/// and processor time are of the draining.
Carried drain_backlog(const Pair& pair, const std::filesystem::path& csv, std::size_t readings,
                      const std::string& limits);

}  // namespace courant::bench
