// One connection to a PostgreSQL database: session, transactions, prepared statements, and faults
// that a person understands.
//
// The counterpart of sqlite_connection.hpp, with the same rule: everything runs through
// PostgresQuery, which refuses to work outside a transaction, and after a fault inside one until
// that is undone. A connection that was lost is made again by the next transaction.
//
// Every writing transaction holds the mailbox's gate, an advisory lock: shared as a rule, so that
// workers commit beside each other, and alone where it is run again after a conflict. A second
// conflict is thereby impossible, and nothing needs to be known of the order in which rows are
// locked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proxy-core/federation/backoff.hpp"
#include "proxy-core/mailbox/detail/postgres_fault.hpp"
#include "proxy-core/mailbox/detail/postgres_url.hpp"
#include "proxy-core/mailbox/postgres_store.hpp"

namespace courant::detail {

/// A value on its way into a statement; NULL without a text.
struct PostgresValue {
    std::optional<std::string> text;
};

/// Bytes to bind.
struct PostgresBytes {
    std::string_view bytes;
};

PostgresValue postgres_value(std::int64_t value);
/// PostgreSQL's texts are UTF-8 without NUL: what else comes in (a line of a broken file in the
/// reason of a dead letter) gets U+FFFD in its place.
PostgresValue postgres_value(std::string_view value);
inline PostgresValue postgres_value(const std::string& value) {
    return postgres_value(std::string_view(value));
}
inline PostgresValue postgres_value(const char* value) {
    return postgres_value(std::string_view(value));
}
PostgresValue postgres_value(bool value);
PostgresValue postgres_value(Time value);
PostgresValue postgres_value(const Jid& value);
PostgresValue postgres_value(Quality value);
PostgresValue postgres_value(const LaneId& value);
PostgresValue postgres_value(const std::vector<Jid>& value);
/// As an array of texts.
PostgresValue postgres_value(std::span<const std::string> value);
inline pqxx::binarystring postgres_value(const PostgresBytes& value) {
    return {value.bytes.empty() ? "" : value.bytes.data(), value.bytes.size()};
}
template <class Value>
PostgresValue postgres_value(const std::optional<Value>& value) {
    return value ? postgres_value(*value) : PostgresValue{};
}

}  // namespace courant::detail

/// How libpqxx takes our values.
template <>
struct pqxx::string_traits<courant::detail::PostgresValue> {
    static constexpr const char* name() noexcept { return "value"; }
    static constexpr bool has_null() noexcept { return true; }
    static bool is_null(const courant::detail::PostgresValue& value) noexcept {
        return !value.text;
    }
    static std::string to_string(const courant::detail::PostgresValue& value) {
        return *value.text;
    }
};

namespace courant::detail {

/// What a transaction may do.
enum class PostgresAccess { reading, writing };
/// Whether it runs beside those of others.
enum class Company { welcome, unwanted };

/// A connection that is made when it is needed, and made again when it was lost.
class PostgresConnection {
  public:
    /// Connects.
    explicit PostgresConnection(PostgresOptions options);
    ~PostgresConnection();
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    /// Which database, for people.
    const std::string& place() const { return address_.place; }
    const PostgresOptions& options() const { return options_; }
    /// The schema's name as SQL wants it.
    std::string schema() const;
    /// Grows whenever what was read and locked so far may no longer be true: when a transaction
    /// begins, and when a part of one is undone.
    std::uint64_t epoch() const { return epoch_; }

    /// Runs statements without parameters.
    pqxx::result execute(const std::string& sql,
                         std::source_location where = std::source_location::current());
    /// Runs a prepared statement, prepared at its first use. `sql` is a literal: it is kept as the
    /// statement's key. Refused outside a transaction, after a fault, and for a change in a
    /// transaction that reads.
    template <class... Values>
    pqxx::result run(std::string_view sql, const Values&... values) {
        const std::string name = prepared(sql);
        return guarded([&] { return channel().exec_prepared(name, postgres_value(values)...); },
                       std::source_location::current());
    }
    /// Takes the lock of the inbox's end until the end of the transaction.
    void lock_inbox();

  private:
    friend class PostgresTransaction;
    struct Session;
    template <class Run>
    pqxx::result guarded(Run run, std::source_location where) {
        try {
            return run();
        } catch (const std::exception& failure) {
            fail(failure, where);
        }
    }
    [[noreturn]] void fail(const std::exception& failure, std::source_location where);
    std::string prepared(std::string_view sql);
    pqxx::nontransaction& channel();
    void connect();
    void begin(PostgresAccess access, Company company);
    std::string opening(PostgresAccess access, Company company) const;
    void roll_back() noexcept;
    void drop() noexcept;
    void refuse_after_fault() const;
    void find_out(const std::string& transaction);

    PostgresOptions options_;
    PostgresAddress address_;
    std::unique_ptr<Session> session_;
    Backoff backoff_;
    std::optional<std::chrono::steady_clock::time_point> retry_at_;
    std::string last_failure_;
    std::optional<PostgresAccess> access_;
    bool wrote_ = false;
    std::exception_ptr fault_;
    std::uint64_t epoch_ = 0;
    std::int64_t schema_key_ = 0;
};

/// A transaction, undone at its end unless it was committed.
class PostgresTransaction {
  public:
    /// Begins, with a new connection where the old one is gone.
    PostgresTransaction(PostgresConnection& connection, PostgresAccess access,
                        Company company = Company::welcome);
    ~PostgresTransaction();
    PostgresTransaction(const PostgresTransaction&) = delete;
    PostgresTransaction& operator=(const PostgresTransaction&) = delete;

    /// Makes it durable; throws StoreError, with nothing done unless it says otherwise.
    void commit();
    /// Throws the first fault there was, whoever swallowed it.
    void insist() const;
    /// Marks a place to return to.
    void mark();
    /// Forgets the mark, keeps what was done since.
    void keep();
    /// Undoes what was done since the mark, and forgets it.
    void undo();

  private:
    PostgresConnection& connection_;
};

/// The answer of one statement, row by row.
class PostgresQuery {
  public:
    /// Binds the values in order, $1 first, and runs the statement.
    template <class... Values>
    PostgresQuery(PostgresConnection& connection, std::string_view sql, const Values&... values)
        : connection_(connection), rows_(connection.run(sql, values...)) {}

    /// The next row, if there is one.
    bool step() { return ++row_ < static_cast<pqxx::result::difference_type>(rows_.size()); }
    /// How many rows the statement changed.
    std::int64_t changed() const { return static_cast<std::int64_t>(rows_.affected_rows()); }

    std::int64_t integer(int column) const;
    std::string text(int column) const;
    bool flag(int column) const;
    std::string bytes(int column) const;
    Time time(int column) const;
    Jid jid(int column) const;
    std::optional<std::int64_t> maybe_integer(int column) const;
    std::optional<std::string> maybe_text(int column) const;
    std::optional<double> maybe_number(int column) const;
    std::optional<Time> maybe_time(int column) const;
    /// Four columns: retain, grant_ref, quality, hops.
    Envelope envelope(int first_column) const;

  private:
    pqxx::field field(int column) const;
    StoreError damaged(std::string_view what) const;

    PostgresConnection& connection_;
    pqxx::result rows_;
    pqxx::result::difference_type row_ = -1;
};

}  // namespace courant::detail
