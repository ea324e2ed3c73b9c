// The federation thread's work: one session, all lanes, everything that the wire protocol demands.
//
//     Federation federation(settings, transport, store, {.inbox_grew = wake_sinks}, logger,
//     counters); std::jthread thread([&](std::stop_token stop) { federation.run(stop); });
//     federation.outbox_grew(lanes);                        // from any thread, after a commit
//
// Outgoing: a lane says what may go, the store reads it, the transport takes it; a receipt removes
// it from the outbox. Incoming: a message is checked (whose names, which hops, a pack that can be
// read), taken into the inbox, and acknowledged after the commit, never before. What is refused is
// set aside and answered with its reason, so that the lane goes on; what comes back as an error is
// never taken for data.
//
// What goes out is fair by bytes: lanes that may send read ahead from the outbox, each a portion,
// and what they have read takes turns (fair_queue.hpp) into a transport that is kept short. So a
// live reading waits for a few stanzas at most, whoever else has a year to catch up; and a peer
// that is slow or down holds nothing of what the others need, because all that its lane has under
// way is a window of its own. A turn costs what is due in it, not what there is: lanes are listed
// when something happened to them, or come up on an agenda.
//
// Why nothing is cached of peers: whoever adds a peer with the CLI expects the running proxy to
// know. The check stands in the transaction that takes the message in, where it costs one look-up
// and can never be out of date.
//
// Thread: run() and step() belong to one thread; the members marked so may be called from any. The
// store answers on its own thread; its answers come over a channel.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "proxy-core/channel.hpp"
#include "proxy-core/federation/agenda.hpp"
#include "proxy-core/federation/command_requester.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/fair_queue.hpp"
#include "proxy-core/federation/features.hpp"
#include "proxy-core/federation/foreign_lane.hpp"
#include "proxy-core/federation/form.hpp"
#include "proxy-core/federation/lane.hpp"
#include "proxy-core/federation/lane_rights.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/federation/quoalise.hpp"
#include "proxy-core/federation/transport.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/lasting_fault.hpp"
#include "proxy-core/observe/log.hpp"

namespace courant {

/// What the federation needs to know.
struct FederationSettings {
    /// Who we are; bare.
    Jid self;
    LaneLimits lanes;
    StanzaLimits stanzas;
    /// What we write and say that we read.
    Encodings encodings = Encodings::xml_and_packed;
    /// How much of a packed pack is unpacked.
    BodyLimits bodies;
    /// What Quoalise clients call our series.
    QuoaliseNames quoalise_names = {};
    /// Reading from the network pauses while more than this waits to be stored.
    std::size_t intake_bytes = std::size_t{8} << 20;
    /// How many lanes one peer may begin: a new one is for a new store, which is rare.
    std::int64_t lanes_per_peer = 64;
    /// Nothing new goes out while the transport holds this much: enough to keep it busy, and all
    /// that a live reading has before it.
    std::size_t transport_bytes = std::size_t{64} << 10;
    /// What all lanes together may have read from the outbox and not yet given to the transport.
    std::size_t read_ahead_bytes = std::size_t{4} << 20;
    /// Where the jitter of pauses begins; each lane makes its own of it.
    std::uint64_t seed = 0;
    /// Which lanes are ours; nothing where we are the only one on the store.
    std::optional<LaneRights> rights = {};
    /// The note in which the store says how the session is.
    std::string session_note = "session";
    /// How often lanes are looked up that others (the CLI) may have filled.
    std::chrono::milliseconds lane_refresh{2'000};
    /// Whether a message of so many bytes may come in; asked inside the transaction that would take
    /// it in. One that may not is not answered: its sender keeps it.
    std::function<bool(Mailboxes&, std::int64_t bytes, Time now)> admits =
        [](Mailboxes&, std::int64_t, Time) { return true; };
    /// How we describe ourselves to whoever asks (XEP-0128); nothing: we do not.
    std::optional<Form> description = {};
    /// Strangers may ask us something, and are told where we are.
    bool hears_strangers = false;
    /// The clock of readings and receipts; tests bring their own.
    std::function<Time()> clock = [] { return std::chrono::system_clock::now(); };
};

/// Whom the federation tells.
struct FederationCallbacks {
    /// The inbox holds something new. Called on the federation thread; be brief.
    std::function<void()> inbox_grew = [] {};
};

/// A message that was given a number: lane, peer, number, and how many readings it has.
struct Enqueued {
    LaneId lane;
    Jid peer;
    Seq seq = 0;
    std::int64_t records = 1;
    /// The message itself, if it is small: where its lane is idle it goes as it is, and a live
    /// reading need not wait until it has been read back from the outbox.
    std::optional<Message> fresh = {};
    /// When that was, on the clock that nobody sets. Made inside the transaction, so that it tells
    /// whether messages were put together before or after (coalesce.hpp): a number from before may
    /// by now be another message's, or nobody's.
    Instant numbered_at = std::chrono::steady_clock::now();
};

/// Everything between the mailboxes and the transport.
class Federation : private TransportListener {
  public:
    Federation(FederationSettings settings, Transport& transport, StoreThread& store,
               FederationCallbacks callbacks, Logger logger, Counters& counters);
    ~Federation() override;
    Federation(const Federation&) = delete;
    Federation& operator=(const Federation&) = delete;

