// The exchange book of both stores: its statements are the same in SQLite and PostgreSQL. They name
// their parameters $1, $2 … in the order of their first use, which both understand.
#pragma once

#include <fmt/format.h>

#include <type_traits>

#include "proxy-core/access/exchange_book.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {

/// `Query` is a store's, on its `Connection`; `Bytes` is how it binds them.
template <class Connection, class Query, class Bytes>
class ExchangeQueries final : public ExchangeBook {
  public:
    explicit ExchangeQueries(Connection& connection) : connection_(connection) {}

    void put_held(const HeldGrant& held) override {
        run("INSERT INTO held_grants (peer, id, terms, state, state_since, state_reason, answer, "
            "offered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (peer, id) DO UPDATE "
            "SET state = excluded.state, state_since = excluded.state_since, "
            "state_reason = excluded.state_reason, answer = excluded.answer",
            held.grant.peer, held.grant.id,
            notice_body(OfferNotice{.grant = held.grant, .role = held.role}),
            to_word(held.grant.state), held.grant.state_since, held.grant.state_reason,
            to_word(held.answer), held.grant.added_at);
    }
    std::optional<HeldGrant> find_held(const Jid& peer, std::string_view id) override {
        Query query(connection_,
                    "SELECT peer, terms, state, state_since, state_reason, answer, offered_at "
                    "FROM held_grants WHERE peer = $1 AND id = $2",
                    peer.bare(), id);
        if (!query.step()) return std::nullopt;
        return held_of(query);
    }
    std::vector<HeldGrant> held() override {
        std::vector<HeldGrant> all;
        Query query(connection_,
                    "SELECT peer, terms, state, state_since, state_reason, answer, offered_at "
                    "FROM held_grants ORDER BY offered_at, peer, id");
        while (query.step()) all.push_back(held_of(query));
        return all;
    }
    std::string why_held_no_more(const Jid& peer, std::string_view id) override {
        Query query(connection_,
                    "SELECT state, answer FROM held_grants WHERE peer = $1 AND id = $2",
                    peer.bare(), id);
        if (!query.step()) return {};
        if (query.text(1) == to_word(OfferAnswer::declined))
            return fmt::format("grant {} was declined", id);
        const auto state = query.text(0);
        if (state != to_word(GrantState::withdrawn) && state != to_word(GrantState::erased))
            return {};
        return fmt::format("grant {} is {}", id, state);
    }

