#include "proxy-core/mailbox/detail/postgres_shapes.hpp"

#include "proxy-core/mailbox/detail/shape_row.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

}  // namespace

ShapeState PostgresShapeBook::state(const Jid& peer, std::string_view series) {
    Query query(connection_,
                "SELECT peer, series, grant_ref, state FROM shape_states "
                "WHERE peer = $1 AND series = $2",
                peer, series);
    if (!query.step()) return {peer, std::string(series), {}, {}};
    return shape_state_of(query);
}

void PostgresShapeBook::set_state(const ShapeState& state) {
    if (state.state.empty()) {
        Query(connection_, "DELETE FROM shape_states WHERE peer = $1 AND series = $2", state.peer,
              state.series);
        return;
    }
    Query(connection_,
          "INSERT INTO shape_states (peer, series, grant_ref, state) VALUES ($1, $2, $3, $4) "
          "ON CONFLICT (peer, series) DO UPDATE SET grant_ref = excluded.grant_ref, "
          "state = excluded.state",
          state.peer, state.series, state.grant, state.state);
}

std::vector<ShapeState> PostgresShapeBook::states() {
    std::vector<ShapeState> all;
    Query query(connection_,
                "SELECT peer, series, grant_ref, state FROM shape_states ORDER BY peer, series");
    while (query.step()) all.push_back(shape_state_of(query));
    return all;
}

void PostgresShapeBook::put_request(const SubscriptionRequest& request) {
    Query(connection_,
          "INSERT INTO subscription_requests (id, peer, series, every, dead_band, heartbeat, "
          "quality, retain, asked_at, refusal) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
          "ON CONFLICT (peer, series) DO UPDATE SET id = excluded.id, every = excluded.every, "
          "dead_band = excluded.dead_band, heartbeat = excluded.heartbeat, "
          "quality = excluded.quality, retain = excluded.retain, asked_at = excluded.asked_at, "
          "refusal = excluded.refusal",
          request.id, request.peer, request.series, request.shape.every,
          text_of_dead_band(request.shape.dead_band), request.shape.heartbeat,
          request.shape.quality, request.retain, request.asked_at, request.refusal);
}

std::vector<SubscriptionRequest> PostgresShapeBook::requests() {
    std::vector<SubscriptionRequest> all;
    Query query(connection_,
                "SELECT id, peer, series, every, dead_band, heartbeat, quality, retain, asked_at, "
                "refusal FROM subscription_requests ORDER BY asked_at, id");
    while (query.step()) all.push_back(subscription_request_of(query));
    return all;
}

bool PostgresShapeBook::remove_request(std::string_view id) {
    return Query(connection_, "DELETE FROM subscription_requests WHERE id = $1", id).changed() > 0;
}

}  // namespace courant::detail