    /// Opens the transport and works until a stop is requested; then closes it.
    void run(const std::stop_token& stop);
    /// One turn of that work; waits at most `patience` for something to do.
    void step(std::chrono::milliseconds patience);

    /// The outbox holds new messages. From any thread.
    void outbox_grew(std::vector<Enqueued> messages);
    /// Offers a command to those who may run it; before run().
    void offer(Command command) { commands_.offer(std::move(command)); }
    /// Asks somebody to run a command; `done` is called on the federation thread. From any thread.
    void ask(CommandRequest request, CommandDone done);
    /// Other lanes are ours now. From any thread.
    void rights_changed();
    /// Whether a session is bound. From any thread.
    bool online() const { return online_.load(); }

  private:
    using Event = std::function<void()>;
    struct Intaken;
    /// A receipt that is due: written once per turn, however many messages came.
    struct Owed {
        Jid to = {};  ///< who sent last: of several workers the one that waits for it
        Seq next = 1;
        std::vector<std::pair<Seq, Seq>> missing = {};
        std::vector<Reject> rejects = {};
    };
    using LaneKey = std::pair<Jid, LaneId>;
    struct Route {
        Lane lane;
        LastingFault fault;
        Seq stored_through = 0;  ///< the store knows that the peer has everything through here
        Circuit circuit = Circuit::closed;  ///< as people were told
        bool listed = false;                ///< stands in one of the lists of who is to be asked
        bool ours = true;                   ///< this worker sends it
        std::optional<std::uint64_t> tenure = {};  ///< under this tenure, where several could
        Instant merged_at = {};                    ///< when messages were put together last
        std::vector<Reject> unstored_rejects = {};
        /// What the peer refused, by number and record, and the outbox still holds.
        std::set<std::pair<Seq, std::int64_t>> rejected = {};
        bool storing = false;
        bool doubt_noted = false;                   ///< the store says that it is to be doubted
        std::unique_ptr<ForeignLane> foreign = {};  ///< where its peer speaks another dialect
    };
    /// A lane as the store has it.
    struct Found {
        OutgoingLane lane;
        std::optional<Seq> doubted = {};  ///< numbers beyond it wait for the peer's word
    };
    /// A stanza that waits for its turn.
    struct Waiting {
        std::vector<std::string> stanzas;
        Seq seq = 0;
        std::uint64_t turn = 0;  ///< of its lane: if the lane goes back, this is not sent
        bool again = false;      ///< the peer asked for it

        std::size_t bytes() const {
            std::size_t sum = 0;
            for (const std::string& stanza : stanzas) sum += stanza.size();
            return sum;
        }
    };
    /// What a lane read from the outbox.
    struct ReadAhead {
        std::vector<Message> messages;
        Publications publications = {};  ///< of their grants, for a service
        std::optional<Seq> last = {};    ///< of the lane, if messages were put together
        Instant merged_at;               ///< and when
    };

    void on_online(const Jid& full_jid) override;
    void on_offline(const SessionLoss& loss) override;
    void on_stanza(std::string_view stanza) override;

    void handle_message(const Element& message);
    void handle_bounce(const Element& message, const Jid& from);
    void take(Readings readings, const Jid& from, const Element& message);
    void take(NoticeMessage notice, const Jid& from, const Element& message);
    void take(const Void& gap, const Jid& from, const Element& message);
    void take(const Receipt& receipt, const Jid& from);
    void take(const Resume& resume, const Jid& from);
    void take_iq(const Element& iq);
    void take(const Where& where, const Jid& from);
    std::string description() const;
    CommandSurroundings command_surroundings();
    void queue_answer(std::string stanza);
    void send_answers();
    void send_what_waits();
    void ask_features(const Jid& from);
    std::shared_ptr<Intaken> arrived(const Jid& from, const Element& message);
    void store_intake(const std::shared_ptr<Intaken>& intaken);
    static void take_in(Intaken& intaken, Mailboxes& m, const FederationSettings& settings,
                        Time now);
    static bool is_here(Mailboxes& m, const Message& message);
    void intake_stored(const Intaken& intaken, const std::exception_ptr& failure);
    void refuse_sender(const Intaken& intaken);
    static void bury_arrived(Mailboxes& m, const Message& message, const Reject& reject, Time now);
    void tell_refused(const Intaken& intaken);
    void defer(const Intaken& intaken);
    void resume_deferred();
    void settle(Route& route, Seq before, Answered outcome, std::vector<Reject> rejects);
    void store_settled(Route& route);
    static void bury_rejected(Mailboxes& m, const Jid& from, const LaneId& lane,
                              const std::vector<Reject>& rejects, Time now);
    void complain(const Route& route, Seq through, Seq known);
    void renew_if_restored(Route& route, Seq through);
    void renew(Route& route, std::function<std::optional<LaneId>(Mailboxes&)> give_new);
    void tell_settled(const Jid& from, const LaneId& lane, const Settled& settled);

