#include "proxy-core/mailbox/detail/postgres_connection.hpp"

#include <fmt/format.h>

#include <thread>

namespace courant::detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// The first numbers of our advisory locks, so that they meet no other program's; the second one is
// the schema's.
constexpr std::int64_t gate = 0x436F'7501;
constexpr std::int64_t inbox = 0x436F'7502;

// Two that wait for each other find out long before the database does, which looks after a second.
constexpr auto lock_patience = 250ms;

// Of a worker that stands still in the middle of a transaction the others are freed. Every
// statement of ours has its index; what the database believes of the size of a queue that fills and
// drains is always out of date, and would make it read a backlog from its beginning.
constexpr std::string_view session_settings =
    "SET search_path = {}; SET lock_timeout = '{}ms'; "
    "SET idle_in_transaction_session_timeout = '60s'; "
    "SET default_transaction_isolation = 'read committed'; "
    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off; "
    "SET plan_cache_mode = 'force_generic_plan'";

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

PostgresAddress address_of(const PostgresOptions& options) {
    auto address = postgres_address(options.url);
    if (!address)
        throw StoreError("store.url: " + postgres_url_fault(options.url).value_or(""),
                         Retry::useless);
    return *std::move(address);
}

}  // namespace

/// What there is as long as a connection lasts.
struct PostgresConnection::Session {
    explicit Session(const std::string& address)
        : connection(address), quiet(connection), channel(connection) {}

    pqxx::connection connection;
    // Or what the database remarks would go to our stderr.
    pqxx::quiet_errorhandler quiet;
    // We say BEGIN and COMMIT ourselves: libpqxx's transactions would connect anew behind our back.
    pqxx::nontransaction channel;
    std::unordered_map<std::string_view, std::string> statements;
};

PostgresConnection::PostgresConnection(PostgresOptions options)
    : options_(std::move(options)),
      address_(address_of(options_)),
      backoff_(options_.reconnect_first, options_.reconnect_max, random_seed()) {
    connect();
}

PostgresConnection::~PostgresConnection() = default;

