// Peers that speak another dialect: what goes to them is written in theirs, and their answers are
// read as receipts. Everything else is the way of every lane.
#include <algorithm>

#include "proxy-core/federation/bounce.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/intake.hpp"

namespace courant {

void Federation::remember(const std::vector<Peer>& peers) {
    for (const Peer& peer : peers) {
        features_.remember(peer);
        if (dialect_of(peer.jid) == peer.dialect) continue;
        dialects_[peer.jid] = peer.dialect;
        for (auto& [id, route] : routes_) {
            if (route.lane.peer() != peer.jid) continue;
            follow_dialect(route);
            schedule(route);
        }
    }
}

Dialect Federation::dialect_of(const Jid& peer) const {
    const auto known = dialects_.find(peer);
    return known == dialects_.end() ? Dialect::courant : known->second;
}

void Federation::follow_dialect(Route& route) {
    const Dialect dialect = dialect_of(route.lane.peer());
    route.foreign.reset();
    if (dialect != Dialect::courant)
        route.foreign = std::make_unique<ForeignLane>(ForeignLane{.dialect = dialect});
    route.lane.follow(limits_of(route.lane.peer()));
}

LaneLimits Federation::limits_of(const Jid& peer) const {
    LaneLimits limits = settings_.lanes;
    const Dialect dialect = dialect_of(peer);
    if (dialect != Dialect::courant) limits.probe = Probe::message;
    if (dialect != Dialect::quoalise) return limits;
    if (limits.bytes_per_second == 0 || limits.bytes_per_second > quoalise_bytes_per_second)
        limits.bytes_per_second = quoalise_bytes_per_second;
    return limits;
}

Publications Federation::publications_of(Mailboxes& m, const std::vector<Message>& messages) {
    Publications publications;
    for (const Message& message : messages) {
        const std::string& grant = message.envelope.grant;
        if (publications.contains(grant)) continue;
        if (auto found = find_publication(m, grant)) publications.emplace(grant, std::move(*found));
    }
    return publications;
}

// What cannot be written is left out, and becomes a dead letter with the receipt for the rest.
Written Federation::written(Route& route, const Message& message,
                            const Publications& publications) {
    if (!route.foreign) return {.stanzas = {stanza_for(message)}};
    ForeignLane& foreign = *route.foreign;
    const std::string& server = settings_.self.domain();
    Written written;
    pack_.clear();
    std::string fault;
    if (message.void_reason.empty()) {
        const auto read = bodies_.read(message.body, message.stored_at, pack_);
        if (!read) fault = read.error();
    }
    if (!fault.empty() || !message.void_reason.empty()) {
        written.stanzas.push_back(ping_for(message, server));
        if (!fault.empty())
            written.left_out.push_back({.seq = message.seq, .record = {}, .reason = fault});
    } else if (foreign.dialect == Dialect::quoalise) {
        written = written_for_quoalise(message, pack_, settings_.quoalise_names, server);
        foreign.sent.add(message);
    } else {
        const auto found = publications.find(message.envelope.grant);
        const auto xml = bodies_.to_xml(message.body, message.stored_at);
        written =
            written_for_pubsub(message, pack_, xml.value_or(""),
                               found == publications.end() ? nullptr : &found->second, server);
    }
    foreign.answers.written(message.seq, written.left_out);
    return written;
}

// Our own server answers pings, a service what was published on it. Whoever else answers did not
// get the question.
bool Federation::take_foreign_answer(const Element& iq) {
    const auto id = iq.attribute("id");
    const auto created = from_create_id(id);
    const auto message = created ? created : from_stanza_id(id);
    const auto found = message ? routes_.find(message->first.value) : routes_.end();
    if (found == routes_.end() || !found->second.foreign) return false;
    Route& route = found->second;
    const auto from = Jid::parse_any(iq.attribute("from"));
    const bool from_peer = from == route.lane.peer();
    const bool from_server = !from || from->to_string() == settings_.self.domain();
    if (!from_peer && !from_server) return false;
    if (!route.ours) return true;
    if (created) {
        if (from_peer) node_made(route, iq);
    } else if (from_server || iq.attribute("type") == "result") {
        if (from_peer) route.foreign->created.clear();
        route.foreign->answers.answered(message->second);
        settle_answered(route);
    } else {
        publishing_refused(route, message->second, iq);
    }
    schedule(route);
    return true;
}

void Federation::settle_answered(Route& route) {
    const Seq before = route.lane.acknowledged();
    auto covered = route.foreign->answers.cover(before);
    if (covered.through > before)
        settle(route, before, route.lane.receipt(covered.through, steady_now()),
               std::move(covered.rejects));
}

// One item that the service will never take is set aside. Where it does not let us publish at all,
// or cannot, everything stays here until somebody has seen to it.
void Federation::publishing_refused(Route& route, Seq seq, const Element& iq) {
    const BounceReason reason = bounce_reason(iq);
    const PubsubRefusal refusal = pubsub_refusal(iq);
    if (refusal == PubsubRefusal::message) {
        route.foreign->answers.answered(seq, {{.seq = seq, .record = {}, .reason = reason.text}});
        return settle_answered(route);
    }
    counters_.get("courant_bounces_total", {{"peer", route.lane.peer().to_string()}}).add();
    const bool may_make =
        refusal == PubsubRefusal::no_node && route.foreign->created_in != route.lane.turn();
    route.lane.bounced(seq, may_make ? Bounce::passing : reason.kind, steady_now());
    follow_circuit(route, reason.text);
    if (may_make) make_node(route, seq);
}

// The lane waits meanwhile, and tries again by itself if nothing comes of it.
void Federation::make_node(Route& route, Seq seq) {
    route.foreign->created_in = route.lane.turn();
    auto iq = std::make_shared<std::pair<std::string, std::string>>();
    post(
        [iq, lane = route.lane.id(), seq](Mailboxes& m) {
            *iq = {};
            const auto message = m.find_outgoing(lane, seq);
            if (!message) return;
            if (const auto publication = find_publication(m, message->envelope.grant))
                *iq = {publication->node, create_node(*message, *publication)};
        },
        [this, iq, lane = route.lane.id()](const std::exception_ptr& failure) {
            Route& waiting = routes_.find(lane.value)->second;
            if (failure || iq->second.empty() || !waiting.foreign) return;
            // It is there by the service's word, and not there by its word: that goes on for ever.
            if (!waiting.foreign->created.insert(iq->first).second) return;
            logger_.info("node missing, and asked for",
                         {{"service", waiting.lane.peer().to_string()}, {"node", iq->first}});
            transport_.send(iq->second);
        });
}

void Federation::node_made(Route& route, const Element& iq) {
    if (iq.attribute("type") == "result" || is_conflict(iq)) {
        const Seq before = route.lane.acknowledged();
        return settle(route, before, route.lane.resume(before + 1, steady_now()), {});
    }
    route.foreign->created.clear();
    if (may_complain())
        logger_.error(
            "a node cannot be made: the service's administrator may, or let us",
            {{"service", route.lane.peer().to_string()}, {"reason", bounce_reason(iq).text}});
}

// The client, or a server on the way, could not do anything with one push: that costs it, and the
// lane goes on. It has left the outbox by now, most likely.
bool Federation::take_push_bounce(const Element& message, const Jid& from) {
    const auto push = quoalise_push_from(message.attribute("id"));
    const auto found = push ? routes_.find(push->lane.value) : routes_.end();
    if (found == routes_.end() || !found->second.foreign || found->second.lane.peer() != from)
        return false;
    counters_.get("courant_bounces_total", {{"peer", from.to_string()}}).add();
    const std::string reason = bounce_reason(message).text;
    if (may_complain())
        logger_.warning("a client could not take a message",
                        {{"peer", from.to_string()}, {"seq", push->seq}, {"reason", reason}});
    // What was forgotten cannot be set aside; that we sent it we know by the number.
    const Message* sent = found->second.foreign->sent.find(push->seq);
    if (!sent) return true;
    post([copy = *sent, part = push->part, reason,
          now = settings_.clock()](Mailboxes& m) { bury_push(m, copy, part, reason, now); },
         [](const std::exception_ptr&) {});
    return true;
}

void Federation::bury_push(Mailboxes& m, const Message& message, std::size_t part,
                           const std::string& reason, Time now) {
    senml::Pack pack;
    if (!BodyReader(stored_body_limits).read(message.body, message.stored_at, pack)) return;
    const QuoaliseParts cut = quoalise_parts(pack);
    if (part >= cut.parts.size()) return;
    const bool whole = cut.parts[part].size() == pack.size();
    for (const std::size_t place : cut.parts[part]) {
        const std::optional<std::int64_t> record =
            whole ? std::nullopt : std::optional(static_cast<std::int64_t>(place) + 1);
        if (m.has_dead(DeadOrigin::sent, message.lane, message.seq, record)) continue;
        m.bury({.id = 0,
                .at = now,
                .origin = DeadOrigin::sent,
                .whom = message.peer.to_string(),
                .lane = message.lane,
                .seq = message.seq,
                .record = record,
                .reason = reason,
                .payload = record ? single_record(message.body, *record, now)
                                  : payload_text(message.body, now),
                .envelope = message.envelope});
    }
}

}  // namespace courant
