// Lanes that are ours to send and lanes that are other workers', as leases come and go.
#include <charconv>

#include "proxy-core/federation/federation.hpp"

namespace courant {
namespace {

std::string doubt_note(const LaneId& lane) {
    return "doubt " + lane.value;
}

}  // namespace

// Before a job can give out numbers: what is in the store now is from before this run, and the
// store may be an older copy. Where workers come and go, the first one notes it for whoever sends.
void Federation::doubt_lanes_of_before() {
    std::vector<Peer> peers;
    const auto lanes = store_.ask([this, &peers](Mailboxes& m) {
        auto all = m.outgoing_lanes();
        peers = m.peers();
        if (settings_.rights && settings_.rights->first(m))
            for (const OutgoingLane& stored : all)
                if (stored.next > 1)
                    m.set_note(doubt_note(stored.lane), std::to_string(stored.next - 1));
        return all;
    });
    remember(peers);
    for (const OutgoingLane& stored : lanes) {
        Route& route = add_lane(stored);
        if (!settings_.rights) route.lane.doubt();
    }
}

std::optional<Seq> Federation::doubted(Mailboxes& m, const LaneId& lane) {
    const std::string note = m.note(doubt_note(lane));
    Seq through = 0;
    const auto [end, error] = std::from_chars(note.data(), note.data() + note.size(), through);
    return error == std::errc{} ? std::optional(through) : std::nullopt;
}

// The peer has answered. What may go now is read after this is in the store, so that nobody who
// takes the lane over doubts what was sent since.
void Federation::end_doubt(Route& route) {
    post([lane = route.lane.id()](Mailboxes& m) { m.set_note(doubt_note(lane), ""); },
         [this, lane = route.lane.id()](const std::exception_ptr& failure) {
             if (!failure) routes_.find(lane.value)->second.doubt_noted = false;
         });
}

// Where we are the only one there are no tenures.
std::optional<std::uint64_t> Federation::tenure(const LaneId& lane) const {
    return settings_.rights ? settings_.rights->tenure(lane) : std::nullopt;
}

void Federation::rights_changed() {
    events_->push([this] {
        std::set<LaneId> gained;
        for (auto& [id, route] : routes_) {
            const auto now = tenure(route.lane.id());
            if (route.ours && now != route.tenure) cease_to_send(route);
            if (now && !route.ours) gained.insert(route.lane.id());
        }
        if (!gained.empty()) look_up(gained);
    });
    transport_.wake();
}

// As when a program begins: nothing is known of what was sent.
void Federation::begin_to_send(const Found& found, std::uint64_t tenure) {
    const OutgoingLane& stored = found.lane;
    Route& route = routes_.find(stored.lane.value)->second;
    // It may have become another's while we read, or ours in another tenure: then that is read.
    if (route.ours || this->tenure(stored.lane) != tenure) return;
    route.tenure = tenure;
    route.lane = Lane(stored, limits_of(stored.peer), seed_of(stored.lane));
    follow_dialect(route);
    route.doubt_noted = found.doubted.has_value();
    if (found.doubted) route.lane.doubt(*found.doubted);
    route.stored_through = stored.acknowledged;
    route.unstored_rejects.clear();
    route.rejected.clear();
    route.circuit = Circuit::closed;
    route.ours = true;
    if (online_) route.lane.session_began(steady_now());
    post([key = circuit_note(stored.peer)](Mailboxes& m) { m.set_note(key, ""); },
         [](const std::exception_ptr&) {});
}

void Federation::cease_to_send(Route& route) {
    route.lane.session_lost();
    route.ours = false;
    schedule(route);
}

// An answer for a lane that another worker sends goes on to it. Where nobody sends it at present,
// it is dropped: whoever begins to will be told again.
bool Federation::passed_on(const LaneId& lane, const Jid& from,
                           const std::function<std::string(const Jid& to)>& answer) {
    if (!settings_.rights) return false;
    const auto found = routes_.find(lane.value);
    if (found == routes_.end() || found->second.ours) return false;
    if (from == settings_.self) return true;
    if (found->second.lane.peer() != from) return false;
    const auto sender = settings_.rights->sender(lane);
    if (!sender || *sender == resource_) return true;
    if (const auto to = Jid::parse(settings_.self.to_string() + "/" + *sender)) {
        counters_.get("courant_answers_passed_on_total").add();
        transport_.send(answer(*to));
    }
    return true;
}

std::uint64_t Federation::seed_of(const LaneId& lane) const {
    return settings_.seed ^ std::hash<std::string>()(lane.value);
}

}  // namespace courant
