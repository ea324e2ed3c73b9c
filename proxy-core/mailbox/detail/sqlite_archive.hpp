// A whole SQLite store, read and written as it is.
#pragma once

#include "proxy-core/mailbox/archive.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"
#include "proxy-core/mailbox/detail/sqlite_subjects.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class SqliteArchive final : public Archive {
  public:
    SqliteArchive(SqliteConnection& connection, Mailboxes& mailboxes, SqliteSubjectBook& subjects)
        : connection_(connection), mailboxes_(mailboxes), subjects_(subjects) {}

    Inventory inventory() override;
    Census census() override;
    std::vector<Waiting> waiting(const Jid& peer, const LaneId& lane, Seq after,
                                 std::int64_t limit) override;
    void restore(const Inventory& inventory) override;
    void restore_outgoing(const Message& message) override;
    void restore_arrival(const Arrival& arrival, std::int64_t records_through,
                         std::int64_t bytes_through) override;
    void restore_waiting(const Waiting& waiting) override;
    void restore_dead(const DeadLetter& letter) override;

  private:
    std::int64_t count(std::string_view sql);

    SqliteConnection& connection_;
    Mailboxes& mailboxes_;
    SqliteSubjectBook& subjects_;
};

}  // namespace courant::detail
