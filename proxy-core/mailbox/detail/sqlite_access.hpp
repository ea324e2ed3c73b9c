// Grants and requests in SQLite; the tables are in schemas/migrations/sqlite/0005_access.sql.
#pragma once

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class SqliteAccessBook final : public AccessBook {
  public:
    /// Counts in `changes` what alters who gets what.
    SqliteAccessBook(SqliteConnection& connection, std::int64_t& changes)
        : connection_(connection), changes_(changes) {}

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
    void empty(std::int64_t outbox_row, std::string_view reason);

    SqliteConnection& connection_;
    std::int64_t& changes_;
};

}  // namespace courant::detail
