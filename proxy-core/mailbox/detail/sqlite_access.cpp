#include "proxy-core/mailbox/detail/sqlite_access.hpp"

#include "proxy-core/mailbox/detail/grant_row.hpp"

namespace courant::detail {
void SqliteAccessBook::add_grant(const Grant& grant) {
    ++changes_;
    Query(connection_,
          "INSERT INTO grants (id, subject, series, peer, purpose, basis, retain, history, "
          "valid_from, valid_until, mode, collected_by, collected_at, method, text_version, proof, "
          "guardian, state, state_since, state_reason, added_at, resolution, pseudonym, hidden) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
          "?, ?, ?)",
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
          std::int64_t{grant.pseudonym}, grant.hidden)
        .run();
}

std::optional<Grant> SqliteAccessBook::find_grant(std::string_view id) {
    Query query(
        connection_,
        "SELECT id, subject, series, peer, purpose, basis, retain, history, valid_from, "
        "valid_until, mode, collected_by, collected_at, method, text_version, proof, "
        "guardian, state, state_since, state_reason, added_at, resolution, pseudonym, hidden "
        "FROM grants WHERE id = ?",
        id);
    if (!query.step()) return std::nullopt;
    return grant_of(query);
}

std::vector<Grant> SqliteAccessBook::grants() {
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

bool SqliteAccessBook::set_grant_state(std::string_view id, GrantState state,
                                       std::string_view reason, Time now) {
    ++changes_;
    const auto changed = Query(connection_,
                               "UPDATE grants SET state = ?, state_since = ?, state_reason = ? "
                               "WHERE id = ?",
                               to_word(state), now, reason, id)
                             .run();
    if (changed == 0) return false;
    if (state == GrantState::active) return true;
    std::vector<std::int64_t> rows;
    {
        Query query(connection_,
                    "SELECT outbox.id FROM grants JOIN lanes_out ON lanes_out.peer = grants.peer "
                    "JOIN outbox ON outbox.lane = lanes_out.id AND outbox.grant_ref = grants.id "
                    "WHERE grants.id = ? AND outbox.void_reason = ''",
                    id);
        while (query.step()) rows.push_back(query.integer(0));
    }
    for (const auto row : rows) empty(row, "the grant is " + std::string(to_word(state)));
    return true;
}

std::int64_t SqliteAccessBook::void_lapsed(const LaneId& lane, Seq after, std::int64_t most,
                                           Time now) {
    std::vector<std::int64_t> rows;
    {
        Query query(connection_,
                    "SELECT id FROM (SELECT outbox.id, grant_ref, void_reason FROM outbox "
                    "WHERE lane = (SELECT id FROM lanes_out WHERE lane = ?) AND seq > ? "
                    "ORDER BY seq LIMIT ?) AS page "
                    "WHERE void_reason = '' AND EXISTS (SELECT 1 FROM grants "
                    "WHERE grants.id = grant_ref AND (state <> 'active' OR valid_from > ? "
                    "OR valid_until <= ?))",
                    lane, after, most, now, now);
        while (query.step()) rows.push_back(query.integer(0));
    }
    for (const auto row : rows) empty(row, "the grant has ended");
    return static_cast<std::int64_t>(rows.size());
}

// The number stays; what it held goes, and off the sums.
void SqliteAccessBook::empty(std::int64_t outbox_row, std::string_view reason) {
    Query(connection_,
          "UPDATE lanes_out SET waiting_records = waiting_records - gone.records, "
          "waiting_bytes = waiting_bytes - gone.bytes "
          "FROM (SELECT lane, records, length(body) AS bytes FROM outbox WHERE id = ?) AS gone "
          "WHERE lanes_out.id = gone.lane",
          outbox_row)
        .run();
    Query(connection_,
          "UPDATE outbox SET void_reason = ?, records = 0, body = x'', hops = '' WHERE id = ?",
          reason, outbox_row)
        .run();
}

void SqliteAccessBook::note_stranger(const Jid& jid, Time now) {
    {
        Query known(connection_, "SELECT last_at FROM admission_requests WHERE jid = ?", jid);
        if (known.step() && now - known.time(0) < admission_try_every) return;
    }
    Query(connection_,
          "INSERT INTO admission_requests (jid, first_at, last_at, tries) VALUES (?, ?, ?, 1) "
          "ON CONFLICT (jid) DO UPDATE SET last_at = excluded.last_at, tries = tries + 1",
          jid, now, now)
        .run();
    Query(connection_,
          "DELETE FROM admission_requests WHERE jid IN (SELECT jid FROM admission_requests "
          "ORDER BY last_at DESC, jid LIMIT -1 OFFSET ?)",
          most_admission_requests)
        .run();
}

std::vector<AdmissionRequest> SqliteAccessBook::admission_requests() {
    std::vector<AdmissionRequest> all;
    Query query(connection_,
                "SELECT jid, first_at, last_at, tries FROM admission_requests "
                "ORDER BY last_at DESC, jid");
    while (query.step())
        all.push_back({query.jid(0), query.time(1), query.time(2), query.integer(3)});
    return all;
}

bool SqliteAccessBook::remove_admission_request(const Jid& jid) {
    return Query(connection_, "DELETE FROM admission_requests WHERE jid = ?", jid).run() > 0;
}

}  // namespace courant::detail
