// Carries everything from one store into another: all of it or nothing.
//
// One transaction of the target takes it all in, from one state of the source, and is committed
// only if both hold the same, counted row by row. So an interruption leaves the target as empty as
// it was, and one begins again. Memory stays small: messages go over in batches.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "proxy-core/mailbox/archive.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// Told now and then how many rows of how many have been carried over.
using CopyProgress = std::function<void(std::int64_t rows, std::int64_t of)>;

/// The note in which a store says that it was carried over, and where to: it is history, and who
/// opens it looks for this first. It is not carried over itself.
inline constexpr std::string_view moved_note = "moved";

/// Copies; what was carried over. Throws StoreError: the target is not empty, or cannot take it.
Census copy_store(Store& from, Store& to, const CopyProgress& progress);

}  // namespace courant
