// The store in a PostgreSQL database: one mailbox for several workers.
//
// Any number of processes, on any number of machines, open the same mailbox and work on it; they
// need to know nothing of each other. The tables lie in a schema of their own, made at the first
// opening. What one worker commits, the others read at once; numbers and positions are given out
// under locks that end with the transaction, so that nobody ever sees a number before a lower one.
//
// Durable means durable: a commit returns after the database has flushed its log. Where the role or
// the database turns synchronous_commit off, this connection turns it on again.
//
// When the database is away, every call fails at once with a StoreError that is worth retrying, and
// the connection is tried again after a back-off with full jitter: a database that comes back is
// not run down by its workers. A connection that died between two transactions is replaced
// unnoticed.
//
// The one hard case is a connection lost in the middle of a COMMIT: nobody has said whether it
// happened. The store then asks the database what became of the transaction (pg_xact_status) as
// soon as it is back, and answers accordingly. Where it stays away for too long, or has restarted
// without its memory, the answer is a StoreError that says so; callers stay correct because what
// they do a second time does nothing (a cursor that has moved, a number that was taken in, a
// receipt that was booked).
//
// Two transactions that wait for each other are no fault: the one that the database ends is run
// again, alone this time. Works may therefore run more than once (mailboxes.hpp).
//
// Needs PostgreSQL 13 or newer, and a connection of one's own: a pooler must give sessions, not
// transactions.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "proxy-core/config/secret.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// How to open a store in PostgreSQL.
struct PostgresOptions {
    /// As libpq reads it: "postgresql://user:password@host:5432/database".
    Secret url;
    /// Where the tables lie. One proxy's mailboxes to a schema.
    std::string schema = "courant";
    MailboxLimits limits;
    /// How long a transaction waits for those of others before it gives up.
    std::chrono::milliseconds patience{5'000};
    /// How long a lost commit is asked after.
    std::chrono::milliseconds doubt_patience{30'000};
    /// The longest pause before the first and before any later try to connect again.
    std::chrono::milliseconds reconnect_first{200};
    std::chrono::milliseconds reconnect_max{5'000};
};

/// Opens the store, makes its schema where there is none, and brings that up to date. Throws
/// StoreError: no connection, not allowed, of a newer version than this program, or of an older one
/// that others are running on.
std::unique_ptr<Store> open_postgres_store(const PostgresOptions& options);

/// What is wrong with a URL; nothing if it can be tried. Never repeats any of it.
std::optional<std::string> postgres_url_fault(const Secret& url);

/// Which database a URL means, for people: without its password.
std::string postgres_place(const Secret& url);

}  // namespace courant
