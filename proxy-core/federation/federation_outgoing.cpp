// The outgoing half of the federation: what waits in the outbox goes.
#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/federation/coalesce.hpp"
#include "proxy-core/federation/federation.hpp"

namespace courant {
namespace {

// How soon a lane is looked at again that waits for the word of its peer on packed packs.
constexpr std::chrono::milliseconds hear_again{10};

// What a lane reads from the outbox at once: enough to be worth a look, little enough that many
// lanes can read ahead together.
constexpr std::int64_t portion_bytes = std::int64_t{256} << 10;

// Whether nothing may go to the peer at present, whatever its grants say.
bool is_barred(Mailboxes& m, const Jid& peer, Time now) {
    const auto known = m.find_peer(peer);
    return known && !obstacle(known->terms, now).empty();
}

}  // namespace

// The note in which the store says how a lane's circuit is.
std::string Federation::circuit_note(const Jid& peer) {
    return "circuit " + peer.to_string();
}

void Federation::outbox_grew(std::vector<Enqueued> messages) {
    events_->push([this, messages = std::move(messages)] {
        std::set<LaneId> strange;
        for (const Enqueued& message : messages) {
            const auto known = routes_.find(message.lane.value);
            if (known == routes_.end()) {
                strange.insert(message.lane);
                continue;
            }
            Route& route = known->second;
            if (!route.ours) continue;
            if (message.numbered_at < route.merged_at) continue;  // the merge has told of it
            route.lane.grew(message.seq, message.records, steady_now());
            const auto due = route.lane.due();
            // Where there are others, what goes is read first (lane_rights.hpp).
            const bool at_once = message.fresh && online_ && !route.listed && !settings_.rights &&
                                 due && *due <= steady_now() && may_read_ahead();
            at_once ? pump(route, message.fresh) : schedule(route);
        }
        if (strange.empty()) return;
        look_up(strange);
        if (settings_.rights) settings_.rights->lane_made();
    });
    transport_.wake();
}

Federation::Route& Federation::add_lane(const OutgoingLane& stored) {
    const auto [place, added] = routes_.try_emplace(
        stored.lane.value,
        Route{.lane = Lane(stored, limits_of(stored.peer), seed_of(stored.lane)),
              .fault = LastingFault(logger_, "lane to " + stored.peer.to_string()),
              .stored_through = stored.acknowledged,
              .ours = !settings_.rights});
    Route& route = place->second;
    if (added) follow_dialect(route);
    if (added && route.ours && online_) route.lane.session_began(steady_now());
    return route;
}

// Of a new lane the store knows how far it is acknowledged.
void Federation::look_up(const std::set<LaneId>& lanes) {
    auto found = std::make_shared<std::vector<Found>>();
    auto peers = std::make_shared<std::vector<Peer>>();
    std::map<LaneId, std::uint64_t> ours;
    for (const LaneId& lane : lanes)
        if (const auto held = tenure(lane)) ours.emplace(lane, *held);
    post(
        [found, peers, lanes, ours](Mailboxes& m) {
            found->clear();
            peers->clear();
            for (const LaneId& lane : lanes) {
                auto stored = m.find_lane(lane);
                if (!stored) continue;
                if (auto peer = m.find_peer(stored->peer)) peers->push_back(std::move(*peer));
                found->push_back(
                    {.lane = std::move(*stored),
                     .doubted = ours.contains(lane) ? doubted(m, lane) : std::nullopt});
            }
        },
        [this, found, peers, ours](const std::exception_ptr& failure) {
            if (failure) return;
            remember(*peers);
            std::vector<OutgoingLane> stored;
            for (Found& one : *found) {
                add_lane(one.lane);
                // Read after it became ours: what is there now, the one before us may have sent.
                if (const auto held = ours.find(one.lane.lane); held != ours.end())
                    begin_to_send(one, held->second);
                stored.push_back(std::move(one.lane));
            }
            refreshed(stored);
        });
}

// Others, as the CLI, put messages into lanes without telling: those that have any are asked for
// now and then, and all of them once.
void Federation::refresh_lanes() {
    refresh_due_ = steady_now() + settings_.lane_refresh;
    auto lanes = std::make_shared<std::vector<OutgoingLane>>();
    auto peers = std::make_shared<std::vector<Peer>>();
    auto revision = std::make_shared<std::optional<std::int64_t>>(peers_revision_);
    post(
        [lanes, peers, revision, all = !lanes_known_,
         shared = settings_.rights.has_value()](Mailboxes& m) {
            *lanes = all ? m.outgoing_lanes() : m.waiting_lanes();
            const std::int64_t now = m.subscriptions_revision();
            if (std::exchange(*revision, now) != now) *peers = m.peers();
            if (!all || shared) return;
            // What a run before this one knew of its circuits is of no use any more.
            for (const OutgoingLane& lane : *lanes)
                if (!m.note(circuit_note(lane.peer)).empty())
                    m.set_note(circuit_note(lane.peer), "");
        },
        [this, lanes, peers, revision](const std::exception_ptr& failure) {
            if (failure) return;
            remember(*peers);
            peers_revision_ = *revision;
            lanes_known_ = true;
            refreshed(*lanes);
        });
}

void Federation::refreshed(const std::vector<OutgoingLane>& lanes) {
    std::set<LaneId> gained;
    for (const OutgoingLane& stored : lanes) {
        Route& route = add_lane(stored);
        if (!route.ours) {
            if (tenure(stored.lane)) gained.insert(stored.lane);
            continue;
        }
        route.lane.grew(stored.next - 1, steady_now());
        // Where the one that sent before us got the receipt.
        if (stored.acknowledged > route.lane.acknowledged())
            settle(route, route.lane.acknowledged(),
                   route.lane.receipt(stored.acknowledged, steady_now()), {});
        store_settled(route);
        schedule(route);
    }
    if (!gained.empty()) look_up(gained);
}

// To be called after anything that happened to a lane: asks it when it will have something to do.
void Federation::schedule(Route& route) {
    if (!route.ours) return agenda_.set(&route, std::nullopt);
    if (route.listed) return;
    const auto due = route.lane.due();
    const bool now = due && *due <= steady_now();
    agenda_.set(&route, now ? std::nullopt : due);
    if (now) list(route);
}

void Federation::list(Route& route) {
    route.listed = true;
    (route.lane.in_flight() == 0 ? idle_ : busy_).push_back(&route);
}

// The lane to be asked next, as long as there is room for what it reads. Lanes with a backlog leave
// some of it to those that were idle.
Federation::Route* Federation::next_listed() {
    const std::size_t taken = outgoing_.bytes() + fetching_bytes_;
    const std::size_t most = settings_.read_ahead_bytes;
    auto& listed = idle_.empty() ? busy_ : idle_;
    if (listed.empty() || taken >= (idle_.empty() ? most - most / 4 : most)) return nullptr;
    Route* next = listed.front();
    listed.pop_front();
    next->listed = false;
    return next;
}

void Federation::pump() {
    while (const auto due = agenda_.take_due(steady_now())) list(**due);
    while (Route* next = next_listed()) pump(*next);
}

bool Federation::may_read_ahead() const {
    return outgoing_.bytes() + fetching_bytes_ < settings_.read_ahead_bytes;
}

void Federation::pump(Route& route, std::optional<Message> fresh) {
    if (!route.ours) return;
    if (const auto number = route.lane.question(steady_now())) {
        const Void question{route.lane.id(), *number, "where do you stand?"};
        transport_.send(to_stanza(question, route.lane.peer()));
        follow_circuit(route, {});
        return schedule(route);
    }
    // One message, to hear from the peer whether it still reads packed packs.
    const bool unsure = features_.unsure(route.lane.peer(), steady_now());
    if (unsure && route.lane.in_flight() > 0 && !route.lane.overdue(steady_now())) {
        agenda_.set(&route, steady_now() + hear_again);
        return;
    }
    const auto patience = route.lane.patience();
    auto fetch = route.lane.next_fetch(steady_now());
    if (!fetch) {
        follow_circuit(route, fmt::format("no answer for {:.1f} s",
                                          std::chrono::duration<double>(patience).count()));
        return schedule(route);
    }
    if (fresh && fetch->after + 1 == fresh->seq && !fetch->through && !fetch->merge &&
        !route.foreign) {
        std::vector<Message> alone;
        alone.push_back(std::move(*fresh));
        send_fetched(route, *fetch, std::move(alone), {});
        return schedule(route);
    }
    if (unsure) fetch->messages = std::min<std::int64_t>(fetch->messages, 1);
    const std::size_t taken = outgoing_.bytes() + fetching_bytes_;
    const auto room = static_cast<std::int64_t>(settings_.read_ahead_bytes - taken);
    fetch->bytes = std::min({fetch->bytes, room, portion_bytes});
    const auto bytes = static_cast<std::size_t>(fetch->bytes);
    fetching_bytes_ += bytes;
    const CoalesceBounds bounds{.records = settings_.lanes.records_per_message,
                                .stanza_bytes = settings_.lanes.stanza_bytes};
    auto read = std::make_shared<ReadAhead>();
    post(
        [read, bounds, id = route.lane.id(), peer = route.lane.peer(), fetch = *fetch,
         rights = settings_.rights, now = settings_.clock(),
         publishes = route.foreign && route.foreign->dialect == Dialect::pubsub](Mailboxes& m) {
            if (fetch.merge) {
                if (rights) rights->insist(m, id);
                read->last = coalesce(m, id, *fetch.merge, bounds);
                read->merged_at = steady_now();
            }
            if (fetch.messages > 0 && !is_barred(m, peer, now)) {
                // What may no longer go leaves its number behind, empty.
                m.access().void_lapsed(id, fetch.after, fetch.messages, now);
                read->messages =
                    m.outbox(id, fetch.after, {.messages = fetch.messages, .bytes = fetch.bytes});
                if (publishes) read->publications = publications_of(m, read->messages);
            }
            if (rights) rights->confirm(m, id);
        },
        [this, read, bytes, &route, fetch = *fetch](const std::exception_ptr& failure) {
            fetching_bytes_ -= bytes;
            if (failure) read->messages.clear();
            if (read->last && !failure) {
                route.lane.merged(fetch, *read->last);
                route.merged_at = read->merged_at;
            }
            send_fetched(route, fetch, std::move(read->messages), read->publications);
            schedule(route);
        });
}

void Federation::send_fetched(Route& route, const Fetch& fetch, std::vector<Message> messages,
                              const Publications& publications) {
    if (fetch.through)
        std::erase_if(messages,
                      [&](const Message& message) { return message.seq > *fetch.through; });
    std::vector<Waiting> waiting;
    std::vector<InFlight> flying;
    waiting.reserve(messages.size());
    flying.reserve(messages.size());
    for (const Message& message : messages) {
        waiting.push_back({.stanzas = written(route, message, publications).stanzas,
                           .seq = message.seq,
                           .turn = route.lane.turn(),
                           .again = fetch.through.has_value()});
        flying.push_back({.seq = message.seq,
                          .bytes = static_cast<std::int64_t>(waiting.back().bytes()),
                          .records = message.records,
                          .stored_at = message.stored_at});
    }
    if (!route.lane.fetched(fetch, flying, steady_now())) return;
    const Flowing flowing = route.lane.has_more() ? Flowing::on : Flowing::briefly;
    for (Waiting& one : waiting) {
        const std::size_t bytes = one.bytes();
        outgoing_.push(&route, std::move(one), bytes, flowing);
    }
    follow_circuit(route, {});
}

// In the form that the peer understands. A body that cannot be read any more goes as it is: the
// peer says what is wrong with it, and it becomes a dead letter.
std::string Federation::stanza_for(const Message& message) {
    if (form_of(message.body) == BodyForm::compact && !features_.packed(message.peer)) {
        if (auto xml = bodies_.to_xml(message.body, message.stored_at)) {
            Message in_xml = message;
            in_xml.body = std::move(*xml);
            return to_stanza(in_xml);
        }
    }
    return to_stanza(message);
}

// Whose turn it is goes to the transport, as long as that is short. What its lane has taken back
// meanwhile, or the peer has acknowledged, is left out.
void Federation::hand_over() {
    while (online_ && room_to_send() > 0) {
        const auto next = outgoing_.pop();
        if (!next) return;
        const auto& [route, waiting] = *next;
        if (waiting.turn != route->lane.turn() || waiting.seq <= route->lane.acknowledged())
            continue;
        for (const std::string& stanza : waiting.stanzas) transport_.send(stanza);
        route->lane.sent(waiting.seq, steady_now());
        schedule(*route);
        const std::string peer = route->lane.peer().to_string();
        counters_.get("courant_messages_sent_total", {{"peer", peer}}).add();
        if (waiting.again) counters_.get("courant_messages_resent_total", {{"peer", peer}}).add();
    }
}

// Tells people when a circuit opens and when it closes again, and keeps its state where they look
// it up.
void Federation::follow_circuit(Route& route, const std::string& why) {
    const Circuit now = route.lane.circuit();
    const Circuit before = std::exchange(route.circuit, now);
    if (now == before) return;
    const std::string peer = route.lane.peer().to_string();
    const bool failed = now == Circuit::open && !why.empty();
    if (failed) route.fault.failed(why, settings_.clock());
    if (now == Circuit::closed) route.fault.succeeded(settings_.clock());
    if (before == Circuit::closed)
        counters_.get("courant_circuits_opened_total", {{"peer", peer}}).add();
    if (now == Circuit::closed)
        counters_.get("courant_circuits_closed_total", {{"peer", peer}}).add();
    const std::string trouble =
        failed ? to_timestamp_for_people(settings_.clock()) + " " + why : "";
    post(
        [peer, now, trouble, key = circuit_note(route.lane.peer())](Mailboxes& m) {
            m.set_note(key, now == Circuit::closed ? "" : to_word(now));
            if (!trouble.empty()) m.set_note("lane " + peer, trouble);
        },
        [](const std::exception_ptr&) {});
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
