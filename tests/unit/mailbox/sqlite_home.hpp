// A SQLite store of a test's own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>

#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::test {

/// A folder with one store in it.
class SqliteHome {
  public:
    /// Opens the store, as often as the test likes, once at a time. Messages need no grant in it:
    /// most tests are about what becomes of a message that may go.
    std::unique_ptr<Store> open(const MailboxLimits& limits) const {
        auto store = open_guarded(limits);
        lift_guard();
        return store;
    }
    /// The same as it is in the program.
    std::unique_ptr<Store> open_guarded(const MailboxLimits& limits) const {
        SqliteOptions options;
        options.limits = limits;
        return open_sqlite_store(path(), options);
    }
    /// The same as a command does it.
    std::unique_ptr<Store> open_shared() const {
        SqliteOptions options;
        options.ownership = Ownership::shared;
        auto store = open_sqlite_store(path(), options);
        lift_guard();
        return store;
    }
    /// From now on messages need no grant in it.
    void lift_guard() const {
        SQLite::Database(path().string(), SQLite::OPEN_READWRITE, 5'000)
            .exec("DROP TRIGGER IF EXISTS outbox_granted");
    }
    /// Where the file is.
    std::filesystem::path path() const { return dir_ / "store.db"; }

  private:
    TempDir dir_;
};

}  // namespace courant::test
