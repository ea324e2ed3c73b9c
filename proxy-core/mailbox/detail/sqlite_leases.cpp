// Leases: who may do what alone. One process runs on the store, so that all clocks are one.
#include "proxy-core/mailbox/detail/lease_lost.hpp"
#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"

namespace courant::detail {

std::vector<std::string> SqliteMailboxes::hold(std::span<const std::string> whats,
                                               std::string_view holder,
                                               std::chrono::milliseconds term, Time now) {
    std::vector<std::string> held;
    for (const auto& what : whats) {
        const auto taken =
            Query(connection_,
                  "INSERT INTO leases (what, holder, until) VALUES (?1, ?2, ?3) "
                  "ON CONFLICT (what) DO UPDATE SET holder = excluded.holder, "
                  "until = excluded.until WHERE holder = excluded.holder OR until <= ?4",
                  what, holder, now + term, now)
                .run();
        if (taken > 0) held.push_back(what);
    }
    return held;
}

void SqliteMailboxes::release(std::string_view what, std::string_view holder) {
    Query(connection_, "DELETE FROM leases WHERE what = ? AND holder = ?", what, holder).run();
}

void SqliteMailboxes::release_all(std::string_view holder) {
    Query(connection_, "DELETE FROM leases WHERE holder = ?", holder).run();
}

void SqliteMailboxes::insist_held(std::string_view what, std::string_view holder, Time now) {
    if (!Query(connection_, "SELECT 1 FROM leases WHERE what = ? AND holder = ? AND until > ?",
               what, holder, now)
             .step())
        throw lease_lost(what);
}

// Who writes is alone here.
void SqliteMailboxes::confirm_held(std::string_view what, std::string_view holder, Time now) {
    insist_held(what, holder, now);
}

std::vector<Lease> SqliteMailboxes::leases(Time now) {
    std::vector<Lease> leases;
    Query query(connection_, "SELECT what, holder, until FROM leases WHERE until > ? ORDER BY what",
                now);
    while (query.step()) leases.push_back({query.text(0), query.text(1), query.time(2)});
    return leases;
}

std::vector<std::string> SqliteMailboxes::sweep_leases(std::chrono::milliseconds ago, Time now) {
    std::vector<std::string> swept;
    Query query(connection_, "DELETE FROM leases WHERE until <= ? RETURNING what", now - ago);
    while (query.step()) swept.push_back(query.text(0));
    return swept;
}

}  // namespace courant::detail
