// Memories and requests of shapes in PostgreSQL; the tables are in
// schemas/migrations/postgres/0005_shape.sql.
#pragma once

#include "proxy-core/access/shape_book.hpp"
#include "proxy-core/mailbox/detail/postgres_connection.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class PostgresShapeBook final : public ShapeBook {
  public:
    explicit PostgresShapeBook(PostgresConnection& connection) : connection_(connection) {}

    ShapeState state(const Jid& peer, std::string_view series) override;
    void set_state(const ShapeState& state) override;
    std::vector<ShapeState> states() override;
    void put_request(const SubscriptionRequest& request) override;
    std::vector<SubscriptionRequest> requests() override;
    bool remove_request(std::string_view id) override;

  private:
    PostgresConnection& connection_;
};

}  // namespace courant::detail
