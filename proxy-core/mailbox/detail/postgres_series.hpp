// Series in PostgreSQL; the table is in schemas/migrations/postgres/0006_catalog.sql.
#pragma once

#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/detail/postgres_connection.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class PostgresSeriesBook final : public SeriesBook {
  public:
    explicit PostgresSeriesBook(PostgresConnection& connection) : connection_(connection) {}

    std::optional<SeriesSeen> find(std::string_view name) override;
    std::vector<SeriesSeen> page(std::string_view after, std::int64_t most) override;
    void put(const SeriesSeen& series) override;
    bool forget(std::string_view name) override;

  private:
    PostgresConnection& connection_;
};

}  // namespace courant::detail
