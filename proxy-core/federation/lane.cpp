#include "proxy-core/federation/lane.hpp"

#include <algorithm>

namespace courant {
namespace {

// A receiver that sees a hole says so in every receipt until it is filled; the second copy is on
// its way by then.
constexpr std::chrono::seconds resend_again_after{2};

// Voids on their way at once: enough to go fast, few enough that they do not pile up.
constexpr Seq void_window = 1000;

}  // namespace

Lane::Lane(const OutgoingLane& stored, const LaneLimits& limits)
    : id_(stored.lane),
      peer_(stored.peer),
      limits_(limits),
      acknowledged_(stored.acknowledged),
      sent_(stored.acknowledged),
      given_out_(stored.next - 1),
      readable_(given_out_) {}

void Lane::session_began(Instant now) {
    online_ = true;
    unanswered_ = 0;
    go_back(now);
    probing_ = false;
    paused_until_ = now;
}

void Lane::session_lost() {
    online_ = false;
}

void Lane::grew(Seq last) {
    given_out_ = std::max(given_out_, last);
    readable_ = given_out_;
}

void Lane::go_back(Instant now) {
    sent_ = acknowledged_;
    in_flight_.clear();
    bytes_in_flight_ = 0;
    resend_.clear();
    voided_at_.reset();
    answer_due_ = now + limits_.answer_timeout;
}

std::chrono::milliseconds Lane::pause() const {
    auto pause = limits_.answer_timeout / 8;
    for (int i = 1; i < unanswered_ && pause < limits_.longest_pause; ++i) pause *= 2;
    return std::min<std::chrono::milliseconds>(pause, limits_.longest_pause);
}

std::optional<Fetch> Lane::next_fetch(Instant now) {
    if (!online_ || retired_ || fetching_ || now < paused_until_) return std::nullopt;
    if (!in_flight_.empty() && now >= answer_due_) {
        ++unanswered_;
        go_back(now);
        probing_ = true;
        paused_until_ = now + pause();
        return std::nullopt;
    }
    if (!resend_.empty()) {
        const auto [from, to] = resend_.back();
        resend_.pop_back();
        fetching_ = true;
        return Fetch{.after = from - 1,
                     .messages = to - from + 1,
                     .bytes = limits_.window_bytes,
                     .through = to};
    }
    const std::int64_t room = probing_ ? 1 - in_flight() : limits_.window_messages - in_flight();
    const std::int64_t bytes = limits_.window_bytes - bytes_in_flight_;
    if (sent_ >= readable_ || room <= 0 || bytes <= 0) return std::nullopt;
    // A window that opens by one message at a time would read the outbox once per message.
    if (!probing_ && room < limits_.window_messages / 4 && readable_ - sent_ > room)
        return std::nullopt;
    fetching_ = true;
    return Fetch{.after = sent_, .messages = room, .bytes = bytes, .through = {}};
}

bool Lane::fetched(const Fetch& fetch, const std::vector<InFlight>& messages, Instant now) {
    fetching_ = false;
    if (!online_ || retired_) return false;
    if (fetch.through) return true;
    if (fetch.after != sent_) return false;  // the lane went back while the outbox was read
    if (in_flight_.empty()) answer_due_ = now + limits_.answer_timeout;
    for (const InFlight& message : messages) {
        in_flight_.push_back(message);
        bytes_in_flight_ += message.bytes;
        sent_ = message.seq;
    }
    // It may hold more than we had heard of: the CLI puts messages there too.
    given_out_ = std::max(given_out_, sent_);
    // The outbox has nothing further or could not be read: asked again when the lane has grown.
    if (messages.empty()) readable_ = sent_;
    return true;
}

std::variant<Settled, PeerFault> Lane::receipt(Seq through, Instant now) {
    if (through > given_out_) return PeerFault{through, given_out_};
    peer_through_ = through;
    Settled settled;
    while (!in_flight_.empty() && in_flight_.front().seq <= through) {
        bytes_in_flight_ -= in_flight_.front().bytes;
        settled.messages.push_back(in_flight_.front());
        in_flight_.pop_front();
    }
    if (through > acknowledged_) {
        settled.advanced = true;
        acknowledged_ = through;
        sent_ = std::max(sent_, acknowledged_);
        unanswered_ = 0;
        probing_ = false;
        paused_until_ = now;
        answer_due_ = now + limits_.answer_timeout;
    }
    return settled;
}

std::optional<std::pair<Seq, Seq>> Lane::missing(Seq from, Seq to, Instant now) {
    const auto gone = to_void(from, std::min(to, acknowledged_), now);
    for (InFlight& flying : in_flight_) {
        if (flying.seq < from || flying.seq > to) continue;
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

std::variant<Settled, PeerFault> Lane::resume(Seq next, Instant now) {
    auto settled = receipt(next - 1, now);
    if (std::holds_alternative<PeerFault>(settled)) return settled;
    go_back(now);
    unanswered_ = 0;
    probing_ = false;
    paused_until_ = now;
    return settled;
}

void Lane::bounced(Instant now) {
    if (now < paused_until_) return;  // one bounce for each message in flight: they count once
    ++unanswered_;
    go_back(now);
    probing_ = true;
    paused_until_ = now + pause();
}

std::optional<Instant> Lane::deadline() const {
    if (!online_ || retired_ || fetching_) return std::nullopt;
    if (!in_flight_.empty()) return answer_due_;
    if (sent_ < readable_ || !resend_.empty()) return paused_until_;
    return std::nullopt;
}

}  // namespace courant
