// Who runs on a store: an flock on a file beside it.
//
// The system gives the lock back however its holder ends, kill -9 and power cuts included; nothing
// stale remains. The file itself stays where it is: removing it would let two processes lock two
// files of one name.
#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

namespace courant::detail {

/// Held from construction to destruction.
class StoreLock {
  public:
    /// Takes the lock for the store at `store`; throws StoreError with the holder's pid where it is
    /// taken. Who merely asks for the holder takes it for an instant too, so that a taken lock is
    /// tried a few times.
    explicit StoreLock(const std::filesystem::path& store);
    ~StoreLock();
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

    /// Who holds the lock; 0 where the file does not say, nothing where nobody does.
    static std::optional<pid_t> holder(const std::filesystem::path& store);

  private:
    int file_ = -1;
};

}  // namespace courant::detail
