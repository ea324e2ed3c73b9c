#include "proxy-core/federation/federation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/iq.hpp"

namespace courant {
namespace {

// Rejects of messages in the outbox that are remembered: a peer cannot make us remember more.
constexpr std::size_t most_rejected = 65'536;

Instant steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

/// A receipt that is due: written once per turn, however many messages came.
struct Federation::Owed {
    Seq next = 1;
    std::vector<std::pair<Seq, Seq>> missing;
    std::vector<Reject> rejects;
};

Federation::Federation(FederationSettings settings, Transport& transport, StoreThread& store,
                       FederationCallbacks callbacks, Logger logger, Counters& counters)
    : settings_(std::move(settings)),
      transport_(transport),
      store_(store),
      callbacks_(std::move(callbacks)),
      logger_(logger),
      counters_(counters),
      session_fault_(logger, "session"),
      store_fault_(logger, "store"),
      refresh_due_(steady_now()),
      events_(std::make_shared<Channel<Event>>()) {}

Federation::~Federation() {
    // Works still queued in the store hold pointers to this: wait until the store has done them.
    try {
        store_.ask([](Mailboxes&) {});
    } catch (const Error&) {
        // Then they have failed; either way they are done.
    }
}

void Federation::run(const std::stop_token& stop) {
    const std::stop_callback end_wait(stop, [this] { transport_.wake(); });
    transport_.open();
    while (!stop.stop_requested()) step(std::chrono::seconds(1));
    flush_receipts();
    transport_.close();
    online_ = false;
}

void Federation::step(std::chrono::milliseconds most) {
    if (steady_now() >= refresh_due_) refresh_lanes();
    auto events = events_->take();
    if (intake_waiting_ > settings_.intake_bytes) {
        if (events.empty()) events = events_->take(most);
    } else {
        transport_.poll(events.empty() ? patience(most) : std::chrono::milliseconds(0), *this);
    }
    for (const Event& event : events) event();
    for (const Event& event : events_->take()) event();
    pump();
    flush_receipts();
}

std::chrono::milliseconds Federation::patience(std::chrono::milliseconds most) const {
    Instant until = std::min(refresh_due_, steady_now() + most);
    for (const auto& [id, route] : routes_)
        if (const auto deadline = route.lane.deadline()) until = std::min(until, *deadline);
    if (transport_.queued_bytes() > settings_.transport_bytes)
        until = std::min(until, steady_now() + std::chrono::milliseconds(10));
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(until - steady_now()));
}

void Federation::post(Work work, std::function<void(std::exception_ptr)> done) {
    store_.post(std::move(work),
                [this, events = events_, done = std::move(done)](std::exception_ptr failure) {
                    events->push([done, failure] { done(failure); });
                    transport_.wake();
                });
}

// --- sessions

void Federation::on_online(const Jid& full_jid) {
    online_ = true;
    session_fault_.succeeded(settings_.clock());
    logger_.info("session began", {{"jid", full_jid.to_string()}});
    counters_.get("courant_sessions_total").add();
    for (auto& [id, route] : routes_) route.lane.session_began(steady_now());
    refresh_lanes();
    say_where_we_stand();
    post([jid = full_jid.to_string(), at = to_timestamp(settings_.clock())](
             Mailboxes& m) { m.set_note("session", "online since " + at + " as " + jid); },
         [](std::exception_ptr) {});
}

void Federation::on_offline(const SessionLoss& loss) {
    online_ = false;
    session_fault_.failed(loss.reason, settings_.clock());
    for (auto& [id, route] : routes_) route.lane.session_lost();
    post([note = "offline since " + to_timestamp(settings_.clock()) + ": " +
                 loss.reason](Mailboxes& m) { m.set_note("session", note); },
         [](std::exception_ptr) {});
}

// Tells every peer which number is expected next, so that it goes on at once instead of at its next
// time-out.
void Federation::say_where_we_stand() {
    auto lanes = std::make_shared<std::vector<IncomingLane>>();
    post([lanes](Mailboxes& m) { *lanes = m.incoming_lanes(); },
         [this, lanes](std::exception_ptr failure) {
             if (failure) return;
             for (const IncomingLane& lane : *lanes)
                 transport_.send(to_stanza(Resume{lane.lane, lane.next}, lane.peer));
         });
}

// --- what comes in

void Federation::on_stanza(std::string_view text) {
    const auto stanza = read_stanza(text, settings_.stanzas);
    if (!stanza) {
        counters_.get("courant_stanzas_refused_total").add();
        logger_.warning("stanza refused", {{"reason", stanza.error()}});
        return;
    }
    if (stanza->name == "message")
        handle_message(*stanza);
    else if (stanza->name == "iq")
        if (const auto answer = answer_iq(*stanza)) transport_.send(*answer);
}

void Federation::handle_message(const Element& message) {
    const auto from = Jid::parse(message.attribute("from"));
    if (!from) return;  // our own server speaks in its own name; nothing of that concerns us
    if (message.attribute("type") == "error") return handle_bounce(message, from->bare());
    auto payload = payload_of(message);
    if (!payload) {
        counters_.get("courant_stanzas_refused_total").add();
        logger_.warning("message refused",
                        {{"peer", from->bare().to_string()}, {"reason", payload.error()}});
        return;
    }
    if (!*payload) return;
    if (auto* readings = std::get_if<Readings>(&**payload))
        take(std::move(*readings), from->bare(), message);
    else if (const auto* gap = std::get_if<Void>(&**payload))
        take(*gap, from->bare(), message);
    else if (const auto* receipt = std::get_if<Receipt>(&**payload))
        take(*receipt, from->bare());
    else if (const auto* resume = std::get_if<Resume>(&**payload))
        take(*resume, from->bare());
}

// A bounce tells the lane to pause. Whatever it carries is our own message coming back, and never
// data.
void Federation::handle_bounce(const Element& message, const Jid& from) {
    counters_.get("courant_bounces_total", {{"peer", from.to_string()}}).add();
    const auto id = from_stanza_id(message.attribute("id"));
    if (!id) return;
    const auto found = routes_.find(id->first.value);
    if (found == routes_.end() || found->second.lane.peer() != from) return;
    std::string reason = "it came back";
    if (const Element* error = message.child("error", client_namespace))
        for (const Element& child : error->children)
            reason += (child.name == "text" ? ": " + child.text : " as " + child.name);
    found->second.fault.failed(reason, settings_.clock());
    found->second.lane.bounced(steady_now());
    post([key = "lane " + from.to_string(), reason, at = to_timestamp(settings_.clock())](
             Mailboxes& m) { m.set_note(key, at + " " + reason); },
         [](std::exception_ptr) {});
}

/// A message on its way into the store, and what became of it there.
struct Federation::Intaken {
    Message message;
    Inspection inspection;
    std::string
        stanza_id;       ///< of the message, for who asked for an XEP-0184 receipt or gets an error
    std::string sender;  ///< full JID as the stanza gave it
    bool wants_receipt = false;  ///< XEP-0184
    bool is_void = false;
    std::string void_reason;

