#include "proxy-core/mailbox/detail/sqlite_shapes.hpp"

#include "proxy-core/mailbox/detail/shape_row.hpp"

namespace courant::detail {

ShapeState SqliteShapeBook::state(const Jid& peer, std::string_view series) {
    Query query(connection_,
                "SELECT peer, series, grant_ref, state FROM shape_states "
                "WHERE peer = ? AND series = ?",
                peer, series);
    if (!query.step()) return {peer, std::string(series), {}, {}};
    return shape_state_of(query);
}

void SqliteShapeBook::set_state(const ShapeState& state) {
    if (state.state.empty()) {
        Query(connection_, "DELETE FROM shape_states WHERE peer = ? AND series = ?", state.peer,
              state.series)
            .run();
        return;
    }
    Query(connection_,
          "INSERT INTO shape_states (peer, series, grant_ref, state) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (peer, series) DO UPDATE SET grant_ref = excluded.grant_ref, "
          "state = excluded.state",
          state.peer, state.series, state.grant, state.state)
        .run();
}

std::vector<ShapeState> SqliteShapeBook::states() {
    std::vector<ShapeState> all;
    Query query(connection_,
                "SELECT peer, series, grant_ref, state FROM shape_states ORDER BY peer, series");
    while (query.step()) all.push_back(shape_state_of(query));
    return all;
}

void SqliteShapeBook::put_request(const SubscriptionRequest& request) {
    Query(connection_,
          "INSERT OR REPLACE INTO subscription_requests (id, peer, series, every, dead_band, "
          "heartbeat, quality, retain, asked_at, refusal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          request.id, request.peer, request.series, request.shape.every,
          text_of_dead_band(request.shape.dead_band), request.shape.heartbeat,
          request.shape.quality, request.retain, request.asked_at, request.refusal)
        .run();
}

std::vector<SubscriptionRequest> SqliteShapeBook::requests() {
    std::vector<SubscriptionRequest> all;
    Query query(connection_,
                "SELECT id, peer, series, every, dead_band, heartbeat, quality, retain, asked_at, "
                "refusal FROM subscription_requests ORDER BY asked_at, id");
    while (query.step()) all.push_back(subscription_request_of(query));
    return all;
}

bool SqliteShapeBook::remove_request(std::string_view id) {
    return Query(connection_, "DELETE FROM subscription_requests WHERE id = ?", id).run() > 0;
}

}  // namespace courant::detail
