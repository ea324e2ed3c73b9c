#include "tests/bench/delivery/enqueue.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/bench/delivery/latency.hpp"
#include "tests/support/open_grant.hpp"

namespace courant::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int rounds = 7;
constexpr std::size_t commits = 40;

class BareTable {
  public:
    explicit BareTable(const std::filesystem::path& file)
        : database_(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
        // Settings that cost the store nothing are no part of what it costs more.
        database_.exec("PRAGMA page_size = 8192");
        database_.exec("PRAGMA journal_mode = WAL");
        database_.exec("PRAGMA synchronous = FULL");
        database_.exec(
            "CREATE TABLE outbox (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT "
            "NULL, envelope TEXT NOT NULL, stored_at INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE "
            "(lane, seq)) STRICT");
        insert_ = std::make_unique<SQLite::Statement>(
            database_,
            "INSERT INTO outbox (lane, seq, envelope, stored_at, body) VALUES (1, ?, ?, ?, ?)");
    }
    void put(const std::string& body, std::size_t count) {
        SQLite::Transaction transaction(database_);
        for (std::size_t i = 0; i < count; ++i) {
            insert_->bind(1, ++seq_);
            insert_->bindNoCopy(2, "P3Y raw home@home.test");
            insert_->bind(3, std::int64_t{1'700'000'000} + seq_);
            insert_->bindNoCopy(4, body.data(), static_cast<int>(body.size()));
            insert_->exec();
            insert_->reset();
        }
        transaction.commit();
    }

  private:
    SQLite::Database database_;
    std::unique_ptr<SQLite::Statement> insert_;
    std::int64_t seq_ = 0;
};

template <typename Put>
double rate(std::size_t per_commit, Put put) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < commits; ++i) put();
    const std::chrono::duration<double> took = Clock::now() - begin;
    return static_cast<double>(commits * per_commit) / took.count();
}

}  // namespace

EnqueueRates measure_enqueue(const std::filesystem::path& folder, std::size_t body_bytes,
                             std::size_t per_commit) {
    std::filesystem::create_directories(folder);
    const std::string body(body_bytes, 'x');
    BareTable table(folder / "bare.sqlite");
    const auto store = open_sqlite_store(folder / "ours.sqlite");
    Outgoing message;
    message.peer = *Jid::parse("coop@coop.test");
    message.envelope = {.retain = "P3Y",
                        .grant = "G",
                        .quality = Quality::raw,
                        .hops = {*Jid::parse("home@home.test")}};
    message.body = body;
    message.records = 1;
    store->commit([&](Mailboxes& m) {
        m.put_peer({.jid = message.peer});
        m.access().add_grant(test::open_grant(message.peer, "G"));
    });
    std::vector<double> bare;
    std::vector<double> ours;
    for (int round = 0; round < rounds; ++round) {
        bare.push_back(rate(per_commit, [&] { table.put(body, per_commit); }));
        ours.push_back(rate(per_commit, [&] {
            store->commit([&](Mailboxes& m) {
                for (std::size_t i = 0; i < per_commit; ++i)
                    m.enqueue(message, std::chrono::system_clock::now());
            });
        }));
    }
    return {percentile(bare, 0.5), percentile(ours, 0.5)};
}

}  // namespace courant::bench
