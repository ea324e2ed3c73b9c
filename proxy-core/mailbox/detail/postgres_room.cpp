// How much room the tables take. How much more there is, only the database's administrator knows.
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant::detail {

// What is empty inside the tables the database does not tell without reading them.
StoreRoom PostgresMailboxes::room() {
    PostgresQuery query(connection_,
                        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint "
                        "FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                        "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())");
    query.step();
    return {.bytes = query.integer(0), .empty = 0, .growth = {}, .capacity = {}};
}

// Its own vacuum does it.
std::int64_t PostgresMailboxes::give_back(std::int64_t) {
    return 0;
}

}  // namespace courant::detail