void PostgresConnection::connect() {
    if (session_) return;
    if (retry_at_ && Clock::now() < *retry_at_)
        throw ConnectionLost(last_failure_, Retry::worthwhile);
    try {
        auto session = std::make_unique<Session>(address_.connection.reveal());
        auto& channel = session->channel;
        if (session->connection.server_version() < 130'000)
            throw StoreError(address_.place + ": this PostgreSQL is older than version 13",
                             Retry::useless);
        const auto facts = channel.exec_params1(
            "SELECT current_setting('server_encoding'), hashtext($1)", options_.schema);
        if (facts[0].as<std::string>() != "UTF8")
            throw StoreError(
                fmt::format("{}: the database keeps its texts in {}. Make one with the encoding "
                            "UTF8 for the store.",
                            address_.place, facts[0].c_str()),
                Retry::useless);
        schema_key_ = facts[1].as<std::int64_t>();
        channel.exec(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'");
        channel.exec(fmt::format(session_settings, channel.quote_name(options_.schema),
                                 lock_patience.count()));
        session_ = std::move(session);
    } catch (const StoreError&) {
        throw;
    } catch (const std::exception& failure) {
        retry_at_ = Clock::now() + backoff_.next();
        auto lost = no_connection(failure, address_.place, address_.password,
                                  std::source_location::current());
        last_failure_ = lost.what();
        throw lost;
    }
    retry_at_.reset();
    backoff_.reset();
}

std::string PostgresConnection::schema() const {
    return session_->connection.quote_name(options_.schema);
}

void PostgresConnection::drop() noexcept {
    session_.reset();
}

pqxx::nontransaction& PostgresConnection::channel() {
    return session_->channel;
}

void PostgresConnection::begin(PostgresAccess access, Company company) {
    const bool old = session_ != nullptr;
    connect();
    try {
        execute(opening(access, company));
    } catch (const ConnectionLost&) {
        // It had died since the last transaction, and nothing was done yet.
        if (!old) throw;
        fault_ = nullptr;
        connect();
        execute(opening(access, company));
    }
}

std::string PostgresConnection::opening(PostgresAccess access, Company company) const {
    if (access == PostgresAccess::reading) return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    if (company == Company::welcome)
        return fmt::format("BEGIN; SELECT pg_advisory_xact_lock_shared({}, {})", gate, schema_key_);
    return fmt::format(
        "BEGIN; SET LOCAL lock_timeout = '{}ms'; SELECT pg_advisory_xact_lock({}, {})",
        options_.patience.count(), gate, schema_key_);
}

void PostgresConnection::roll_back() noexcept {
    fault_ = nullptr;
    if (!session_) return;
    try {
        channel().exec("ROLLBACK");
    } catch (const std::exception&) {
        drop();
    }
}

pqxx::result PostgresConnection::execute(const std::string& sql, std::source_location where) {
    refuse_after_fault();
    return guarded([&] { return channel().exec(sql); }, where);
}

void PostgresConnection::lock_inbox() {
    run("SELECT pg_advisory_xact_lock($1::int4, $2::int4)", inbox, schema_key_);
}

std::string PostgresConnection::prepared(std::string_view sql) {
    if (!access_) throw StoreError("the mailboxes were used outside a transaction", Retry::useless);
    refuse_after_fault();
    if (!sql.starts_with("SELECT")) {
        if (*access_ == PostgresAccess::reading)
            throw StoreError("a work that reads tried to write", Retry::useless);
        wrote_ = true;
    }
    auto& statements = session_->statements;
    const auto [place, added] = statements.try_emplace(sql, fmt::format("s{}", statements.size()));
    if (added) session_->connection.prepare(place->second, std::string(sql));
    return place->second;
}

void PostgresConnection::refuse_after_fault() const {
    if (fault_) std::rethrow_exception(fault_);
}

void PostgresConnection::fail(const std::exception& failure, std::source_location where) {
    const bool open = session_ && session_->connection.is_open();
    fault_ = postgres_fault(failure, place(), address_.password, open, where);
    try {
        std::rethrow_exception(fault_);
    } catch (const ConnectionLost&) {
        drop();
        throw;
    }
}

// Asks what became of a transaction whose commit was not answered; returns if it happened.
void PostgresConnection::find_out(const std::string& transaction) {
    const auto until = Clock::now() + options_.doubt_patience;
    std::string reason = "the database does not know any more";
    do {
        try {
            connect();
            const auto status =
                channel().exec_params1("SELECT pg_xact_status($1::text::xid8)", transaction)[0];
            if (status.is_null()) break;
            if (status.as<std::string>() == "committed") return;
            if (status.as<std::string>() == "aborted")
                throw StoreError(place() +
                                     ": the database went away during the commit, and undid "
                                     "it. Nothing of this was stored.",
                                 Retry::worthwhile);
            reason = "it still goes on in the database";
        } catch (const ConnectionLost& lost) {
            reason = lost.what();
        } catch (const pqxx::pqxx_exception& failure) {
            drop();
            reason = no_connection(failure.base(), place(), address_.password,
                                   std::source_location::current())
                         .what();
        }
        std::this_thread::sleep_for(50ms);
    } while (Clock::now() < until);
    throw StoreError(fmt::format("{}: the database went away during a commit, and whether that "
                                 "happened is not known ({}). What is done again does no harm.",
                                 place(), reason),
                     Retry::worthwhile);
}

PostgresTransaction::PostgresTransaction(PostgresConnection& connection, PostgresAccess access,
                                         Company company)
    : connection_(connection) {
    if (connection_.access_)
        throw StoreError("a transaction of the store began inside another", Retry::useless);
    connection_.fault_ = nullptr;
    connection_.wrote_ = false;
    ++connection_.epoch_;
    try {
        connection_.begin(access, company);
    } catch (...) {
        connection_.roll_back();
        throw;
    }
    connection_.access_ = access;
}

PostgresTransaction::~PostgresTransaction() {
    const bool over = !connection_.access_;
    connection_.access_.reset();
    if (!over) connection_.roll_back();
}

void PostgresTransaction::insist() const {
    connection_.refuse_after_fault();
}

void PostgresTransaction::commit() {
    insist();
    std::string number;
    if (connection_.wrote_) {
        const auto answer =
            connection_.execute("SELECT coalesce(pg_current_xact_id_if_assigned()::text, '')");
        number = answer[0][0].as<std::string>();
    }
    connection_.access_.reset();
    try {
        connection_.execute("COMMIT");
    } catch (const ConnectionLost&) {
        if (number.empty()) throw;
        connection_.find_out(number);
    }
}

void PostgresTransaction::mark() {
    connection_.execute("SAVEPOINT work");
}

void PostgresTransaction::keep() {
    connection_.execute("RELEASE SAVEPOINT work");
}

void PostgresTransaction::undo() {
    connection_.fault_ = nullptr;
    ++connection_.epoch_;
    connection_.execute("ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work");
}

}  // namespace courant::detail
