#include "proxy-core/federation/federation.hpp"

#include <algorithm>

namespace courant {
namespace {

// What a quiet lane may send beyond its share: a few single readings.
constexpr std::uint64_t grace_bytes = std::uint64_t{4} << 10;

// How soon a transport that was full is looked at again if it does not say by itself that it has
// got on.
constexpr std::chrono::milliseconds look_again{10};

}  // namespace

Federation::Federation(FederationSettings settings, Transport& transport, StoreThread& store,
                       FederationCallbacks callbacks, Logger logger, Counters& counters)
    : settings_(std::move(settings)),
      transport_(transport),
      store_(store),
      callbacks_(std::move(callbacks)),
      logger_(std::move(logger)),
      counters_(counters),
      session_fault_(logger_, "session"),
      store_fault_(logger_, "store"),
      outgoing_(grace_bytes),
      features_(settings_.encodings),
      commands_(settings_.self, command_surroundings()),
      requester_([this](std::string stanza) { queue_answer(std::move(stanza)); }, "proxy"),
      bodies_(settings_.bodies),
      refresh_due_(steady_now()),
      events_(std::make_shared<Channel<Event>>()) {
    doubt_lanes_of_before();
}

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
    // Of one worker among several nothing is left to tell.
    note_session(settings_.rights ? ""
                                  : "stopped at " + to_timestamp_for_people(settings_.clock()));
}

void Federation::step(std::chrono::milliseconds most) {
    if (steady_now() >= refresh_due_) {
        refresh_lanes();
        resume_deferred();
    }
    auto events = events_->take();
    if (intake_waiting_ > settings_.intake_bytes) {
        if (events.empty()) events = events_->take(most);
    } else {
        transport_.poll(events.empty() ? patience(most) : std::chrono::milliseconds(0), *this);
    }
    for (const Event& event : events) event();
    for (const Event& event : events_->take()) event();
    requester_.tick(steady_now());
    pump();
    // Receipts first: they open the others' windows.
    flush_receipts();
    send_what_waits();
}

std::chrono::milliseconds Federation::patience(std::chrono::milliseconds most) const {
    Instant until = std::min(refresh_due_, steady_now() + most);
    if (const auto due = agenda_.next()) until = std::min(until, *due);
    if (const auto late = requester_.next()) until = std::min(until, *late);
    if (!outgoing_.empty() || !owed_.empty() || !idle_.empty() || !busy_.empty() ||
        !answers_.empty())
        until = std::min(until, steady_now() + look_again);
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(until - steady_now()));
}

void Federation::post(Work work, std::function<void(std::exception_ptr)> done) {
    store_.post(std::move(work), as_event(std::move(done)));
}

void Federation::post_at_leisure(Work work, std::function<void(std::exception_ptr)> done) {
    store_.post_at_leisure(std::move(work), as_event(std::move(done)));
}

Done Federation::as_event(std::function<void(std::exception_ptr)> done) {
    return [this, events = events_, done = std::move(done)](const std::exception_ptr& failure) {
        events->push([done, failure] { done(failure); });
        transport_.wake();
    };
}

// How many bytes the transport may still be given before it has to write some.
std::size_t Federation::room_to_send() const {
    const std::size_t taken = transport_.queued_bytes();
    return taken < settings_.transport_bytes ? settings_.transport_bytes - taken : 0;
}

// An answer that nobody's readings depend on: it may be dropped where answers pile up.
void Federation::answer(const std::string& stanza) {
    if (room_to_send() > 0) transport_.send(stanza);
}

// What others provoke is counted always, and told at a rate that cannot flood the log.
bool Federation::may_complain() {
    constexpr int most_in_a_minute = 20;
    const auto now = steady_now();
    if (now - complaints_since_ > std::chrono::minutes(1)) {
        complaints_since_ = now;
        complaints_ = 0;
    }
    return ++complaints_ <= most_in_a_minute;
}

void Federation::note_session(const std::string& text) {
    post([key = settings_.session_note, text](Mailboxes& m) { m.set_note(key, text); },
         [](const std::exception_ptr&) {});
}

// --- sessions

void Federation::on_online(const Jid& full_jid) {
    online_ = true;
    resource_ = full_jid.resource();
    session_fault_.succeeded(settings_.clock());
    const std::string where = transport_.where();
    logger_.info("session began", {{"jid", full_jid.to_string()},
                                   {"server", where.empty() ? full_jid.domain() : where}});
    counters_.get("courant_sessions_total").add();
    features_.session_began();
    for (auto& [id, route] : routes_) {
        if (!route.ours) continue;
        route.lane.session_began(steady_now());
        schedule(route);
    }
    refresh_lanes();
    say_where_we_stand();
    note_session("online since " + to_timestamp_for_people(settings_.clock()) + " as " +
                 full_jid.to_string() + (where.empty() ? "" : " at " + where));
}

void Federation::on_offline(const SessionLoss& loss) {
    online_ = false;
    session_fault_.failed(loss.reason, settings_.clock());
    outgoing_.clear();
    answers_.clear();
    answers_bytes_ = 0;
    commands_.session_lost();
    requester_.session_lost();
    for (auto& [id, route] : routes_) {
        route.lane.session_lost();
        follow_circuit(route, {});
        schedule(route);
    }
    note_session("offline since " + to_timestamp_for_people(settings_.clock()) + ": " +
                 loss.reason);
}

// Tells every peer which number is expected next, so that it goes on at once instead of at its next
// time-out.
void Federation::say_where_we_stand() {
    auto lanes = std::make_shared<std::vector<IncomingLane>>();
    post([lanes](Mailboxes& m) { *lanes = m.incoming_lanes(); },
         [this, lanes](const std::exception_ptr& failure) {
             if (failure) return;
             for (const IncomingLane& lane : *lanes)
                 if (lane.peer != settings_.self)
                     transport_.send(to_stanza(Resume{lane.lane, lane.next}, lane.peer));
         });
}

}  // namespace courant
