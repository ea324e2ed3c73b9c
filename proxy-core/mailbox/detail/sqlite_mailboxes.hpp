// The mailboxes in SQLite. The tables and the reasons for their shape stand in
// schemas/migrations/sqlite.
#pragma once

#include "proxy-core/mailbox/detail/exchange_queries.hpp"
#include "proxy-core/mailbox/detail/page.hpp"
#include "proxy-core/mailbox/detail/sqlite_access.hpp"
#include "proxy-core/mailbox/detail/sqlite_archive.hpp"
#include "proxy-core/mailbox/detail/sqlite_calls.hpp"
#include "proxy-core/mailbox/detail/sqlite_connection.hpp"
#include "proxy-core/mailbox/detail/sqlite_past.hpp"
#include "proxy-core/mailbox/detail/sqlite_series.hpp"
#include "proxy-core/mailbox/detail/sqlite_shapes.hpp"
#include "proxy-core/mailbox/detail/sqlite_subjects.hpp"

namespace courant::detail {

/// The lane that grew last. Its row is changed once for all messages that come in a row, which
/// halved what a message costs, and not for each of them.
class GrowingLane final : public PutOff {
  public:
    /// Where a lane ends.
    struct End {
        Jid peer;
        std::int64_t row = 0;
        LaneId lane;
        Seq next = 1;
        std::int64_t messages = 0;  ///< these three not yet in the row
        std::int64_t records = 0;
        std::int64_t bytes = 0;
    };

    explicit GrowingLane(SqliteConnection& connection) : connection_(connection) {}
    /// Of the lane to a peer, which is made if it is not there yet and begins with 1.
    const End& end_of(const Jid& peer, Time now);
    /// Counts in the message that was stored at this end.
    void grow(std::int64_t records, std::int64_t bytes);
    void make() override;
    void forget() override { end_.reset(); }

  private:
    SqliteConnection& connection_;
    std::optional<End> end_;
};

/// Every member is one step inside the transaction that is open on the connection.
class SqliteMailboxes final : public Mailboxes {
  public:
    SqliteMailboxes(SqliteConnection& connection, const MailboxLimits& limits)
        : connection_(connection), limits_(limits) {
        connection.let_put_off(growing_);
    }
    SqliteMailboxes(const SqliteMailboxes&) = delete;
    SqliteMailboxes& operator=(const SqliteMailboxes&) = delete;

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

    StoreRoom room() override;
    std::int64_t give_back(std::int64_t bytes) override;

    std::vector<std::string> hold(std::span<const std::string> whats, std::string_view holder,
                                  std::chrono::milliseconds term, Time now) override;
    void release(std::string_view what, std::string_view holder) override;
    void release_all(std::string_view holder) override;
    void insist_held(std::string_view what, std::string_view holder, Time now) override;
    void confirm_held(std::string_view what, std::string_view holder, Time now) override;
    std::vector<Lease> leases(Time now) override;
    std::vector<std::string> sweep_leases(std::chrono::milliseconds ago, Time now) override;

    Archive& archive() override { return archive_; }

  private:
    // A row of lanes_in.
    struct Incoming {
        std::int64_t id = 0;
        Seq next = 1;
        Seq highest = 0;
        std::int64_t waiting = 0;
    };
    // A number that arrives, with what comes with it: a message or nothing.
    struct Arriving {
        Seq seq;
        const Message* message;
        Time now;
    };
    Incoming incoming(const Jid& peer, const LaneId& lane);
    Intake arrive(const Jid& peer, const LaneId& lane, const Arriving& arriving);
    void append(const Incoming& lane, const Arriving& arriving);
    void join_those_behind(Incoming& lane);
    bool waits(const Incoming& lane, Seq seq);
    // Whether there was room.
    bool let_wait(Incoming& lane, const Arriving& arriving);
    std::vector<std::pair<Seq, Seq>> missing(const Incoming& lane);

    SqliteConnection& connection_;
    MailboxLimits limits_;
    GrowingLane growing_{connection_};
    SqliteCallBook calls_{connection_};
    SqliteReadingArchive past_{connection_};
    std::int64_t subscription_changes_ = 0;  ///< by this connection
    SqliteAccessBook access_{connection_, subscription_changes_};
    SqliteSubjectBook subjects_{connection_, subscription_changes_};
    ExchangeQueries<SqliteConnection, Query, Blob> exchange_{connection_};
    SqliteSeriesBook series_{connection_};
    SqliteShapeBook shapes_{connection_};
    SqliteArchive archive_{connection_, *this, subjects_};
};

}  // namespace courant::detail
