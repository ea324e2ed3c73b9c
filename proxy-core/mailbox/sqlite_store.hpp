// The store in one SQLite file: what a proxy uses unless it is told otherwise.
//
// One process runs on a store and keeps it for itself; commands look at it and change it beside the
// running one, each in transactions of its own (write-ahead log: readers never wait, writers wait
// for each other). The owner holds an flock on `<file>.lock`, which the system gives back however
// the process ends; its pid stands in it for people.
//
// Durable means durable: a commit returns after the log has been flushed to the disk. Memory stays
// small whatever waits: a page cache of fixed size, answers of limited size, a log that is folded
// into the file every 4 MiB and keeps its place on the disk, so that receipts can still free room
// when the disk is full. A file that has become emptier gives its room back to the disk a few pages
// at a time, when it is asked to (Mailboxes::give_back).
//
// The file is made readable by its owner alone: it holds what people consume.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <sys/types.h>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// How a process opens a store.
enum class Ownership {
    exclusive,  ///< it runs on it; a second one is refused
    shared      ///< a command, beside the running process or without one
};

/// How to open a store in a SQLite file.
struct SqliteOptions {
    Ownership ownership = Ownership::exclusive;
    MailboxLimits limits;
    /// How long a transaction waits for another process's.
    std::chrono::milliseconds patience{5000};
    /// Memory for pages of the file.
    std::int64_t cache_bytes = std::int64_t{8} << 20;
    /// How large the file may become; 0: as large as the disk allows.
    std::int64_t max_bytes = 0;
};

/// Opens the store, makes it where there is none, and brings its schema up to date. Throws
/// StoreError: another process runs on it, it is damaged, something else, or of a newer version
/// than this program.
std::unique_ptr<Store> open_sqlite_store(const std::filesystem::path& path,
                                         const SqliteOptions& options = {});

/// The process that runs on a store (0 where its lock does not say which); nothing if none does.
std::optional<pid_t> running_on(const std::filesystem::path& path);

}  // namespace courant
