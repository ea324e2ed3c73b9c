// The versions of the schema and how a store gets from one to the next.
//
// A migration is never changed once a release had it; a new one follows. All that a store lacks are
// applied in one transaction, so that an interrupted upgrade leaves the old version, whole.
#pragma once

#include <span>
#include <string_view>

#include "proxy-core/mailbox/message.hpp"

namespace courant::detail {

class SqliteConnection;

/// One step from a version of the schema to the next.
struct Migration {
    int version;
    std::string_view name;
    /// Statements, separated by semicolons.
    const char* sql;
};

/// The migrations of this program, oldest first; made from schemas/migrations/sqlite.
std::span<const Migration> sqlite_migrations();
/// The same of schemas/migrations/postgres.
std::span<const Migration> postgres_migrations();

/// The version of a store's schema; 0 for an empty file.
int schema_version(SqliteConnection& connection);

/// Applies what the store lacks. Throws StoreError where the store has a version that is not among
/// `known`.
void migrate(SqliteConnection& connection, std::span<const Migration> known, Time now);

}  // namespace courant::detail
