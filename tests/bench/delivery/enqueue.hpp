// What a durable outbox row costs against a bare batched insert of the same bytes on the same disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace courant::bench {

/// Messages per second, `per_commit` in each transaction, each commit flushed to the disk.
struct EnqueueRates {
    double bare = 0;  ///< SQLite as fast as it goes with the same journal mode and flushes
    double ours = 0;  ///< Mailboxes::enqueue
};

/// Both in turn, several times; the median of each.
EnqueueRates measure_enqueue(const std::filesystem::path& folder, std::size_t body_bytes,
                             std::size_t per_commit);

}  // namespace courant::bench
