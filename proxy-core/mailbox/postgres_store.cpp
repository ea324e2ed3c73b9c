#include "proxy-core/mailbox/postgres_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/mailbox/detail/migrations.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant {
namespace {

using detail::Company;
using detail::ConnectionLost;
using detail::PostgresAccess;
using detail::PostgresConnection;
using detail::PostgresMailboxes;
using detail::PostgresQuery;
using detail::PostgresTransaction;
using detail::TransactionConflict;

// Beside the others first; alone, the first time can only meet those that had begun before.
constexpr int tries = 4;

// What a work of a group has thrown, when the group ran without savepoints.
struct GroupBroken {};

// Whether each work of a group can be undone alone.
enum class Savepoints { none, for_each };

class PostgresStore final : public Store {
  public:
    explicit PostgresStore(const PostgresOptions& options)
        : connection_(options), mailboxes_(connection_, options.limits) {
        bring_up_to_date();
    }

    std::vector<std::exception_ptr> commit_together(std::span<const Work> works) override {
        if (works.empty()) return {};
        try {
            return repeatedly(works);
        } catch (...) {
            return {works.size(), std::current_exception()};
        }
    }

    void read(const Work& work) override {
        const PostgresTransaction transaction(connection_, PostgresAccess::reading);
        work(mailboxes_);
    }

  private:
    // A group runs without savepoints first: hardly ever does a work throw, and every savepoint
    // that writes costs a transaction number, of which the database can keep only 64 at hand.
    std::vector<std::exception_ptr> repeatedly(std::span<const Work> works) {
        auto savepoints = Savepoints::none;
        auto company = Company::welcome;
        for (int i = 1;; ++i) {
            try {
                return once(works, savepoints, company);
            } catch (const GroupBroken&) {
                savepoints = Savepoints::for_each;
            } catch (const TransactionConflict&) {
                if (i >= tries) throw;
                company = Company::unwanted;
            }
        }
    }

    std::vector<std::exception_ptr> once(std::span<const Work> works, Savepoints savepoints,
                                         Company company) {
        PostgresTransaction transaction(connection_, PostgresAccess::writing, company);
        auto outcome = run(works, transaction, savepoints);
        transaction.commit();
        return outcome;
    }

    std::vector<std::exception_ptr> run(std::span<const Work> works,
                                        PostgresTransaction& transaction, Savepoints savepoints) {
        std::vector<std::exception_ptr> outcome(works.size());
        const bool marked = savepoints == Savepoints::for_each;
        for (std::size_t i = 0; i < works.size(); ++i) {
            if (marked) transaction.mark();
            try {
                works[i](mailboxes_);
                transaction.insist();
            } catch (...) {
                refuse_what_concerns_all(transaction);
                if (works.size() == 1) throw;
                if (!marked) throw GroupBroken{};
                outcome[i] = std::current_exception();
                transaction.undo();
                continue;
            }
            if (marked) transaction.keep();
        }
        return outcome;
    }

    // A lost connection or a conflict has undone the whole transaction, whatever the work made of
    // it.
    static void refuse_what_concerns_all(const PostgresTransaction& transaction) {
        try {
            transaction.insist();
        } catch (const ConnectionLost&) {
            throw;
        } catch (const TransactionConflict&) {
            throw;
        } catch (const StoreError&) {
            // The work's own.
        }
    }

    void bring_up_to_date() {
        const auto known = detail::postgres_migrations();
        const int newest = known.back().version;
        PostgresTransaction transaction(connection_, PostgresAccess::writing, Company::unwanted);
        const int present = version();
        if (present > newest)
            throw StoreError(
                fmt::format("{}: this store has version {} and this program knows {} at most. Use "
                            "the program that wrote it, or a newer one.",
                            connection_.place(), present, newest),
                Retry::useless);
        if (present == newest) return;
        if (present > 0) refuse_running_workers();
        if (present == 0) make_schema();
        const Time now = std::chrono::system_clock::now();
        for (const auto& migration : known) {
            if (migration.version <= present) continue;
            connection_.execute(migration.sql);
            connection_.run(
                "INSERT INTO migrations (version, name, applied_at) VALUES ($1, $2, $3)",
                std::int64_t{migration.version}, migration.name, now);
        }
        transaction.commit();
    }

    int version() {
        if (!PostgresQuery(connection_, "SELECT 1 WHERE to_regclass('migrations') IS NOT NULL")
                 .step())
            return 0;
        PostgresQuery newest(connection_, "SELECT coalesce(max(version), 0) FROM migrations");
        newest.step();
        return static_cast<int>(newest.integer(0));
    }

    // A program of a newer version must not change the schema under workers of an older one.
    void refuse_running_workers() {
        const auto leases = mailboxes_.leases({});
        const auto running = std::find_if(leases.begin(), leases.end(), [](const Lease& lease) {
            return lease.what.starts_with("worker ");
        });
        if (running == leases.end()) return;
        throw StoreError(
            fmt::format("{}: worker {} runs on this store with an older version of the program. "
                        "Stop all its workers first.",
                        connection_.place(), running->holder),
            Retry::worthwhile);
    }

    void make_schema() {
        if (PostgresQuery(connection_, "SELECT 1 FROM pg_namespace WHERE nspname = $1",
                          connection_.options().schema)
                .step()) {
            refuse_foreign_schema();
        } else {
            connection_.execute("CREATE SCHEMA " + connection_.schema());
        }
        connection_.execute(
            "CREATE TABLE migrations (version integer PRIMARY KEY, name text NOT NULL, "
            "applied_at bigint NOT NULL)");
    }

    void refuse_foreign_schema() {
        PostgresQuery table(connection_,
                            "SELECT relname::text FROM pg_class WHERE relnamespace = "
                            "(SELECT oid FROM pg_namespace WHERE nspname = $1) "
                            "AND relkind = 'r' LIMIT 1",
                            connection_.options().schema);
        if (!table.step()) return;
        throw StoreError(
            fmt::format("{}: the schema {} has the tables of another program ({}). Choose another "
                        "schema for the store.",
                        connection_.place(), connection_.options().schema, table.text(0)),
            Retry::useless);
    }

    PostgresConnection connection_;
    PostgresMailboxes mailboxes_;
};

}  // namespace

std::unique_ptr<Store> open_postgres_store(const PostgresOptions& options) {
    return std::make_unique<PostgresStore>(options);
}

}  // namespace courant
