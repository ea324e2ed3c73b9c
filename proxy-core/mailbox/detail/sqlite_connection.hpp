// One connection to a SQLite file: settings, transactions, prepared statements, and faults that a
// person understands.
//
// Everything that the store does runs through Query, which refuses to work outside a transaction,
// and after a fault inside one until that is undone. A step of the mailboxes is several statements,
// and after a full disk SQLite may have undone the whole transaction by itself: what a caller who
// swallowed the exception did next would commit half a step, or all that follows alone.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy-core/mailbox/mailboxes.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"

namespace courant::detail {

/// "Cour", in the header of every store's file.
inline constexpr std::int32_t store_application_id = 0x436F7572;

/// What a transaction may do.
enum class Access { reading, writing };

/// A change that is put off, because what follows may change the same row again: a thousand
/// messages of a lane are one update of its row. It is made before anything else is read or
/// written.
class PutOff {
  public:
    virtual ~PutOff() = default;
    /// Makes the change, if there is one.
    virtual void make() = 0;
    /// Forgets it: what it belonged to is undone.
    virtual void forget() = 0;
};

/// An open SQLite file that is ours or empty.
class SqliteConnection {
  public:
    /// Makes the file where there is none; refuses what is no store of ours.
    SqliteConnection(const std::filesystem::path& path, const SqliteOptions& options);

    /// Where the file is.
    const std::filesystem::path& path() const { return path_; }
    /// How large its options let the file become; nothing if as large as the disk allows.
    std::optional<std::int64_t> own_limit() const;
    /// Whether the file can give empty pages back to the disk, a few at a time.
    bool shrinkable();
    /// Writes the whole file anew, so that it is shrinkable from now on. For a file of an older
    /// version, which was not made so.
    void make_shrinkable();
    /// Runs statements without parameters or answers.
    void execute(const std::string& sql,
                 std::source_location where = std::source_location::current());
    /// Who puts changes off; it must outlive the transactions.
    void let_put_off(PutOff& changes) { put_off_ = &changes; }
    /// The prepared statement of this text, made at its first use. Refused outside a transaction,
    /// after a fault, and for a change in a transaction that reads.
    SQLite::Statement& statement(std::string_view sql);
    /// Makes what was put off.
    void make_put_off();

    /// How many rows the last change changed.
    std::int64_t changes() const { return database_.getChanges(); }
    /// The id of the last row that was inserted.
    std::int64_t new_row() const { return database_.getLastInsertRowid(); }
    /// What SQLite's last complaint means for people. The transaction is of no use from now on.
    StoreError fault(std::source_location where);

  private:
    friend class Transaction;
    SQLite::Database opened() const;
    void refuse_foreign_file();
    void configure();
    bool in_transaction() const;
    StoreError no_room(int system, std::source_location where) const;
    void refuse_after_fault(std::source_location where) const;

    std::filesystem::path path_;
    SqliteOptions options_;
    SQLite::Database database_;
    std::unordered_map<std::string_view, SQLite::Statement> statements_;
    PutOff* put_off_ = nullptr;
    std::optional<Access> access_;
    bool faulty_ = false;
};

/// A transaction, undone at its end unless it was committed.
class Transaction {
  public:
    /// Begins; a writing one waits for other writers.
    Transaction(SqliteConnection& connection, Access access);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Makes it durable; throws StoreError, with nothing done.
    void commit();
    /// Still there: SQLite has not undone it after a fault.
    bool alive() const { return connection_.in_transaction(); }
    /// Throws StoreError after a fault, whoever swallowed it.
    void insist(std::source_location where = std::source_location::current()) const;
    /// Marks a place to return to.
    void mark();
    /// Forgets the mark, keeps what was done since.
    void keep();
    /// Undoes what was done since the mark, and forgets it.
    void undo();

  private:
    SqliteConnection& connection_;
};

/// Bytes to bind without a copy: they must live as long as the query.
struct Blob {
    std::string_view bytes;
};

/// Says that a query has nothing to do with what was put off, which stays so.
struct Aside {};

/// One use of a prepared statement: binds its parameters, gives its rows, and is free for the next
/// when it goes.
class Query {
  public:
    /// Binds the values in order. `sql` is a literal: it is kept as the statement's key.
    template <class... Values>
    Query(SqliteConnection& connection, std::string_view sql, const Values&... values)
        : Query((connection.make_put_off(), Aside{}), connection, sql, values...) {}
    /// The same beside what was put off.
    template <class... Values>
    Query(Aside, SqliteConnection& connection, std::string_view sql, const Values&... values)
        : connection_(connection), statement_(connection.statement(sql)) {
        int index = 0;
        (bind(++index, values), ...);
    }
    ~Query() { statement_.tryReset(); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// The next row, if there is one.
    bool step(std::source_location where = std::source_location::current());
    /// To its end; how many rows it changed.
    std::int64_t run(std::source_location where = std::source_location::current());

    std::int64_t integer(int column) const;
    double number(int column) const;
    std::string text(int column) const;
    Time time(int column) const;
    Jid jid(int column) const;
    std::optional<std::int64_t> maybe_integer(int column) const;
    std::optional<std::string> maybe_text(int column) const;
    std::optional<Time> maybe_time(int column) const;
    /// Four columns: retain, grant_ref, quality, hops.
    Envelope envelope(int first_column) const;
    /// How long the value is, in bytes.
    std::int64_t size(int column) const;

  private:
    void bind(int index, std::int64_t value);
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const Blob& value);
    void bind(int index, Time value) { bind(index, value.time_since_epoch().count()); }
    void bind(int index, const Jid& value) { bind(index, value.bare().to_string()); }
    void bind(int index, Quality value) { bind(index, to_word(value)); }
    void bind(int index, const LaneId& value) { bind(index, value.value); }
    void bind(int index, const std::vector<Jid>& value);
    template <class Value>
    void bind(int index, const std::optional<Value>& value) {
        if (value) {
            bind(index, *value);
        } else {
            statement_.bind(index);
        }
    }
    StoreError damaged(std::string_view what) const;
    void refuse_size(std::size_t bytes) const;

    SqliteConnection& connection_;
    SQLite::Statement& statement_;
};

}  // namespace courant::detail
