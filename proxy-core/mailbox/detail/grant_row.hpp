// A grant as both stores have it in a row.
#pragma once

#include "proxy-core/access/grant.hpp"

namespace courant::detail {

/// A value of a grant's consent, to be bound; nothing where the grant has none.
template <class Field>
auto of_consent(const Grant& grant, Field field) {
    return grant.consent ? std::optional(field(*grant.consent)) : std::nullopt;
}

/// Columns: id, subject, series, peer, purpose, basis, retain, history, valid_from, valid_until,
/// mode, collected_by, collected_at, method, text_version, proof, guardian, state, state_since,
/// state_reason, added_at, resolution, pseudonym, hidden. `Query` is either store's.
template <class Query>
Grant grant_of(const Query& query) {
    Grant grant;
    grant.id = query.text(0);
    grant.subject = query.text(1);
    grant.series = query.text(2);
    grant.peer = query.jid(3);
    grant.purpose = query.text(4);
    grant.basis = legal_basis_from(query.text(5)).value_or(LegalBasis::unrecorded);
    grant.retain = query.text(6);
    grant.history = query.text(7);
    grant.from = query.time(8);
    grant.until = query.maybe_time(9);
    if (const auto mode = query.maybe_text(10))
        grant.consent = Consent{.mode = consent_mode_from(*mode).value_or(ConsentMode::holder),
                                .collected_by = query.text(11),
                                .collected_at = query.time(12),
                                .method = query.text(13),
                                .text_version = query.text(14),
                                .proof = query.text(15),
                                .guardian = query.text(16)};
    // A word that this program does not know lets nothing through.
    grant.state = grant_state_from(query.text(17)).value_or(GrantState::erased);
    grant.state_since = query.time(18);
    grant.state_reason = query.text(19);
    grant.added_at = query.time(20);
    grant.resolution = query.text(21);
    grant.pseudonym = query.integer(22) != 0;
    grant.hidden = query.text(23);
    return grant;
}

}  // namespace courant::detail