    bool stranger = false;
    std::string refused;
    Intake intake;
};

void Federation::take(Readings readings, const Jid& from, const Element& message) {
    auto intaken = std::make_shared<Intaken>();
    intaken->inspection = inspect(readings, from, settings_.self, settings_.clock());
    intaken->stanza_id = message.attribute("id");
    intaken->sender = message.attribute("from");
    intaken->wants_receipt = message.child("request", receipts_namespace) != nullptr;
    intaken->message = Message{.peer = from,
                               .lane = std::move(readings.lane),
                               .seq = readings.seq,
                               .envelope = std::move(readings.envelope),
                               .body = std::move(readings.body),
                               .records = intaken->inspection.records,
                               .stored_at = settings_.clock()};
    store_intake(intaken);
}

void Federation::take(const Void& gap, const Jid& from, const Element& message) {
    auto intaken = std::make_shared<Intaken>();
    intaken->is_void = true;
    intaken->void_reason = gap.reason;
    intaken->stanza_id = message.attribute("id");
    intaken->sender = message.attribute("from");
    intaken->wants_receipt = message.child("request", receipts_namespace) != nullptr;
    intaken->message.peer = from;
    intaken->message.lane = gap.lane;
    intaken->message.seq = gap.seq;
    store_intake(intaken);
}

void Federation::store_intake(const std::shared_ptr<Intaken>& intaken) {
    const std::size_t bytes = intaken->message.body.size();
    intake_waiting_ += bytes;
    post(
        [intaken, now = settings_.clock()](Mailboxes& m) {
            const Message& message = intaken->message;
            const auto peer = m.find_peer(message.peer);
            if (!peer) {
                intaken->stranger = true;
                return;
            }
            intaken->refused = intaken->inspection.fault;
            if (intaken->refused.empty() && !intaken->inspection.foreign_name.empty() &&
                !peer->relay)
                intaken->refused =
                    message.peer.to_string() + " may not speak " + intaken->inspection.foreign_name;
            if (!intaken->is_void && intaken->refused.empty()) {
                intaken->intake = m.take_in(message, now);
                return;
            }
            intaken->intake = m.take_in_nothing(message.peer, message.lane, message.seq, now);
            if (intaken->is_void || intaken->intake.repeated) return;
            m.bury({.at = now,
                    .origin = DeadOrigin::arrived,
                    .whom = message.peer.to_string(),
                    .lane = message.lane,
                    .seq = message.seq,
                    .record = {},
                    .reason = intaken->refused,
                    .payload = message.body,
                    .envelope = message.envelope});
        },
        [this, intaken, bytes](std::exception_ptr failure) {
            intake_waiting_ -= bytes;
            intake_stored(*intaken, failure);
        });
}

void Federation::intake_stored(const Intaken& intaken, const std::exception_ptr& failure) {
    const Message& message = intaken.message;
    const std::string peer = message.peer.to_string();
    if (failure) {
        // No receipt: the sender keeps it and sends it again.
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            store_fault_.failed(error.what(), settings_.clock());
        }
        return;
    }
    store_fault_.succeeded(settings_.clock());
    if (intaken.stranger) return refuse_stranger(intaken);
    Owed& owed = owed_[{message.peer, message.lane}];
    owed.next = std::max(owed.next, intaken.intake.next);
    owed.missing = intaken.intake.missing;
    if (!intaken.refused.empty()) {
        owed.rejects.push_back({.seq = message.seq, .record = {}, .reason = intaken.refused});
        counters_.get("courant_messages_refused_total", {{"peer", peer}}).add();
        logger_.warning("message refused", {{"peer", peer},
                                            {"lane", message.lane.value},
                                            {"seq", message.seq},
                                            {"reason", intaken.refused}});
    } else if (intaken.intake.repeated) {
        counters_.get("courant_messages_repeated_total", {{"peer", peer}}).add();
    } else if (intaken.is_void) {
        logger_.info("number voided by its sender", {{"peer", peer},
                                                     {"lane", message.lane.value},
                                                     {"seq", message.seq},
                                                     {"reason", intaken.void_reason}});
    } else {
        counters_.get("courant_messages_received_total", {{"peer", peer}}).add();
        counters_.get("courant_readings_received_total", {{"peer", peer}})
            .add(static_cast<std::uint64_t>(message.records));
        callbacks_.inbox_grew();
    }
    if (intaken.wants_receipt && !intaken.stanza_id.empty())
        transport_.send(delivery_receipt(intaken.stanza_id, intaken.sender));
}

