// Kept readings in PostgreSQL; the tables are in schemas/migrations/postgres/0007_past.sql.
#pragma once

#include "proxy-core/mailbox/detail/postgres_connection.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class PostgresReadingArchive final : public ReadingArchive {
  public:
    explicit PostgresReadingArchive(PostgresConnection& connection) : connection_(connection) {}

    void keep(const senml::Pack& readings, Quality quality, Time until) override;
    KeptPage read(std::string_view series, Time from, Time to, std::int64_t most) override;
    std::vector<KeptSeries> series() override;
    std::int64_t count() override;
    std::int64_t erase(std::string_view pattern, std::int64_t most) override;
    std::int64_t purge(Time now, std::int64_t most) override;

  private:
    std::int64_t row_of(std::string_view series);
    void forget_empty_series();

    PostgresConnection& connection_;
};

}  // namespace courant::detail
