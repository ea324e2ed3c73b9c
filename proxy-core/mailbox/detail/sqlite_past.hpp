// Kept readings in SQLite; the tables are in schemas/migrations/sqlite/0010_past.sql.
#pragma once

#include "proxy-core/mailbox/detail/sqlite_connection.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class SqliteReadingArchive final : public ReadingArchive {
  public:
    explicit SqliteReadingArchive(SqliteConnection& connection) : connection_(connection) {}

    void keep(const senml::Pack& readings, Quality quality, Time until) override;
    KeptPage read(std::string_view series, Time from, Time to, std::int64_t most) override;
    std::vector<KeptSeries> series() override;
    std::int64_t count() override;
    std::int64_t erase(std::string_view pattern, std::int64_t most) override;
    std::int64_t purge(Time now, std::int64_t most) override;

  private:
    std::int64_t row_of(std::string_view series);
    void forget_empty_series();

    SqliteConnection& connection_;
};

}  // namespace courant::detail
