// A SQLite store of a test's own.
#pragma once

#include <filesystem>
#include <memory>

#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::test {

/// A folder with one store in it.
class SqliteHome {
  public:
    /// Opens the store, as often as the test likes, once at a time.
    std::unique_ptr<Store> open(const MailboxLimits& limits) const {
        SqliteOptions options;
        options.limits = limits;
        return open_sqlite_store(path(), options);
    }
    /// The same as a command does it.
    std::unique_ptr<Store> open_shared() const {
        SqliteOptions options;
        options.ownership = Ownership::shared;
        return open_sqlite_store(path(), options);
    }
    /// Where the file is.
    std::filesystem::path path() const { return dir_ / "store.db"; }

  private:
    TempDir dir_;
};

}  // namespace courant::test
