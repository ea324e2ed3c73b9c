// The book of calls in SQLite; the tables are in schemas/migrations/sqlite/0010_past.sql.
#pragma once

#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class SqliteCallBook final : public CallBook {
  public:
    explicit SqliteCallBook(SqliteConnection& connection) : connection_(connection) {}

    std::int64_t begin(const RecordedCall& call) override;
    void end(std::int64_t id, const CallEnd& end, Time now) override;
    std::int64_t cancel(const Jid& asker, std::string_view request, Time now) override;
    std::vector<RecordedCall> calls(std::int64_t after, std::int64_t most) override;
    std::int64_t count() override;
    std::int64_t purge(Time before, std::int64_t most) override;
    void restore(const RecordedCall& call) override;

  private:
    SqliteConnection& connection_;
};

}  // namespace courant::detail
