// The mailboxes in PostgreSQL. The tables and the reasons for their shape stand in
// schemas/migrations/postgres.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "proxy-core/mailbox/detail/exchange_queries.hpp"
#include "proxy-core/mailbox/detail/postgres_access.hpp"
#include "proxy-core/mailbox/detail/postgres_archive.hpp"
#include "proxy-core/mailbox/detail/postgres_calls.hpp"
#include "proxy-core/mailbox/detail/postgres_connection.hpp"
#include "proxy-core/mailbox/detail/postgres_past.hpp"
#include "proxy-core/mailbox/detail/postgres_series.hpp"
#include "proxy-core/mailbox/detail/postgres_shapes.hpp"
#include "proxy-core/mailbox/detail/postgres_subjects.hpp"

namespace courant::detail {

/// Every member is one step inside the transaction that is open on the connection.
class PostgresMailboxes final : public Mailboxes {
  public:
    PostgresMailboxes(PostgresConnection& connection, const MailboxLimits& limits)
        : connection_(connection), limits_(limits) {}

    AccessBook& access() override { return access_; }
    SubjectBook& subjects() override { return subjects_; }
    ExchangeBook& exchange() override { return exchange_; }
    SeriesBook& series() override { return series_; }
    ShapeBook& shapes() override { return shapes_; }
    CallBook& calls() override { return calls_; }
    ReadingArchive& past() override { return past_; }
    void put_peer(const Peer& peer) override;
    void set_packed(const Jid& peer, bool understood) override;
    void set_card(const Jid& peer, std::string_view card) override;
    std::optional<Peer> find_peer(const Jid& bare) override;
    std::vector<Peer> peers() override;
    std::int64_t put_subscription(const Subscription& subscription) override;
    std::vector<Subscription> subscriptions() override;
    std::int64_t subscriptions_revision() override;
    bool remove_subscription(std::int64_t id) override;

    std::pair<LaneId, Seq> enqueue(const Outgoing& message, Time now) override;
    std::vector<Message> outbox(const LaneId& lane, Seq after, PageLimit limit) override;
    std::int64_t acknowledge(const LaneId& lane, Seq through) override;
    std::optional<LaneId> renew_lane(const LaneId& lane, Time now) override;
    std::optional<Dropped> drop_oldest(const LaneId& lane, const LaneCap& cap,
                                       std::string_view reason) override;
    std::optional<Message> find_outgoing(const LaneId& lane, Seq seq) override;
    std::vector<OutgoingLane> outgoing_lanes() override;
    std::optional<OutgoingLane> find_lane(const LaneId& lane) override;
    std::vector<OutgoingLane> waiting_lanes() override;
    bool replace_tail(const LaneId& lane, Seq from, Seq last,
                      std::span<const Message> messages) override;

    Intake take_in(const Message& message, Time now) override;
    Intake take_in_nothing(const Jid& peer, const LaneId& lane, Seq seq, Time now) override;
    std::vector<IncomingLane> incoming_lanes(const Jid& peer) override;
    std::vector<IncomingLane> incoming_lanes() override;
    bool knows_lane(const Jid& peer, const LaneId& lane) override;
    std::int64_t lanes_from(const Jid& peer) override;
    std::vector<Arrival> inbox(std::int64_t after, PageLimit limit) override;
    InboxSize inbox_size(std::int64_t after) override;
    std::int64_t delivered(std::string_view sink) override;
    void set_delivered(std::string_view sink, std::int64_t position) override;
    std::int64_t purge_delivered(std::span<const std::string> sinks) override;

    std::int64_t bury(const DeadLetter& letter) override;
    std::optional<DeadLetter> find_dead(std::int64_t id) override;
    std::vector<DeadLetter> dead(std::int64_t after, PageLimit limit) override;
    std::int64_t dead_count() override;
    bool has_dead(DeadOrigin origin, const LaneId& lane, Seq seq,
                  std::optional<std::int64_t> record) override;
    bool remove_dead(std::int64_t id) override;
    std::int64_t purge_dead(Time before, std::int64_t most) override;

    std::string cursor(std::string_view source) override;
    void set_cursor(std::string_view source, std::string_view cursor) override;
    std::optional<JobState> job_state(std::string_view job) override;
    std::vector<JobState> job_states() override;
    void set_job_state(const JobState& state) override;
    void add_to_counter(std::string_view name, std::int64_t amount) override;
    std::map<std::string, std::int64_t> counters() override;
    void set_note(std::string_view key, std::string_view text) override;
    std::string note(std::string_view key) override;

