// A whole PostgreSQL store, read and written as it is.
#pragma once

#include "proxy-core/mailbox/archive.hpp"
#include "proxy-core/mailbox/detail/postgres_connection.hpp"
#include "proxy-core/mailbox/detail/postgres_subjects.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class PostgresArchive final : public Archive {
  public:
    PostgresArchive(PostgresConnection& connection, Mailboxes& mailboxes,
                    PostgresSubjectBook& subjects)
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

    PostgresConnection& connection_;
    Mailboxes& mailboxes_;
    PostgresSubjectBook& subjects_;
};

}  // namespace courant::detail
