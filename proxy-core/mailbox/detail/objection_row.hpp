// Objections and transfers as rows, the same columns in both stores.
#pragma once

#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {

/// Columns: subject, kind, reason, since, until.
template <class Query>
Objection objection_of(const Query& query) {
    const auto kind = grant_state_from(query.text(1));
    if (!kind)
        throw StoreError(
            "the store is damaged: an objection is \"" + query.text(1) + "\". Restore a backup.",
            Retry::useless);
    return {query.text(0), *kind, query.text(2), query.time(3), query.maybe_time(4)};
}

/// Columns: grant_ref, messages, readings, first_at, last_at.
template <class Query>
Transfer transfer_of(const Query& query) {
    return {query.text(0), query.integer(1), query.integer(2), query.time(3), query.time(4)};
}

}  // namespace courant::detail
