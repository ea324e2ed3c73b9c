// A shape, what is remembered of one and a request for one, as both stores have them in a row.
#pragma once

#include <string>
#include <string_view>

#include "proxy-core/access/shape_book.hpp"

namespace courant::detail {

/// The shortest decimal that is read back as it was; empty for none.
std::string text_of_dead_band(double dead_band);
/// The way back; throws StoreError for what is no number.
double dead_band_of(std::string_view text);

/// Four columns from `first` on: every, dead_band, heartbeat, quality. `Query` is either store's.
template <class Query>
Shape shape_of(const Query& query, int first) {
    // Of a word that this program does not know, only the best is good enough.
    return {.every = query.text(first),
            .dead_band = dead_band_of(query.text(first + 1)),
            .heartbeat = query.text(first + 2),
            .quality = quality_from(query.text(first + 3)).value_or(Quality::invoiced)};
}

/// Columns: peer, series, grant_ref, state.
template <class Query>
ShapeState shape_state_of(const Query& query) {
    return {query.jid(0), query.text(1), query.text(2), query.text(3)};
}

/// Columns: id, peer, series, every, dead_band, heartbeat, quality, retain, asked_at, refusal.
template <class Query>
SubscriptionRequest subscription_request_of(const Query& query) {
    return {.id = query.text(0),
            .peer = query.jid(1),
            .series = query.text(2),
            .shape = shape_of(query, 3),
            .retain = query.text(7),
            .asked_at = query.time(8),
            .refusal = query.text(9)};
}

}  // namespace courant::detail
