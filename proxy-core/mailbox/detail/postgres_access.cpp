#include "proxy-core/mailbox/detail/postgres_access.hpp"

#include "proxy-core/mailbox/detail/grant_row.hpp"
#include "proxy-core/mailbox/detail/postgres_mailboxes.hpp"

namespace courant::detail {
namespace {

using Query = PostgresQuery;

}  // namespace

void PostgresAccessBook::add_grant(const Grant& grant) {
    mailboxes_.subscriptions_changed();
    Query(connection_,
          "INSERT INTO grants (id, subject, series, peer, purpose, basis, retain, history, "
          "valid_from, valid_until, mode, collected_by, collected_at, method, text_version, proof, "
          "guardian, state, state_since, state_reason, added_at, resolution, pseudonym, hidden) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
          "$18, $19, $20, $21, $22, $23, $24)",
          grant.id, grant.subject, grant.series, grant.peer, grant.purpose, to_word(grant.basis),
          grant.retain, grant.history, grant.from, grant.until,
          of_consent(grant, [](const Consent& c) { return std::string(to_word(c.mode)); }),
          of_consent(grant, [](const Consent& c) { return c.collected_by; }),
          of_consent(grant, [](const Consent& c) { return c.collected_at; }),
          of_consent(grant, [](const Consent& c) { return c.method; }),
          of_consent(grant, [](const Consent& c) { return c.text_version; }),
          of_consent(grant, [](const Consent& c) { return c.proof; }),
          of_consent(grant, [](const Consent& c) { return c.guardian; }), to_word(grant.state),
          grant.state_since, grant.state_reason, grant.added_at, grant.resolution,
          std::int64_t{grant.pseudonym}, grant.hidden);
}

std::optional<Grant> PostgresAccessBook::find_grant(std::string_view id) {
    Query query(
        connection_,
        "SELECT id, subject, series, peer, purpose, basis, retain, history, valid_from, "
        "valid_until, mode, collected_by, collected_at, method, text_version, proof, "
        "guardian, state, state_since, state_reason, added_at, resolution, pseudonym, hidden "
        "FROM grants WHERE id = $1",
        id);
    if (!query.step()) return std::nullopt;
    return grant_of(query);
}

std::vector<Grant> PostgresAccessBook::grants() {
    std::vector<Grant> all;
    Query query(
        connection_,
        "SELECT id, subject, series, peer, purpose, basis, retain, history, valid_from, "
        "valid_until, mode, collected_by, collected_at, method, text_version, proof, "
        "guardian, state, state_since, state_reason, added_at, resolution, pseudonym, hidden "
        "FROM grants "
        "ORDER BY added_at, id");
    while (query.step()) all.push_back(grant_of(query));
    return all;
}

bool PostgresAccessBook::set_grant_state(std::string_view id, GrantState state,
                                         std::string_view reason, Time now) {
    mailboxes_.subscriptions_changed();
    if (Query(connection_,
              "UPDATE grants SET state = $2, state_since = $3, state_reason = $4 WHERE id = $1", id,
              to_word(state), now, reason)
            .changed() == 0)
        return false;
    if (state == GrantState::active) return true;
    Query lane(connection_,
               "SELECT l.lane FROM grants g JOIN lanes_out l ON l.peer = g.peer WHERE g.id = $1",
               id);
    if (!lane.step()) return true;
    const LaneId lane_id{lane.text(0)};
    std::vector<Seq> numbers;
    Query query(connection_,
                "SELECT o.seq FROM lanes_out l JOIN outbox o ON o.lane = l.id "
                "WHERE l.lane = $1 AND o.grant_ref = $2 AND o.void_reason = '' ORDER BY o.seq",
                lane_id, id);
    while (query.step()) numbers.push_back(query.integer(0));
    mailboxes_.empty(lane_id, numbers, "the grant is " + std::string(to_word(state)));
    return true;
}

std::int64_t PostgresAccessBook::void_lapsed(const LaneId& lane, Seq after, std::int64_t most,
                                             Time now) {
    std::vector<Seq> numbers;
    Query query(connection_,
                "SELECT seq FROM (SELECT o.seq, o.grant_ref, o.void_reason FROM outbox o "
                "WHERE o.lane = (SELECT id FROM lanes_out WHERE lane = $1) AND o.seq > $2 "
                "ORDER BY o.seq LIMIT $3) page "
                "WHERE void_reason = '' AND EXISTS (SELECT 1 FROM grants WHERE grants.id = "
                "grant_ref AND (state <> 'active' OR valid_from > $4 OR valid_until <= $4))",
                lane, after, most, now);
    while (query.step()) numbers.push_back(query.integer(0));
    mailboxes_.empty(lane, numbers, "the grant has ended");
    return static_cast<std::int64_t>(numbers.size());
}

void PostgresAccessBook::note_stranger(const Jid& jid, Time now) {
    {
        Query known(connection_, "SELECT last_at FROM admission_requests WHERE jid = $1", jid);
        if (known.step() && now - known.time(0) < admission_try_every) return;
    }
    Query(connection_,
          "INSERT INTO admission_requests AS known (jid, first_at, last_at, tries) "
          "VALUES ($1, $2, $2, 1) ON CONFLICT (jid) DO UPDATE "
          "SET last_at = excluded.last_at, tries = known.tries + 1",
          jid, now);
    Query(connection_,
          "DELETE FROM admission_requests WHERE jid IN (SELECT jid FROM admission_requests "
          "ORDER BY last_at DESC, jid OFFSET $1)",
          most_admission_requests);
}

std::vector<AdmissionRequest> PostgresAccessBook::admission_requests() {
    std::vector<AdmissionRequest> all;
    Query query(connection_,
                "SELECT jid, first_at, last_at, tries FROM admission_requests "
                "ORDER BY last_at DESC, jid");
    while (query.step())
        all.push_back({query.jid(0), query.time(1), query.time(2), query.integer(3)});
    return all;
}

bool PostgresAccessBook::remove_admission_request(const Jid& jid) {
    return Query(connection_, "DELETE FROM admission_requests WHERE jid = $1", jid).changed() > 0;
}

}  // namespace courant::detail
