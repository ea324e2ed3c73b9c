#include "proxy-core/federation/lane.hpp"

#include <algorithm>
#include <utility>

namespace courant {
namespace {

using std::chrono::milliseconds;

// A receiver that sees a hole says so in every receipt until it is filled; the second copy is on
// its way by then.
constexpr std::chrono::seconds resend_again_after{2};

// Voids on their way at once: enough to go fast, few enough that they do not pile up.
constexpr Seq void_window = 1000;

// How much longer pauses become, and how much longer a silence may become, than in the ordinary
// case.
constexpr int rarer_if_lasting = 6;
constexpr int most_patience = 8;

// So many small messages that cannot go yet are put together all the same: a backlog of single
// readings would take hours where one of packs takes seconds.
constexpr std::int64_t crowd = 64;

}  // namespace

std::string_view to_word(Circuit circuit) {
    switch (circuit) {
        case Circuit::open:
            return "open";
        case Circuit::half_open:
            return "half-open";
        case Circuit::closed:
            break;
    }
    return "closed";
}

Lane::Lane(const OutgoingLane& stored, const LaneLimits& limits, std::uint64_t seed)
    : id_(stored.lane),
      peer_(stored.peer),
      limits_(limits),
      acknowledged_(stored.acknowledged),
      sent_(stored.acknowledged),
      given_out_(stored.next - 1),
      readable_(given_out_),
      cap_(limits.bytes_per_second),
      backoff_(limits.first_pause, limits.longest_pause, seed),
      repeated_(stored.acknowledged),
      patience_(limits.answer_timeout) {
    loose_.from = stored.next;
}

Circuit Lane::circuit() const {
    if (!open_) return Circuit::closed;
    return in_flight_.empty() && !asking_ ? Circuit::open : Circuit::half_open;
}

void Lane::follow(const LaneLimits& limits) {
    limits_ = limits;
    cap_ = RateCap(limits.bytes_per_second);
    if (limits_.probe == Probe::question) return;
    doubted_.reset();
    asked_ = false;
    if (std::exchange(asking_, false)) answer_due_.reset();
}

void Lane::doubt(Seq through) {
    if (through > 0 && limits_.probe == Probe::question) doubted_ = through;
}

void Lane::session_began(Instant now) {
    online_ = true;
    go_back();
    paused_until_ = now;
}

void Lane::session_lost() {
    online_ = false;
    asked_ = false;
    go_back();
}

void Lane::grew(Seq last, std::int64_t records, Instant now) {
    if (last > given_out_) {
        if (loose_.messages == 0) loose_.since = now;
        loose_.messages += last - given_out_;
        loose_.records += records;
        given_out_ = last;
    }
    readable_ = given_out_;
}

// --- what goes

void Lane::go_back() {
    repeated_ = std::max(repeated_, sent_);
    sent_ = acknowledged_;
    in_flight_.clear();
    bytes_in_flight_ = 0;
    resend_.clear();
    voided_at_.reset();
    answer_due_.reset();
    asking_ = false;
    ++turn_;
}

void Lane::open_circuit(Bounce kind, Instant now) {
    go_back();
    const bool asks =
        limits_.probe == Probe::question && acknowledged_ > 0 && !std::exchange(reached_, false);
    open_ = true;
    const int rarer = kind == Bounce::lasting ? rarer_if_lasting : 1;
    const auto longest =
        asks ? std::min(limits_.longest_unasked, limits_.longest_pause) : limits_.longest_pause;
    paused_until_ = now + backoff_.next(longest * rarer);
}

void Lane::close_circuit(Instant now) {
    open_ = false;
    reached_ = false;
    backoff_.reset();
    paused_until_ = now;
}

bool Lane::crowded() const {
    return limits_.coalesce > milliseconds(0) && loose_.messages >= crowd;
}

// Whether nothing goes before a question is answered. A lane of which the peer has acknowledged
// nothing yet has nothing to ask with.
bool Lane::must_ask() const {
    if (limits_.probe == Probe::message) return false;
    if (doubted_ && acknowledged_ >= *doubted_ && given_out_ > *doubted_) return true;
    return open_ && !reached_ && acknowledged_ > 0 && sent_ < readable_;
}

// The highest number that may go.
Seq Lane::sendable() const {
    return doubted_ ? std::min(readable_, *doubted_) : readable_;
}

// How many messages may go.
std::int64_t Lane::room() const {
    if (open_) return in_flight_.empty() ? 1 : 0;
    const std::int64_t room = limits_.window_messages - in_flight();
    if (room <= 0 || bytes_in_flight_ >= limits_.window_bytes) return 0;
    // A window that opens by one message at a time would read the outbox once per message.
    if (room < limits_.window_messages / 4 && sendable() - sent_ > room) return 0;
    return doubted_ ? std::min(room, sendable() - sent_) : room;
}

// Until when small messages wait for others.
Instant Lane::held_until() const {
    const bool small = loose_.records * 2 < limits_.records_per_message;
    if (in_flight_.empty() || !small || sent_ + 1 < loose_.from) return Instant::min();
    return loose_.since + limits_.coalesce;
}

// When something could go, if nothing happens until then.
std::optional<Instant> Lane::may_go_at() const {
    const Instant at = std::max(paused_until_, cap_.opens_at());
    if (!resend_.empty() || must_ask()) return at;
    if (sent_ >= sendable() || room() == 0) return std::nullopt;
    return std::max(at, held_until());
}

std::optional<Instant> Lane::due() const {
    if (retired_ || fetching_) return std::nullopt;
    if (crowded()) return Instant::min();
    if (!online_) return std::nullopt;
    if (asking_) return answer_due_;
    const auto at = may_go_at();
    return at && answer_due_ ? std::min(at, answer_due_) : (at ? at : answer_due_);
}

std::optional<Seq> Lane::question(Instant now) {
    if (retired_ || fetching_ || !online_ || asking_ || !must_ask()) return std::nullopt;
    if (*may_go_at() > now) return std::nullopt;
    asking_ = asked_ = true;
    answer_due_ = now + limits_.answer_timeout;
    return acknowledged_;
}

std::optional<Fetch> Lane::next_fetch(Instant now) {
    if (retired_ || fetching_) return std::nullopt;
    if (answer_due_ && now >= *answer_due_) {
        const auto most = std::min(limits_.answer_timeout * most_patience, limits_.longest_pause);
        if (!asking_) patience_ = std::max(patience_, std::min(patience_ * 2, most));
        open_circuit(Bounce::passing, now);
        return std::nullopt;
    }
    if (crowded()) {
        fetching_ = true;
        return Fetch{.after = sent_, .merge = loose_.from};
    }
    const auto at = may_go_at();
    if (!online_ || must_ask() || !at || *at > now) return std::nullopt;
    fetching_ = true;
    if (!resend_.empty()) {
        const auto [from, to] = resend_.back();
        resend_.pop_back();
        return Fetch{.after = from - 1,
                     .messages = to - from + 1,
                     .bytes = limits_.window_bytes,
                     .through = to};
    }
    Fetch fetch{
        .after = sent_, .messages = room(), .bytes = limits_.window_bytes - bytes_in_flight_};
    const bool together = limits_.coalesce > milliseconds(0) && loose_.messages > 1;
    if (together && sent_ + 1 == loose_.from) fetch.merge = loose_.from;
    return fetch;
}

void Lane::merged(const Fetch& fetch, Seq last) {
    given_out_ = readable_ = last;
    loose_.messages = last + 1 - *fetch.merge;
}

bool Lane::fetched(const Fetch& fetch, const std::vector<InFlight>& messages, Instant now) {
    fetching_ = false;
    // Small messages are put together once; where that failed they go as they are.
    const bool only_merged = fetch.messages == 0;
    const bool in_vain = fetch.merge && messages.empty();
    if (only_merged || in_vain) loose_ = {.from = given_out_ + 1};
    if (!online_ || retired_ || only_merged || in_vain) return false;
    if (!fetch.through && fetch.after != sent_) return false;  // it went back meanwhile
    for (const InFlight& message : messages) {
        cap_.spend(message.bytes, now);
        if (fetch.through) continue;
        in_flight_.push_back(message);
        bytes_in_flight_ += message.bytes;
        sent_ = message.seq;
        if (sent_ >= loose_.from) loose_.records -= message.records;
    }
    if (fetch.through) return true;
    // It may hold more than we had heard of: the CLI puts messages there too.
    given_out_ = std::max(given_out_, sent_);
    if (sent_ >= loose_.from) {
        loose_.from = sent_ + 1;
        loose_.messages = given_out_ - sent_;
        loose_.records = loose_.messages == 0 ? 0 : std::max<std::int64_t>(loose_.records, 0);
    }
    // The outbox has nothing further or could not be read: asked again when the lane has grown.
    if (messages.empty()) readable_ = sent_;
    return true;
}

void Lane::sent(Seq seq, Instant now) {
    if (in_flight_.empty() || seq < in_flight_.front().seq || seq > in_flight_.back().seq) return;
    InFlight& message = in_flight_[static_cast<std::size_t>(seq - in_flight_.front().seq)];
    if (!message.sent_at) message.sent_at = now;
    if (!answer_due_) answer_due_ = now + patience_;
}

// --- what comes back

// Of two copies nobody knows which one was answered.
void Lane::learn(const InFlight& answered, Instant now) {
    if (!answered.sent_at || answered.resent_at || answered.seq <= repeated_) return;
    const auto took = std::chrono::ceil<milliseconds>(now - *answered.sent_at);
    slowest_ = std::max(took, slowest_ - slowest_ / 8);
    patience_ = std::max(limits_.answer_timeout, std::min(slowest_ * 2, limits_.longest_pause));
}

// The peer's word counts only after it was asked: a receipt that was stored for us while we were
// away may be older than what it knows. An answer may come late, when the next question is due.
void Lane::believe(Instant now) {
    const bool sent = !in_flight_.empty() && in_flight_.front().sent_at;
    if (asked_ || sent) doubted_.reset();
    if (!std::exchange(asked_, false)) return;
    if (std::exchange(asking_, false)) answer_due_.reset();
    if (!open_) return;
    reached_ = true;
    paused_until_ = now;
}

Answered Lane::receipt(Seq through, Instant now) {
    if (doubted_ && through > *doubted_) return OlderCopy{through, *doubted_};
    if (through > given_out_) return PeerFault{through, given_out_};
    believe(now);
    peer_through_ = through;
    Settled settled;
    while (!in_flight_.empty() && in_flight_.front().seq <= through) {
        bytes_in_flight_ -= in_flight_.front().bytes;
        settled.messages.push_back(in_flight_.front());
        in_flight_.pop_front();
    }
    if (!settled.messages.empty()) learn(settled.messages.back(), now);
    if (through > acknowledged_) {
        settled.advanced = true;
        acknowledged_ = through;
        sent_ = std::max(sent_, acknowledged_);
        loose_.from = std::max(loose_.from, sent_ + 1);
        close_circuit(now);
        answer_due_.reset();
        if (!in_flight_.empty() && in_flight_.front().sent_at) answer_due_ = now + patience_;
    }
    return settled;
}

std::optional<std::pair<Seq, Seq>> Lane::missing(Seq from, Seq to, Instant now) {
    const auto gone = to_void(from, std::min(to, acknowledged_), now);
    for (InFlight& flying : in_flight_) {
        if (flying.seq < from || flying.seq > to || !flying.sent_at) continue;
        if (flying.resent_at && now - *flying.resent_at < resend_again_after) continue;
        flying.resent_at = now;
        if (!resend_.empty() && resend_.back().second + 1 == flying.seq)
            resend_.back().second = flying.seq;
        else
            resend_.emplace_back(flying.seq, flying.seq);
    }
    return gone;
}

// Every receipt asks for the whole hole, which voids fill a few at a time: each goes once, unless
// it stays away for a while.
std::optional<std::pair<Seq, Seq>> Lane::to_void(Seq from, Seq to, Instant now) {
    if (from > to) return std::nullopt;
    const bool under_way = voided_at_ && now - *voided_at_ < resend_again_after;
    const Seq first = under_way ? std::max(from, voided_ + 1) : from;
    const Seq last = std::min(to, peer_through_ + void_window);
    if (first > last) return std::nullopt;
    voided_ = last;
    voided_at_ = now;
    return std::pair{first, last};
}

Answered Lane::resume(Seq next, Instant now) {
    auto answered = receipt(next - 1, now);
    if (!std::holds_alternative<Settled>(answered)) return answered;
    go_back();
    close_circuit(now);
    return answered;
}

void Lane::bounced(Seq seq, Bounce kind, Instant now) {
    const bool flying =
        !in_flight_.empty() && seq >= in_flight_.front().seq && seq <= in_flight_.back().seq;
    const bool question = asking_ && seq == acknowledged_;
    if (flying || question) open_circuit(kind, now);
}

}  // namespace courant
