#include "proxy-core/mailbox/detail/sqlite_connection.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "proxy-core/mailbox/detail/stored_hops.hpp"

namespace courant::detail {
namespace {

// Of a new file; an older one keeps its own, which was 4 KiB. A message of 2 kB does not fit twice
// into 4 KiB and took a page of its own, with as much again lost: half the speed.
constexpr int page_bytes = 8 << 10;
// The log is folded into the file when it has grown to this.
constexpr std::int64_t checkpoint_bytes = 4 << 20;
// What the log may keep on the disk after it had to grow beyond that.
constexpr int kept_log_bytes = 16 << 20;
// SQLite's own limit is a little higher.
constexpr std::size_t largest_value = 900'000'000;

std::string free_space(const std::filesystem::path& path) {
    std::error_code failure;
    const auto space = std::filesystem::space(path.parent_path(), failure);
    return failure ? "an unknown amount" : fmt::format("{} MiB", space.available >> 20);
}

bool out_of_room(int code, int system) {
    return (code & 0xFF) == SQLITE_FULL ||
           ((code & 0xFF) == SQLITE_IOERR &&
            (system == ENOSPC || system == EDQUOT || system == EFBIG));
}

// Why the system refused. SQLite does not pass it on for what happens inside a step, so that errno,
// zero when the step began, must tell.
int system_reason(sqlite3* handle) {
    const int reason = errno;
    const int told = sqlite3_system_errno(handle);
    return told != 0 ? told : reason;
}

// Readable by the owner alone from its first moment on. SQLite gives its log the same mode.
void make_private(const std::filesystem::path& path) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
}

}  // namespace

SqliteConnection::SqliteConnection(const std::filesystem::path& path, const SqliteOptions& options)
    : path_(path), options_(options), database_(opened()) {
    try {
        refuse_foreign_file();
        configure();
    } catch (const SQLite::Exception&) {
        throw fault(std::source_location::current());
    }
}

SQLite::Database SqliteConnection::opened() const {
    make_private(path_);
    try {
        return SQLite::Database(path_.string(),
                                SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                                static_cast<int>(options_.patience.count()));
    } catch (const SQLite::Exception& failure) {
        throw StoreError(
            fmt::format(
                "{}: cannot open the store: {}. Check that the folder exists and that this user "
                "may write in it.",
                path_.string(), failure.what()),
            Retry::useless);
    }
}

void SqliteConnection::refuse_foreign_file() {
    const auto application = database_.execAndGet("PRAGMA application_id").getInt();
    if (application == store_application_id) return;
    if (application == 0 &&
        database_.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0)
        return;
    throw StoreError(
        fmt::format(
            "{}: this is the database of another program, not a Courant store. Choose another "
            "path for the store.",
            path_.string()),
        Retry::useless);
}

void SqliteConnection::configure() {
    // Both in time only while the file is empty; in an older one the second waits for
    // make_shrinkable().
    database_.exec(fmt::format("PRAGMA page_size = {}", page_bytes));
    database_.exec("PRAGMA auto_vacuum = INCREMENTAL");
    const auto mode = database_.execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal")
        throw StoreError(
            fmt::format(
                "{}: no write-ahead log is possible here. The store must lie on a local disk, not "
                "on a network file system.",
                path_.string()),
            Retry::useless);
    database_.exec("PRAGMA synchronous = FULL");
    database_.exec("PRAGMA foreign_keys = ON");
    database_.exec("PRAGMA trusted_schema = OFF");
    // What a person asks to be erased is overwritten, and not only forgotten. Commands write
    // little; the running program deletes each message once, and would write everything twice.
    if (options_.ownership == Ownership::shared) database_.exec("PRAGMA secure_delete = ON");
    database_.exec(fmt::format("PRAGMA cache_size = -{}", options_.cache_bytes >> 10));
    const auto page = database_.execAndGet("PRAGMA page_size").getInt64();
    database_.exec(fmt::format("PRAGMA wal_autocheckpoint = {}", checkpoint_bytes / page));
    database_.exec(fmt::format("PRAGMA journal_size_limit = {}", kept_log_bytes));
    if (options_.max_bytes > 0)
        database_.exec(fmt::format("PRAGMA max_page_count = {}", options_.max_bytes / page));
}

