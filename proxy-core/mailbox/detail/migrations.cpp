#include "proxy-core/mailbox/detail/migrations.hpp"

#include <fmt/format.h>

#include "proxy-core/mailbox/detail/sqlite_connection.hpp"

namespace courant::detail {

int schema_version(SqliteConnection& connection) {
    if (!Query(connection,
               "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'")
             .step())
        return 0;
    Query newest(connection, "SELECT coalesce(max(version), 0) FROM migrations");
    newest.step();
    return static_cast<int>(newest.integer(0));
}

void migrate(SqliteConnection& connection, std::span<const Migration> known, Time now) {
    Transaction transaction(connection, Access::writing);
    const int present = schema_version(connection);
    const int newest = known.empty() ? 0 : known.back().version;
    if (present > newest)
        throw StoreError(
            fmt::format("{}: this store has version {} and this program knows {} at most. Use the "
                        "program that wrote it, or a newer one.",
                        connection.path().string(), present, newest),
            Retry::useless);
    if (present == newest) return;

    connection.execute(fmt::format("PRAGMA application_id = {}", store_application_id));
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    for (const auto& migration : known) {
        if (migration.version <= present) continue;
        connection.execute(migration.sql);
        Query(connection, "INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)",
              std::int64_t{migration.version}, migration.name, now)
            .run();
    }
    transaction.commit();
}

}  // namespace courant::detail
