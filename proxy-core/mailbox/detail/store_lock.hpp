// Who runs on a store: an flock on a file beside it.
//
// The system gives the lock back however its holder ends, kill -9 and power cuts included; nothing
// stale remains. The file itself stays where it is: removing it would let two processes lock two
// files of one name.
#pragma once

#include <filesystem>

namespace courant::detail {

/// Held from construction to destruction.
class StoreLock {
  public:
    /// Takes the lock for the store at `store`; throws StoreError with the holder's pid where it is
    /// taken.
    explicit StoreLock(const std::filesystem::path& store);
    ~StoreLock();
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

  private:
    int file_ = -1;
};

}  // namespace courant::detail
