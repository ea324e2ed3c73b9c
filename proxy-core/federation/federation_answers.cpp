// What peers answer: receipts and resumes settle what a lane sent, and what they settle leaves the
// outbox.
#include <algorithm>

#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/intake.hpp"

namespace courant {
namespace {

// Rejects of messages in the outbox that are remembered: a peer cannot make us remember more.
constexpr std::size_t most_rejected = 65'536;

}  // namespace

Federation::Route* Federation::route(const LaneId& lane, const Jid& from, std::string_view what) {
    const auto found = routes_.find(lane.value);
    // What comes from ourselves was passed on by another worker, which has looked at the sender.
    if (found != routes_.end() && (found->second.lane.peer() == from || from == settings_.self))
        return &found->second;
    counters_.get("courant_stanzas_refused_total").add();
    if (may_complain())
        logger_.warning("answer for a lane that we do not have",
                        {{"peer", from.to_string()}, {"lane", lane.value}, {"what", what}});
    return nullptr;
}

void Federation::take(const Receipt& receipt, const Jid& from) {
    const Jid sender = from.bare();
    if (passed_on(receipt.lane, sender, [&](const Jid& to) { return to_stanza(receipt, to); }))
        return;
    Route* route = this->route(receipt.lane, sender, "receipt");
    if (!route) return;
    ask_features(from);
    const Seq before = route->lane.acknowledged();
    settle(*route, before, route->lane.receipt(receipt.through, steady_now()), receipt.rejects);
    for (const auto& [first, last] : receipt.missing)
        if (const auto gone = route->lane.missing(first, last, steady_now()))
            send_voids(route->lane, gone->first, gone->second);
    schedule(*route);
}

void Federation::take(const Resume& resume, const Jid& from) {
    const Jid sender = from.bare();
    if (passed_on(resume.lane, sender, [&](const Jid& to) { return to_stanza(resume, to); }))
        return;
    Route* route = this->route(resume.lane, sender, "resume");
    if (!route) return;
    features_.resumed(from);
    ask_features(from);
    if (resume.next <= route->lane.acknowledged()) {
        const std::string peer = route->lane.peer().to_string();
        counters_.get("courant_peer_losses_total", {{"peer", peer}}).add();
        logger_.error("the peer has lost what it had acknowledged",
                      {{"peer", peer},
                       {"lane", resume.lane.value},
                       {"from", resume.next},
                       {"to", route->lane.acknowledged()}});
    }
    const Seq before = route->lane.acknowledged();
    settle(*route, before, route->lane.resume(resume.next, steady_now()), {});
    schedule(*route);
}

// Whoever answers for a lane says which packs it understands.
void Federation::ask_features(const Jid& from) {
    if (const auto question = features_.heard(from, steady_now())) transport_.send(*question);
}

void Federation::settle(Route& route, Seq before, Answered outcome, std::vector<Reject> rejects) {
    if (const auto* fault = std::get_if<PeerFault>(&outcome)) {
        complain(route, fault->through, fault->given_out);
        return renew_if_restored(route, fault->through);
    }
    if (const auto* copy = std::get_if<OlderCopy>(&outcome)) {
        complain(route, copy->through, copy->genuine);
        return renew(route, [lane = route.lane.id(), genuine = copy->genuine,
                             now = settings_.clock()](Mailboxes& m) {
            m.acknowledge(lane, genuine);
            return m.renew_lane(lane, now);
        });
    }
    follow_circuit(route, {});
    if (route.doubt_noted && !route.lane.doubts()) end_doubt(route);
    const Settled& settled = std::get<Settled>(outcome);
    tell_settled(route.lane.peer(), route.lane.id(), settled);
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
    renew(route,
          [lane = route.lane.id(), through,
           now = settings_.clock()](Mailboxes& m) -> std::optional<LaneId> {
              const auto stored = m.find_lane(lane);
              if (!stored || stored->next > through) return std::nullopt;
              return m.renew_lane(lane, now);
          });
}

void Federation::complain(const Route& route, Seq through, Seq known) {
    counters_.get("courant_stanzas_refused_total").add();
    if (may_complain())
        logger_.error("the peer acknowledges what was never sent",
                      {{"peer", route.lane.peer().to_string()},
                       {"lane", route.lane.id().value},
                       {"through", through},
                       {"given_out", known}});
}

void Federation::renew(Route& route, std::function<std::optional<LaneId>(Mailboxes&)> give_new) {
    if (!renewed_.insert(route.lane.peer()).second) return;
    auto renewed = std::make_shared<std::optional<LaneId>>();
    post([renewed, give_new = std::move(give_new)](Mailboxes& m) { *renewed = give_new(m); },
         [this, renewed, id = route.lane.id()](const std::exception_ptr& failure) {
             Route& old = routes_.find(id.value)->second;
             if (failure) renewed_.erase(old.lane.peer());
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
// needs its message; what fails stays and goes with the next step or the next refresh. At leisure:
// what is lost of it is sent again and told to be there already, and live readings need the disk.
void Federation::store_settled(Route& route) {
    const Seq through = route.lane.acknowledged();
    if (route.storing || (route.unstored_rejects.empty() && route.stored_through >= through))
        return;
    route.storing = true;
    auto rejects = std::make_shared<std::vector<Reject>>(std::move(route.unstored_rejects));
    route.unstored_rejects.clear();
    post_at_leisure(
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
                                         : payload_text(message->body, now),
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

}  // namespace courant
