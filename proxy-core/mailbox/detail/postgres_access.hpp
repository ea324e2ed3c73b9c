// Grants and requests in PostgreSQL; the tables are in schemas/migrations/postgres/0002_access.sql.
#pragma once

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/mailbox/detail/postgres_connection.hpp"

namespace courant::detail {

class PostgresMailboxes;

/// Every member is one step inside the transaction that is open on the connection.
class PostgresAccessBook final : public AccessBook {
  public:
    PostgresAccessBook(PostgresConnection& connection, PostgresMailboxes& mailboxes)
        : connection_(connection), mailboxes_(mailboxes) {}

    void add_grant(const Grant& grant) override;
    std::optional<Grant> find_grant(std::string_view id) override;
    std::vector<Grant> grants() override;
    bool set_grant_state(std::string_view id, GrantState state, std::string_view reason,
                         Time now) override;
    std::int64_t void_lapsed(const LaneId& lane, Seq after, std::int64_t most, Time now) override;

    void note_stranger(const Jid& jid, Time now) override;
    std::vector<AdmissionRequest> admission_requests() override;
    bool remove_admission_request(const Jid& jid) override;

  private:
    PostgresConnection& connection_;
    PostgresMailboxes& mailboxes_;
};

}  // namespace courant::detail
