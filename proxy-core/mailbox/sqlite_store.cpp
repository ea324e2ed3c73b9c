#include "proxy-core/mailbox/sqlite_store.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "proxy-core/mailbox/detail/migrations.hpp"
#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"
#include "proxy-core/mailbox/detail/store_lock.hpp"

namespace courant {
namespace {

using detail::Access;
using detail::SqliteConnection;
using detail::SqliteMailboxes;
using detail::StoreLock;
using detail::Transaction;

// Two ways to write one path must not give two locks.
std::filesystem::path one_spelling(const std::filesystem::path& path) {
    std::error_code failure;
    auto whole = std::filesystem::weakly_canonical(path, failure);
    return failure ? std::filesystem::absolute(path) : whole;
}

class SqliteStore final : public Store {
  public:
    SqliteStore(const std::filesystem::path& path, const SqliteOptions& options)
        : lock_(lock_for(path, options.ownership)),
          connection_(path, options),
          mailboxes_(connection_, options.limits) {
        bring_up_to_date();  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): a unique_ptr holds
                             // it
        if (lock_) make_shrinkable();
    }

    std::vector<std::exception_ptr> commit_together(std::span<const Work> works) override {
        try {
            Transaction transaction(connection_, Access::writing);
            auto outcome = run(works, transaction);
            transaction.commit();
            return outcome;
        } catch (...) {
            return {works.size(), std::current_exception()};
        }
    }

    void read(const Work& work) override {
        const Transaction transaction(connection_, Access::reading);
        work(mailboxes_);
    }

  private:
    static std::unique_ptr<StoreLock> lock_for(const std::filesystem::path& path,
                                               Ownership ownership) {
        return ownership == Ownership::exclusive ? std::make_unique<StoreLock>(path) : nullptr;
    }

    void bring_up_to_date() {
        const auto known = detail::sqlite_migrations();
        if (version() == known.back().version) return;
        // A command of a newer version must not change the schema under a running program of an
        // older one.
        const auto meanwhile = lock_ ? nullptr : std::make_unique<StoreLock>(connection_.path());
        detail::migrate(connection_, known, std::chrono::system_clock::now());
    }

    // A file of an older version cannot give room back before it was written anew, once. That takes
    // its size twice more on the disk, for a moment, and a second for each 100 MiB or so: where it
    // is too large or the disk too full, it stays as it is and is as good as before.
    void make_shrinkable() {
        constexpr std::int64_t largest = std::int64_t{512} << 20;
        if (connection_.shrinkable()) return;
        StoreRoom room;
        read([&](Mailboxes& m) { room = m.room(); });
        const std::int64_t needed = room.bytes - room.empty;
        if (needed > largest || 3 * needed > room.growth.value_or(0)) return;
        try {
            connection_.make_shrinkable();
        } catch (const StoreError&) {
            // Nothing has changed (a command may have been writing): the next start tries again.
        }
    }

    int version() {
        const Transaction transaction(connection_, Access::reading);
        return detail::schema_version(connection_);
    }

    // Each work inside a savepoint of its own; a single one has the transaction for it.
    std::vector<std::exception_ptr> run(std::span<const Work> works, Transaction& transaction) {
        std::vector<std::exception_ptr> outcome(works.size());
        const bool alone = works.size() == 1;
        for (std::size_t i = 0; i < works.size(); ++i) {
            if (!alone) transaction.mark();
            try {
                works[i](mailboxes_);
                transaction.insist();
            } catch (...) {
                // SQLite has undone the whole transaction after a fault of the disk: it failed for
                // everybody.
                if (alone || !transaction.alive()) throw;
                outcome[i] = std::current_exception();
                transaction.undo();
                continue;
            }
            if (!alone) transaction.keep();
        }
        return outcome;
    }

    // Taken first, given back last.
    std::unique_ptr<StoreLock> lock_;
    SqliteConnection connection_;
    SqliteMailboxes mailboxes_;
};

}  // namespace

std::unique_ptr<Store> open_sqlite_store(const std::filesystem::path& path,
                                         const SqliteOptions& options) {
    return std::make_unique<SqliteStore>(one_spelling(path), options);
}

std::optional<pid_t> running_on(const std::filesystem::path& path) {
    return StoreLock::holder(one_spelling(path));
}

}  // namespace courant