std::optional<std::int64_t> SqliteConnection::own_limit() const {
    if (options_.max_bytes <= 0) return std::nullopt;
    return options_.max_bytes;
}

bool SqliteConnection::shrinkable() {
    constexpr int incremental = 2;
    return database_.execAndGet("PRAGMA auto_vacuum").getInt() == incremental;
}

void SqliteConnection::make_shrinkable() {
    execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
}

bool SqliteConnection::in_transaction() const {
    return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

void SqliteConnection::execute(const std::string& sql, std::source_location where) {
    errno = 0;
    if (database_.tryExec(sql) != SQLITE_OK) throw fault(where);
}

SQLite::Statement& SqliteConnection::statement(std::string_view sql) {
    if (!access_) throw StoreError("the mailboxes were used outside a transaction", Retry::useless);
    refuse_after_fault(std::source_location::current());
    if (*access_ == Access::reading && !sql.starts_with("SELECT"))
        throw StoreError("a work that reads tried to write", Retry::useless);
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    try {
        return statements_.try_emplace(sql, database_, std::string(sql)).first->second;
    } catch (const SQLite::Exception&) {
        throw fault(std::source_location::current());
    }
}

void SqliteConnection::make_put_off() {
    if (put_off_ != nullptr) put_off_->make();
}

void SqliteConnection::refuse_after_fault(std::source_location where) const {
    if (faulty_ || !in_transaction())
        throw StoreError(
            fmt::format("{}: this was undone after a fault of the store. Nothing of it was stored.",
                        path_.string()),
            Retry::worthwhile, where);
}

StoreError SqliteConnection::no_room(int system, std::source_location where) const {
    std::string why = free_space(path_) + " free on its disk";
    if (options_.max_bytes > 0)
        why += fmt::format("; it may have {} MiB in all", options_.max_bytes >> 20);
    if (system != 0) why += fmt::format("; {}", std::system_category().message(system));
    return {fmt::format("{}: no room left for the store ({}). Nothing of this was stored, and "
                        "nothing that was stored before is lost. Make room there.",
                        path_.string(), why),
            Retry::worthwhile, where};
}

StoreError SqliteConnection::fault(std::source_location where) {
    faulty_ = true;
    const int system = system_reason(database_.getHandle());
    const int code = database_.getExtendedErrorCode();
    const std::string path = path_.string();
    const std::string detail = database_.getErrorMsg();
    if (out_of_room(code, system)) return no_room(system, where);
    switch (code & 0xFF) {
        case SQLITE_IOERR:
            return {
                fmt::format("{}: the disk does not read or write: {}. Nothing of this was "
                            "stored. Look at the system's log for faults of the disk.",
                            path, system != 0 ? std::system_category().message(system) : detail),
                Retry::worthwhile, where};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {fmt::format("{}: another process has been writing in the store for over {} ms. "
                                "Try again when it is done.",
                                path, options_.patience.count()),
                    Retry::worthwhile, where};
        case SQLITE_NOMEM:
            return {fmt::format("{}: no memory left for the store", path), Retry::worthwhile,
                    where};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {fmt::format("{0}: this is no Courant store, or it is damaged ({1}). Stop the "
                                "program, keep a copy of the file, and restore a backup or try: "
                                "sqlite3 {0} .recover",
                                path, detail),
                    Retry::useless, where};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return {fmt::format("{}: cannot write the store ({}). Check that this user may write "
                                "the file and its folder.",
                                path, detail),
                    Retry::useless, where};
        default:
            return {fmt::format("{}: the store refused this: {}", path, detail), Retry::useless,
                    where};
    }
}

Transaction::Transaction(SqliteConnection& connection, Access access) : connection_(connection) {
    if (connection_.access_)
        throw StoreError("a transaction of the store began inside another", Retry::useless);
    connection_.execute(access == Access::writing ? "BEGIN IMMEDIATE" : "BEGIN");
    connection_.access_ = access;
    connection_.faulty_ = false;
}

Transaction::~Transaction() {
    if (connection_.put_off_ != nullptr) connection_.put_off_->forget();
    connection_.access_.reset();
    if (alive()) connection_.database_.tryExec("ROLLBACK");
}

void Transaction::insist(std::source_location where) const {
    connection_.refuse_after_fault(where);
}

void Transaction::commit() {
    insist();
    connection_.make_put_off();
    connection_.execute("COMMIT");
}

void Transaction::mark() {
    connection_.make_put_off();
    connection_.execute("SAVEPOINT work");
}

void Transaction::keep() {
    connection_.make_put_off();
    connection_.execute("RELEASE work");
}

void Transaction::undo() {
    connection_.faulty_ = false;
    if (connection_.put_off_ != nullptr) connection_.put_off_->forget();
    connection_.execute("ROLLBACK TO work; RELEASE work");
}

bool Query::step(std::source_location where) {
    errno = 0;
    const int code = statement_.tryExecuteStep();
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    throw connection_.fault(where);
}

std::int64_t Query::run(std::source_location where) {
    while (step(where)) {
    }
    return connection_.changes();
}

std::int64_t Query::integer(int column) const {
    return statement_.getColumn(column).getInt64();
}

double Query::number(int column) const {
    return statement_.getColumn(column).getDouble();
}

std::string Query::text(int column) const {
    return statement_.getColumn(column).getString();
}

std::int64_t Query::size(int column) const {
    return statement_.getColumn(column).getBytes();
}

Time Query::time(int column) const {
    return Time(std::chrono::nanoseconds(integer(column)));
}

std::optional<std::int64_t> Query::maybe_integer(int column) const {
    if (statement_.isColumnNull(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Query::maybe_text(int column) const {
    if (statement_.isColumnNull(column)) return std::nullopt;
    return text(column);
}

std::optional<Time> Query::maybe_time(int column) const {
    if (statement_.isColumnNull(column)) return std::nullopt;
    return time(column);
}

StoreError Query::damaged(std::string_view what) const {
    return {
        fmt::format("{}: the store is damaged: \"{}\" stands where it cannot. Restore a backup.",
                    connection_.path().string(), what),
        Retry::useless};
}

Jid Query::jid(int column) const {
    const auto spelled = text(column);
    if (auto jid = Jid::parse_any(spelled)) return *std::move(jid);
    throw damaged(spelled);
}

Envelope Query::envelope(int first_column) const {
    Envelope envelope{text(first_column), text(first_column + 1), Quality::raw, {}};
    const auto word = text(first_column + 2);
    const auto quality = quality_from(word);
    if (!quality) throw damaged(word);
    envelope.quality = *quality;
    const auto hops = text(first_column + 3);
    auto passed = hops_from(hops);
    if (!passed) throw damaged(hops);
    envelope.hops = *std::move(passed);
    return envelope;
}

void Query::bind(int index, std::int64_t value) {
    statement_.bind(index, value);
}

void Query::bind(int index, double value) {
    statement_.bind(index, value);
}

void Query::refuse_size(std::size_t bytes) const {
    if (bytes <= largest_value) return;
    throw StoreError(fmt::format("{} bytes are too many for one value of the store", bytes),
                     Retry::useless);
}

void Query::bind(int index, std::string_view value) {
    refuse_size(value.size());
    statement_.bind(index, std::string(value));
}

void Query::bind(int index, const Blob& value) {
    refuse_size(value.bytes.size());
    // A null pointer would mean NULL to SQLite, not empty.
    const char* data = value.bytes.empty() ? "" : value.bytes.data();
    statement_.bindNoCopy(index, static_cast<const void*>(data),
                          static_cast<int>(value.bytes.size()));
}

void Query::bind(int index, const std::vector<Jid>& value) {
    bind(index, hops_text(value));
}

}  // namespace courant::detail
