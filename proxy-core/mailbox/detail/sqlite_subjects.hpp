// Objections, transfers and what is taken back, in SQLite; the tables are in
// schemas/migrations/sqlite/0011_subject.sql.
#pragma once

#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class SqliteSubjectBook final : public SubjectBook {
  public:
    /// Counts in `changes` what alters who gets what.
    SqliteSubjectBook(SqliteConnection& connection, std::int64_t& changes)
        : connection_(connection), changes_(changes) {}

    void put_objection(const Objection& objection) override;
    bool remove_objection(std::string_view subject) override;
    std::vector<Objection> objections() override;
    std::vector<Transfer> transfers() override;
    void rewrite_outgoing(const LaneId& lane, Seq seq, std::string_view body, std::int64_t records,
                          std::string_view reason) override;
    void rewrite_inbox(std::span<const Rewritten> messages) override;
    void rewrite_waiting(const Jid& peer, const LaneId& lane, Seq seq, std::string_view body,
                         std::int64_t records) override;
    void rewrite_dead(std::int64_t id, std::string_view payload) override;

    /// The peer's receipt covers these messages of a lane, by its row.
    void count_transfers(std::int64_t lane_row, Seq through);
    /// As it was in another store.
    void restore(const Transfer& transfer);

  private:
    SqliteConnection& connection_;
    std::int64_t& changes_;
};

}  // namespace courant::detail