    Route* route(const LaneId& lane, const Jid& from, std::string_view what);
    bool passed_on(const LaneId& lane, const Jid& from,
                   const std::function<std::string(const Jid& to)>& answer);
    std::optional<std::uint64_t> tenure(const LaneId& lane) const;
    void begin_to_send(const Found& found, std::uint64_t tenure);
    void cease_to_send(Route& route);
    std::uint64_t seed_of(const LaneId& lane) const;
    Route& add_lane(const OutgoingLane& stored);
    void doubt_lanes_of_before();
    void end_doubt(Route& route);
    static std::optional<Seq> doubted(Mailboxes& m, const LaneId& lane);
    void look_up(const std::set<LaneId>& lanes);
    void refresh_lanes();
    void refreshed(const std::vector<OutgoingLane>& lanes);
    void say_where_we_stand();
    void schedule(Route& route);
    void list(Route& route);
    Route* next_listed();
    bool may_read_ahead() const;
    void pump();
    void pump(Route& route, std::optional<Message> fresh = {});
    void send_fetched(Route& route, const Fetch& fetch, std::vector<Message> messages,
                      const Publications& publications);
    std::string stanza_for(const Message& message);
    void remember(const std::vector<Peer>& peers);
    void follow_dialect(Route& route);
    Dialect dialect_of(const Jid& peer) const;
    LaneLimits limits_of(const Jid& peer) const;
    static Publications publications_of(Mailboxes& m, const std::vector<Message>& messages);
    Written written(Route& route, const Message& message, const Publications& publications);
    bool take_foreign_answer(const Element& iq);
    void settle_answered(Route& route);
    void publishing_refused(Route& route, Seq seq, const Element& iq);
    void make_node(Route& route, Seq seq);
    void node_made(Route& route, const Element& iq);
    bool take_push_bounce(const Element& message, const Jid& from);
    static void bury_push(Mailboxes& m, const Message& message, std::size_t part,
                          const std::string& reason, Time now);
    void hand_over();
    void follow_circuit(Route& route, const std::string& why);
    void send_voids(const Lane& lane, Seq from, Seq to);
    void flush_receipts();
    static Instant steady_now() { return std::chrono::steady_clock::now(); }
    std::size_t room_to_send() const;
    void answer(const std::string& stanza);
    bool may_complain();
    void note_session(const std::string& text);
    static std::string circuit_note(const Jid& peer);
    void post(Work work, std::function<void(std::exception_ptr)> done);
    void post_at_leisure(Work work, std::function<void(std::exception_ptr)> done);
    Done as_event(std::function<void(std::exception_ptr)> done);
    std::chrono::milliseconds patience(std::chrono::milliseconds most) const;

    FederationSettings settings_;
    Transport& transport_;
    StoreThread& store_;
    FederationCallbacks callbacks_;
    Logger logger_;
    Counters& counters_;
    LastingFault session_fault_;
    LastingFault store_fault_;
    std::atomic<bool> online_{false};
    std::map<std::string, Route, std::less<>> routes_;  ///< by lane id
    std::string resource_;                              ///< ours, in the present session
    std::map<LaneKey, Owed> owed_;                      ///< receipts to send at the end of the turn
    std::set<Jid> renewed_;  ///< whose lane was renewed in this run: a peer can do it once
    FairQueue<Route*, Waiting> outgoing_;
    Agenda<Route*> agenda_;    ///< lanes that will have something to do, and when
    std::deque<Route*> idle_;  ///< lanes to be asked now: with nothing under way
    std::deque<Route*> busy_;  ///< and the others
    PeerFeatures features_;
    std::map<Jid, Dialect> dialects_;  ///< of peers that do not speak ours
    Commands commands_;
    CommandRequester requester_;
    std::deque<std::string> answers_;  ///< to questions, until the transport has room
    std::size_t answers_bytes_ = 0;
    bool answers_first_ = false;
    int wheres_ = 0;  ///< being looked up
    BodyReader bodies_;
    senml::Pack pack_;                ///< the one inspected last, for its memory
    std::size_t fetching_bytes_ = 0;  ///< asked of the outbox and not yet answered
    /// Lanes of which something was not taken in for want of room.
    std::set<LaneKey> deferred_;
    bool lanes_known_ = false;
    std::optional<std::int64_t> peers_revision_;  ///< of the peers that `features_` knows
    Instant complaints_since_{};
    int complaints_ = 0;              ///< in that minute
    std::size_t intake_waiting_ = 0;  ///< bytes handed to the store and not yet committed
    Instant refresh_due_;
    /// Shared with works that are still queued in the store when this object goes.
    std::shared_ptr<Channel<Event>> events_;
};

}  // namespace courant
