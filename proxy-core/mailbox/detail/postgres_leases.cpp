// Leases: who may do what alone. Several machines, each with a clock of its own: the database's
// counts.
#include <algorithm>

#include "proxy-core/mailbox/detail/lease_lost.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

}  // namespace

std::vector<std::string> PostgresMailboxes::hold(std::span<const std::string> whats,
                                                 std::string_view holder,
                                                 std::chrono::milliseconds term, Time) {
    std::vector<std::string> held;
    // What another takes at this moment is theirs: nobody waits for it.
    Query taken(connection_,
                "WITH free AS (SELECT what FROM leases WHERE what = ANY ($1::text[]) "
                "AND (holder = $2 OR until <= clock_nanoseconds()) "
                "ORDER BY what FOR UPDATE SKIP LOCKED) "
                "UPDATE leases l SET holder = $2, until = clock_nanoseconds() + $3 "
                "FROM free WHERE l.what = free.what RETURNING l.what",
                whats, holder, std::chrono::nanoseconds(term).count());
    while (taken.step()) held.push_back(taken.text(0));
    if (held.size() < whats.size()) {
        // What nobody has ever held has no row yet.
        Query made(connection_,
                   "INSERT INTO leases (what, holder, until) "
                   "SELECT what, $2, clock_nanoseconds() + $3 FROM unnest($1::text[]) what "
                   "ORDER BY what ON CONFLICT DO NOTHING RETURNING what",
                   whats, holder, std::chrono::nanoseconds(term).count());
        while (made.step()) held.push_back(made.text(0));
    }
    return held;
}

void PostgresMailboxes::release(std::string_view what, std::string_view holder) {
    Query(connection_, "DELETE FROM leases WHERE what = $1 AND holder = $2", what, holder);
}

void PostgresMailboxes::release_all(std::string_view holder) {
    Query(connection_, "DELETE FROM leases WHERE holder = $1", holder);
}

void PostgresMailboxes::insist_held(std::string_view what, std::string_view holder, Time) {
    if (!Query(connection_,
               "SELECT 1 FROM leases WHERE what = $1 AND holder = $2 "
               "AND until > clock_nanoseconds() FOR UPDATE",
               what, holder)
             .step())
        throw lease_lost(what);
}

void PostgresMailboxes::confirm_held(std::string_view what, std::string_view holder, Time) {
    if (!Query(connection_,
               "SELECT 1 FROM leases WHERE what = $1 AND holder = $2 "
               "AND until > clock_nanoseconds()",
               what, holder)
             .step())
        throw lease_lost(what);
}

std::vector<Lease> PostgresMailboxes::leases(Time) {
    std::vector<Lease> leases;
    Query query(connection_,
                "SELECT what, holder, until FROM leases WHERE until > clock_nanoseconds() "
                "ORDER BY what");
    while (query.step()) leases.push_back({query.text(0), query.text(1), query.time(2)});
    return leases;
}

std::vector<std::string> PostgresMailboxes::sweep_leases(std::chrono::milliseconds ago, Time) {
    std::vector<std::string> swept;
    Query query(connection_,
                "DELETE FROM leases WHERE until <= clock_nanoseconds() - $1 RETURNING what",
                std::chrono::nanoseconds(ago).count());
    while (query.step()) swept.push_back(query.text(0));
    return swept;
}

}  // namespace courant::detail