// Who is no peer gets an answer that its operator can read, and leaves no trace in the store.
void Federation::refuse_stranger(const Intaken& intaken) {
    counters_.get("courant_messages_from_strangers_total").add();
    logger_.warning(
        "message from a stranger refused",
        {{"from", intaken.sender},
         {"hint", "courant peer add " + intaken.message.peer.to_string() + " makes it a peer"}});
    std::string error = "<message type='error' to='";
    append_escaped(error, intaken.sender);
    error += "' id='";
    append_escaped(error, intaken.stanza_id);
    error +=
        "'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>you are no peer of this "
        "proxy</text></error></message>";
    transport_.send(error);
}

void Federation::flush_receipts() {
    if (!online_) return;
    constexpr std::size_t most_ranges = 16;
    constexpr std::size_t most_rejects = 64;  // a receipt is a stanza too
    for (auto& [key, owed] : owed_) {
        if (owed.missing.size() > most_ranges) owed.missing.resize(most_ranges);
        Receipt receipt;
        receipt.lane = key.second;
        receipt.at = settings_.clock();
        // A sender looks for a refused message before it lets go of it: the number comes last.
        for (auto& rejects = owed.rejects; rejects.size() > most_rejects;
             rejects.erase(rejects.begin(), rejects.begin() + most_rejects)) {
            receipt.rejects.assign(rejects.begin(), rejects.begin() + most_rejects);
            transport_.send(to_stanza(receipt, key.first));
        }
        receipt.through = owed.next - 1;
        receipt.missing = owed.missing;
        receipt.rejects = owed.rejects;
        transport_.send(to_stanza(receipt, key.first));
    }
    owed_.clear();
}