    std::vector<Arrival> notices(std::int64_t after, std::int64_t most) override {
        std::vector<Arrival> all;
        Query query(connection_,
                    "SELECT i.position, l.peer, l.lane, i.seq, i.retain, i.grant_ref, i.quality, "
                    "i.hops, i.records, i.stored_at, i.body FROM inbox i "
                    "JOIN lanes_in l ON l.id = i.lane WHERE i.records = 0 AND i.position > $1 "
                    "ORDER BY i.position LIMIT $2",
                    after, most);
        while (query.step()) {
            Arrival arrival = arrival_of(query);
            if (is_notice(arrival.message.body)) all.push_back(std::move(arrival));
        }
        return all;
    }
    void log(const NoticeEntry& entry) override {
        run("INSERT INTO notices (at, sent, peer, about, word, body) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            entry.at, std::int64_t{entry.sent}, entry.peer, entry.about, entry.word, entry.body);
    }
    std::vector<NoticeEntry> log_of(std::string_view about) override {
        std::vector<NoticeEntry> all;
        const auto read = [&](Query query) {
            while (query.step())
                all.push_back({query.time(0), query.integer(1) != 0, query.jid(2), query.text(3),
                               query.text(4), query.text(5)});
        };
        if (about.empty())
            read(Query(connection_,
                       "SELECT at, sent, peer, about, word, body FROM notices ORDER BY id"));
        else
            read(Query(connection_,
                       "SELECT at, sent, peer, about, word, body FROM notices WHERE about = $1 "
                       "ORDER BY id",
                       about));
        return all;
    }

    std::int64_t add_erasure(const Erasure& erasure) override {
        Query query(connection_,
                    "INSERT INTO erasures (peer, about, series, subject, since, before, asked_at, "
                    "readings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
                    erasure.peer, erasure.about, erasure.series, erasure.subject, erasure.from,
                    erasure.to, erasure.asked_at, erasure.readings);
        query.step();
        return query.integer(0);
    }
    std::vector<Erasure> open_erasures() override {
        std::vector<Erasure> all;
        Query query(connection_,
                    "SELECT id, peer, about, series, subject, since, before, asked_at, readings "
                    "FROM erasures WHERE done_at IS NULL ORDER BY id");
        while (query.step())
            all.push_back({query.integer(0), query.jid(1), query.text(2), query.text(3),
                           query.text(4), query.maybe_time(5), query.maybe_time(6), query.time(7),
                           query.integer(8)});
        return all;
    }
    void answer_erasure(std::int64_t id, const ErasureAnswer& answer) override {
        run("INSERT INTO erasure_answers (erasure, sink, erased, note) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (erasure, sink) DO UPDATE SET erased = excluded.erased, "
            "note = excluded.note",
            id, answer.sink, std::int64_t{answer.erased}, answer.note);
    }
    std::vector<ErasureAnswer> answers_to(std::int64_t id) override {
        std::vector<ErasureAnswer> all;
        Query query(connection_,
                    "SELECT sink, erased, note FROM erasure_answers WHERE erasure = $1 "
                    "ORDER BY sink",
                    id);
        while (query.step()) all.push_back({query.text(0), query.integer(1) != 0, query.text(2)});
        return all;
    }
    void close_erasure(std::int64_t id, Time now) override {
        run("UPDATE erasures SET done_at = $1 WHERE id = $2", now, id);
    }

    std::vector<Kept> kept(std::int64_t after, std::int64_t most) override {
        std::vector<Kept> all;
        Query query(connection_,
                    "SELECT i.position, l.peer, l.lane, i.seq, i.retain, i.grant_ref, i.quality, "
                    "i.hops, i.records, i.stored_at FROM inbox i JOIN lanes_in l ON l.id = i.lane "
                    "WHERE i.position > $1 AND i.records > 0 ORDER BY i.position LIMIT $2",
                    after, most);
        while (query.step())
            all.push_back({query.integer(0), query.jid(1), LaneId{query.text(2)}, query.integer(3),
                           query.envelope(4), query.integer(8), query.time(9)});
        return all;
    }
    std::optional<Arrival> arrival(std::int64_t position) override {
        Query query(connection_,
                    "SELECT i.position, l.peer, l.lane, i.seq, i.retain, i.grant_ref, i.quality, "
                    "i.hops, i.records, i.stored_at, i.body FROM inbox i "
                    "JOIN lanes_in l ON l.id = i.lane WHERE i.position = $1",
                    position);
        if (!query.step()) return std::nullopt;
        return arrival_of(query);
    }
    std::int64_t empty_waiting(const Jid& peer, std::string_view grant) override {
        std::int64_t readings = 0;
        {
            Query query(connection_,
                        "SELECT coalesce(sum(records), 0) FROM inbox_waiting WHERE grant_ref = $1 "
                        "AND lane IN (SELECT id FROM lanes_in WHERE peer = $2)",
                        grant, peer.bare());
            query.step();
            readings = query.integer(0);
        }
        run("UPDATE inbox_waiting SET body = NULL, records = 0 WHERE grant_ref = $1 "
            "AND lane IN (SELECT id FROM lanes_in WHERE peer = $2)",
            grant, peer.bare());
        return readings;
    }
    void empty_dead(std::int64_t id, std::string_view why) override {
        run("UPDATE dead_letters SET payload = $1, reason = reason || $2 WHERE id = $3", Bytes{""},
            fmt::format(" ({})", why), id);
    }

  private:
    template <class... Values>
    void run(std::string_view sql, const Values&... values) {
        Query query(connection_, sql, values...);
        if constexpr (requires { query.run(); }) query.run();
    }

    static HeldGrant held_of(const Query& query) {
        HeldGrant held;
        if (const auto notice = read_notice(query.text(1)))
            if (const auto* offer = std::get_if<OfferNotice>(&*notice)) {
                held.grant = offer->grant;
                held.role = offer->role;
            }
        held.grant.peer = query.jid(0);
        held.grant.state = grant_state_from(query.text(2)).value_or(GrantState::erased);
        held.grant.state_since = query.time(3);
        held.grant.state_reason = query.text(4);
        held.answer = offer_answer_from(query.text(5)).value_or(OfferAnswer::none);
        held.grant.added_at = query.time(6);
        return held;
    }

    // Columns: position, peer, lane, seq, retain, grant_ref, quality, hops, records, stored_at,
    // body.
    static Arrival arrival_of(const Query& query) {
        std::string body;
        if constexpr (requires { query.bytes(10); })
            body = query.bytes(10);
        else
            body = query.text(10);
        return {query.integer(0),
                {query.jid(1), LaneId{query.text(2)}, query.integer(3), query.envelope(4),
                 std::move(body), query.integer(8), query.time(9)}};
    }

    Connection& connection_;
};

}  // namespace courant::detail