    std::vector<std::string> hold(std::span<const std::string> whats, std::string_view holder,
                                  std::chrono::milliseconds term, Time now) override;
    void release(std::string_view what, std::string_view holder) override;
    void release_all(std::string_view holder) override;
    void insist_held(std::string_view what, std::string_view holder, Time now) override;
    void confirm_held(std::string_view what, std::string_view holder, Time now) override;
    std::vector<Lease> leases(Time now) override;
    std::vector<std::string> sweep_leases(std::chrono::milliseconds ago, Time now) override;

    StoreRoom room() override;
    std::int64_t give_back(std::int64_t bytes) override;

    Archive& archive() override { return archive_; }

    /// Tells everybody that subscriptions, grants or peers are not what they were.
    void subscriptions_changed();
    /// Takes out what these numbers of a lane hold; they stay as voids.
    void empty(const LaneId& lane, const std::vector<Seq>& numbers, std::string_view reason);
    /// Gives a message that waits another body.
    void rewrite(const LaneId& lane, Seq seq, std::string_view body, std::int64_t records);
    /// As SubjectBook::rewrite_inbox.
    void rewrite_inbox(std::span<const Rewritten> messages);

  private:
    // Where a lane to somebody stands, its row locked.
    struct Outbound {
        std::int64_t row = 0;
        LaneId lane;
        std::int64_t version = 0;
        Seq next = 1;
        Seq acknowledged = 0;
        std::int64_t records = 0;
        std::int64_t bytes = 0;
        Seq voided = 0;

        // The last number before those that still hold messages.
        Seq front() const { return std::max(acknowledged, voided); }
    };
    // The same of a lane from somebody.
    struct Inbound {
        std::int64_t row = 0;
        std::int64_t version = 0;
        Seq next = 1;
        Seq highest = 0;
        std::int64_t waiting = 0;
    };
    // The end of the inbox, under its lock.
    struct End {
        std::int64_t position = 0;
        std::int64_t records = 0;
        std::int64_t bytes = 0;
    };
    // What this transaction has locked, and has therefore read for good: nobody else can change it
    // before its end. Forgotten when a part of the transaction is undone, for its locks go with it.
    struct Locked {
        std::uint64_t epoch = 0;
        std::map<std::string, Outbound, std::less<>> outbound;  ///< by peer
        std::map<std::pair<std::string, std::string>, Inbound> inbound;
        std::optional<End> end;
    };
    // A number that arrives, with what comes with it: a message or nothing.
    struct Arriving {
        Seq seq;
        const Message* message;
        Time now;
    };

    Locked& locked();

    Outbound* outbound(const LaneId& lane);
    Outbound* outbound_to(const Jid& peer);
    Outbound& new_outbound(const Jid& peer, Time now);
    Outbound read_outbound(std::int64_t row, LaneId lane);
    void store(Outbound& lane);
    void insert(std::int64_t row, const Message& message);
    std::int64_t remove(Outbound& lane, Seq first, Seq last);

    Intake arrive(const Jid& peer, const LaneId& lane, const Arriving& arriving);
    Inbound& inbound(const Jid& peer, const LaneId& lane);
    void append(const Inbound& lane, const Arriving& arriving);
    void join_those_behind(Inbound& lane);
    bool waits(const Inbound& lane, Seq seq);
    // Whether there was room.
    bool let_wait(Inbound& lane, const Arriving& arriving);
    void store(Inbound& lane);
    std::vector<std::pair<Seq, Seq>> missing(const Inbound& lane);
    End& end();

    PostgresConnection& connection_;
    MailboxLimits limits_;
    PostgresAccessBook access_{connection_, *this};
    PostgresSubjectBook subjects_{connection_, *this};
    PostgresSeriesBook series_{connection_};
    PostgresShapeBook shapes_{connection_};
    PostgresArchive archive_{connection_, *this, subjects_};
    PostgresCallBook calls_{connection_};
    PostgresReadingArchive past_{connection_};
    Locked locked_;
    ExchangeQueries<PostgresConnection, PostgresQuery, PostgresBytes> exchange_{connection_};
};

}  // namespace courant::detail