// --- what is answered

Federation::Route* Federation::route(const LaneId& lane, const Jid& from, std::string_view what) {
    const auto found = routes_.find(lane.value);
    if (found != routes_.end() && found->second.lane.peer() == from) return &found->second;
    counters_.get("courant_stanzas_refused_total").add();
    logger_.warning("answer for a lane that we do not have",
                    {{"peer", from.to_string()}, {"lane", lane.value}, {"what", what}});
    return nullptr;
}

void Federation::take(const Receipt& receipt, const Jid& from) {
    Route* route = this->route(receipt.lane, from, "receipt");
    if (!route) return;
    const Seq before = route->lane.acknowledged();
    settle(*route, before, route->lane.receipt(receipt.through, steady_now()), receipt.rejects);
    for (const auto& [first, last] : receipt.missing)
        if (const auto gone = route->lane.missing(first, last, steady_now()))
            send_voids(route->lane, gone->first, gone->second);
}

void Federation::take(const Resume& resume, const Jid& from) {
    Route* route = this->route(resume.lane, from, "resume");
    if (!route) return;
    if (resume.next <= route->lane.acknowledged()) {
        counters_.get("courant_peer_losses_total", {{"peer", from.to_string()}}).add();
        logger_.error("the peer has lost what it had acknowledged",
                      {{"peer", from.to_string()},
                       {"lane", resume.lane.value},
                       {"from", resume.next},
                       {"to", route->lane.acknowledged()}});
    }
    const Seq before = route->lane.acknowledged();
    settle(*route, before, route->lane.resume(resume.next, steady_now()), {});
}

void Federation::settle(Route& route, Seq before, std::variant<Settled, PeerFault> outcome,
                        std::vector<Reject> rejects) {
    const Jid& from = route.lane.peer();
    const LaneId& lane = route.lane.id();
    if (const auto* fault = std::get_if<PeerFault>(&outcome)) {
        counters_.get("courant_stanzas_refused_total").add();
        logger_.error("the peer acknowledges what was never sent",
                      {{"peer", from.to_string()},
                       {"lane", lane.value},
                       {"through", fault->through},
                       {"given_out", fault->given_out}});
        return;
    }
    route.fault.succeeded(settings_.clock());
    const Settled& settled = std::get<Settled>(outcome);
    tell_settled(from, lane, settled);
    for (Reject& reject : rejects) {
        // Who sends a message again gets its reject again.
        const auto number = std::pair(reject.seq, reject.record.value_or(0));
        if (reject.seq <= before || route.rejected.size() >= most_rejected) continue;
        if (!route.rejected.insert(number).second) continue;
        route.unstored_rejects.push_back(std::move(reject));
    }
    route.rejected.erase(route.rejected.begin(),
                         route.rejected.lower_bound({route.lane.acknowledged() + 1, 0}));
    store_settled(route);
}

// What a receipt settled leaves the outbox. One step at a time for each lane, because a reject
// needs its message; what fails stays and goes with the next step or the next refresh.
void Federation::store_settled(Route& route) {
    const Seq through = route.lane.acknowledged();
    if (route.storing || (route.unstored_rejects.empty() && route.stored_through >= through))
        return;
    route.storing = true;
    auto rejects = std::make_shared<std::vector<Reject>>(std::move(route.unstored_rejects));
    route.unstored_rejects.clear();
    post(
        [lane = route.lane.id(), from = route.lane.peer(), through, rejects,
         now = settings_.clock()](Mailboxes& m) {
            for (const Reject& reject : *rejects) {
                const auto message = m.find_outgoing(lane, reject.seq);
                if (!message) continue;
                m.bury({.id = 0,
                        .at = now,
                        .origin = DeadOrigin::sent,
                        .whom = from.to_string(),
                        .lane = lane,
                        .seq = reject.seq,
                        .record = reject.record,
                        .reason = reject.reason,
                        .payload = reject.record ? single_record(message->body, *reject.record, now)
                                                 : message->body,
                        .envelope = message->envelope});
            }
            m.acknowledge(lane, through);
        },
        [this, id = route.lane.id(), through, rejects](std::exception_ptr failure) {
            Route& settled = routes_.find(id.value)->second;
            settled.storing = false;
            if (failure) {
                counters_.get("courant_store_failures_total").add();
                settled.unstored_rejects.insert(settled.unstored_rejects.begin(), rejects->begin(),
                                                rejects->end());
                return;
            }
            settled.stored_through = through;
            store_settled(settled);
        });
}

