// The outgoing half of the federation: what waits in the outbox goes, and what is answered leaves
// it.
#include <algorithm>

#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/intake.hpp"

namespace courant {
namespace {

// Rejects of messages in the outbox that are remembered: a peer cannot make us remember more.
constexpr std::size_t most_rejected = 65'536;

}  // namespace

// --- what is answered

Federation::Route* Federation::route(const LaneId& lane, const Jid& from, std::string_view what) {
    const auto found = routes_.find(lane.value);
    if (found != routes_.end() && found->second.lane.peer() == from) return &found->second;
    counters_.get("courant_stanzas_refused_total").add();
    if (may_complain())
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
        if (may_complain())
            logger_.error("the peer acknowledges what was never sent",
                          {{"peer", from.to_string()},
                           {"lane", lane.value},
                           {"through", fault->through},
                           {"given_out", fault->given_out}});
        return renew_if_restored(route, fault->through);
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

// A peer that knows numbers which the store has not given out: either it lies, or the store is an
// old copy, and what it numbers now would pass for repetitions. A new lane is right in both cases;
// what waited then and had arrived before the copy was put back arrives a second time, which is
// better than not at all.
void Federation::renew_if_restored(Route& route, Seq through) {
    if (!renewed_.insert(route.lane.peer()).second) return;
    auto renewed = std::make_shared<std::optional<LaneId>>();
    post(
        [renewed, lane = route.lane.id(), through, now = settings_.clock()](Mailboxes& m) {
            for (const OutgoingLane& stored : m.outgoing_lanes())
                if (stored.lane == lane && stored.next <= through)
                    *renewed = m.renew_lane(lane, now);
        },
        [this, renewed, id = route.lane.id()](const std::exception_ptr& failure) {
            Route& old = routes_.find(id.value)->second;
            if (failure || !*renewed) return;
            old.lane.retire();
            logger_.error("the store is an older copy of itself: what waits goes in a new lane",
                          {{"peer", old.lane.peer().to_string()},
                           {"lane", id.value},
                           {"new_lane", (*renewed)->value}});
            refresh_lanes();
        });
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
            bury_rejected(m, from, lane, *rejects, now);
            m.acknowledge(lane, through);
        },
        [this, id = route.lane.id(), through, rejects](const std::exception_ptr& failure) {
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

// Sets aside what the peer refused, while the outbox still holds it.
void Federation::bury_rejected(Mailboxes& m, const Jid& from, const LaneId& lane,
                               const std::vector<Reject>& rejects, Time now) {
    std::optional<Message> message;
    for (const Reject& reject : rejects) {
        if (!message || message->seq != reject.seq) message = m.find_outgoing(lane, reject.seq);
        if (!message || reject.record.value_or(1) > message->records) continue;
        if (m.has_dead(DeadOrigin::sent, lane, reject.seq, reject.record)) continue;
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
         [this, lanes](const std::exception_ptr& failure) {
             if (failure) return;
             for (const OutgoingLane& stored : *lanes) {
                 add_lane(stored);
                 Route& route = routes_.find(stored.lane.value)->second;
                 route.lane.grew(stored.next - 1);
                 store_settled(route);
             }
         });
}

// Lanes take turns in going first, so that none waits for ever behind busy ones.
void Federation::pump() {
    if (!online_ || routes_.empty()) return;
    auto next = routes_.upper_bound(pumped_last_);
    for (std::size_t i = 0; i < routes_.size() && room_to_send() > 0; ++i, ++next) {
        if (next == routes_.end()) next = routes_.begin();
        pump(next->second.lane);
        pumped_last_ = next->first;
    }
}

void Federation::pump(Lane& lane) {
    auto fetch = lane.next_fetch(steady_now());
    if (!fetch) return;
    fetch->bytes = std::min(fetch->bytes, static_cast<std::int64_t>(room_to_send()));
    const auto bytes = static_cast<std::size_t>(fetch->bytes);
    fetching_bytes_ += bytes;
    auto messages = std::make_shared<std::vector<Message>>();
    post(
        [messages, id = lane.id(), fetch = *fetch](Mailboxes& m) {
            *messages =
                m.outbox(id, fetch.after, {.messages = fetch.messages, .bytes = fetch.bytes});
        },
        [this, messages, bytes, id = lane.id(), fetch = *fetch](const std::exception_ptr& failure) {
            fetching_bytes_ -= bytes;
            if (failure) messages->clear();
            send_fetched(id, fetch, *messages);
        });
}

void Federation::send_fetched(const LaneId& id, const Fetch& fetch,
                              const std::vector<Message>& messages) {
    Lane& lane = routes_.find(id.value)->second.lane;
    std::vector<InFlight> flying;
    flying.reserve(messages.size());
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