void Federation::tell_settled(const Jid& from, const LaneId& lane, const Settled& settled) {
    const std::string peer = from.to_string();
    counters_.get("courant_messages_acknowledged_total", {{"peer", peer}})
        .add(settled.messages.size());
    if (!logger_.writes(LogLevel::debug)) return;
    const Time now = settings_.clock();
    for (const InFlight& message : settled.messages) {
        const std::chrono::duration<double> delay = now - message.stored_at;
        logger_.debug("message acknowledged", {{"peer", peer},
                                               {"lane", lane.value},
                                               {"seq", message.seq},
                                               {"readings", message.records},
                                               {"delay_seconds", delay.count()}});
    }
}

// --- what goes out

void Federation::outbox_grew(std::vector<Enqueued> messages) {
    events_->push([this, messages = std::move(messages)] {
        for (const Enqueued& message : messages) {
            // Of a new lane the store knows how far it is acknowledged.
            const auto known = routes_.find(message.lane.value);
            if (known == routes_.end()) return refresh_lanes();
            known->second.lane.grew(message.seq);
        }
    });
    transport_.wake();
}

void Federation::add_lane(const OutgoingLane& stored) {
    const auto [place, added] = routes_.try_emplace(
        stored.lane.value,
        Route{.lane = Lane(stored, settings_.lanes),
              .fault = LastingFault(logger_, "lane to " + stored.peer.to_string()),
              .stored_through = stored.acknowledged});
    if (added && online_) place->second.lane.session_began(steady_now());
}

void Federation::refresh_lanes() {
    refresh_due_ = steady_now() + settings_.lane_refresh;
    auto lanes = std::make_shared<std::vector<OutgoingLane>>();
    post([lanes](Mailboxes& m) { *lanes = m.outgoing_lanes(); },
         [this, lanes](std::exception_ptr failure) {
             if (failure) return;
             for (const OutgoingLane& stored : *lanes) {
                 add_lane(stored);
                 Route& route = routes_.find(stored.lane.value)->second;
                 route.lane.grew(stored.next - 1);
                 store_settled(route);
             }
         });
}

void Federation::pump() {
    if (!online_) return;
    for (auto& [id, route] : routes_) {
        if (transport_.queued_bytes() > settings_.transport_bytes) return;
        pump(route.lane);
    }
}

void Federation::pump(Lane& lane) {
    const auto fetch = lane.next_fetch(steady_now());
    if (!fetch) return;
    auto messages = std::make_shared<std::vector<Message>>();
    post(
        [messages, id = lane.id(), fetch = *fetch](Mailboxes& m) {
            *messages =
                m.outbox(id, fetch.after, {.messages = fetch.messages, .bytes = fetch.bytes});
        },
        [this, messages, id = lane.id(), fetch = *fetch](std::exception_ptr failure) {
            if (failure) messages->clear();
            send_fetched(id, fetch, *messages);
        });
}

void Federation::send_fetched(const LaneId& id, const Fetch& fetch,
                              const std::vector<Message>& messages) {
    Lane& lane = routes_.find(id.value)->second.lane;
    std::vector<InFlight> flying;
    for (const Message& message : messages)
        flying.push_back({.seq = message.seq,
                          .bytes = static_cast<std::int64_t>(message.body.size()),
                          .records = message.records,
                          .stored_at = message.stored_at});
    if (!lane.fetched(fetch, flying, steady_now())) return;
    Counter& sent =
        counters_.get("courant_messages_sent_total", {{"peer", lane.peer().to_string()}});
    for (const Message& message : messages) {
        if (fetch.through && message.seq > *fetch.through) break;
        transport_.send(to_stanza(message));
        sent.add();
    }
    if (fetch.through)
        counters_.get("courant_messages_resent_total", {{"peer", lane.peer().to_string()}})
            .add(messages.size());
}

// The peer asks for what it had acknowledged and we no longer have: it gets a void for each, so
// that its lane can go on.
void Federation::send_voids(const Lane& lane, Seq from, Seq to) {
    logger_.warning(
        "voids sent for messages that were acknowledged before",
        {{"peer", lane.peer().to_string()}, {"lane", lane.id().value}, {"from", from}, {"to", to}});
    for (Seq seq = from; seq <= to; ++seq)
        transport_.send(to_stanza(Void{lane.id(), seq, "acknowledged before"}, lane.peer()));
}

}  // namespace courant
