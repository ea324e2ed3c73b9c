#include "jobs/outbox_caps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <locale>
#include <optional>
#include <sstream>
#include <utility>

#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

using WhenFull = OutboxConfig::WhenFull;

// Lanes that one call drops from: what a transaction does stays small.
constexpr std::size_t lanes_at_once = 8;
// A letter speaks of what was dropped within this time.
constexpr std::chrono::hours letter_span{24};

// What the peer reads; nothing of our configuration.
constexpr std::string_view void_reason = "dropped by its sender, where too much or too old waited";

struct Waiting {
    std::int64_t bytes = 0;
    std::optional<Time> oldest;
};

Waiting sum_of(const std::vector<OutgoingLane>& lanes) {
    Waiting all;
    for (const OutgoingLane& lane : lanes) {
        all.bytes += lane.waiting_bytes;
        if (lane.oldest && *lane.oldest < all.oldest.value_or(Time::max()))
            all.oldest = lane.oldest;
    }
    return all;
}

bool over(const OutgoingLane& lane, const LaneCap& cap) {
    return lane.waiting_bytes > cap.bytes || (lane.oldest && *lane.oldest < cap.since);
}

// The earliest time of a message that is young enough.
Time since(std::chrono::nanoseconds age, Time now) {
    return age > age.zero() ? now - age : Time::min();
}

std::string what_was(const Dropped& dropped, const Jid& peer) {
    return fmt::format(
        "dropped before {} had them, because the caps of the outbox ([outbox]) leave no place for "
        "them: numbers {} to {}, {} messages with {} readings, stored {} to {}",
        peer.to_string(), dropped.first, dropped.last, dropped.messages(), dropped.records,
        to_timestamp_for_people(dropped.oldest), to_timestamp_for_people(dropped.newest));
}

// What the last dead letter of a lane speaks of, as a note of the store: letters are continued
// whoever runs on it.
struct Report {
    std::int64_t letter = 0;
    Time since;  ///< when the first of it was dropped
    Dropped dropped;
};

std::string note_of(const LaneId& lane) {
    return "dropped " + lane.value;
}

void remember(Mailboxes& m, const LaneId& lane, const Report& report) {
    const auto& [first, last, records, bytes, oldest, newest] = report.dropped;
    m.set_note(note_of(lane),
               fmt::format("{} {} {} {} {} {} {} {}", report.letter,
                           report.since.time_since_epoch().count(), first, last, records, bytes,
                           oldest.time_since_epoch().count(), newest.time_since_epoch().count()));
}

std::optional<Report> last_report(Mailboxes& m, const LaneId& lane) {
    std::istringstream in(m.note(note_of(lane)));
    in.imbue(std::locale::classic());
    Report report;
    Time::rep since = 0;
    Time::rep oldest = 0;
    Time::rep newest = 0;
    auto& dropped = report.dropped;
    if (!(in >> report.letter >> since >> dropped.first >> dropped.last >> dropped.records >>
          dropped.bytes >> oldest >> newest))
        return std::nullopt;
    report.since = Time(Time::duration(since));
    dropped.oldest = Time(Time::duration(oldest));
    dropped.newest = Time(Time::duration(newest));
    return report;
}

// Tells of what was dropped, in the letter before where that is continued. A letter that an
// operator has removed has been seen: a new one begins.
OutboxCaps::Drop tell(Mailboxes& m, const OutgoingLane& lane, const Dropped& batch, Time now) {
    Report report{.letter = 0, .since = now, .dropped = batch};
    const auto before = last_report(m, lane.lane);
    const bool goes_on = before && before->dropped.last + 1 == batch.first &&
                         now - before->since < letter_span && m.remove_dead(before->letter);
    if (goes_on) {
        report.since = before->since;
        report.dropped.first = before->dropped.first;
        report.dropped.oldest = before->dropped.oldest;
        report.dropped.records += before->dropped.records;
        report.dropped.bytes += before->dropped.bytes;
    }
    DeadLetter letter;
    letter.at = now;
    letter.origin = DeadOrigin::dropped;
    letter.whom = lane.peer.to_string();
    letter.lane = lane.lane;
    letter.seq = report.dropped.first;
    letter.reason = what_was(report.dropped, lane.peer);
    report.letter = m.bury(letter);
    remember(m, lane.lane, report);
    return {.lane = lane.lane, .peer = lane.peer, .batch = batch, .first_word = !goes_on};
}

}  // namespace

OutboxCaps::OutboxCaps(OutboxConfig rules, Logger logger, Counters& counters)
    : rules_(rules), logger_(std::move(logger)), counters_(counters), fault_(logger_, "outbox") {}

const std::string& OutboxCaps::obstacle(Mailboxes& m, std::int64_t bytes, Time now) {
    const bool capped = rules_.max_bytes > 0 || rules_.max_age > rules_.max_age.zero();
    if (!capped || rules_.when_full != WhenFull::stop) {
        // A note of a configuration before this one.
        if (allowance_.covers(0, now)) return obstacle_;
        allowance_.renew(0, now);
        if (!m.note(outbox_note).empty()) m.set_note(outbox_note, "");
    } else if (!allowance_.covers(bytes, now)) {
        look(m, now);
        allowance_.covers(bytes, now);
    }
    return obstacle_;
}

// It goes on once a tenth is free again, so that it does not flutter at the edge: for all who run
// on the store, or one of them would fill it up again and again while another one waits.
void OutboxCaps::look(Mailboxes& m, Time now) {
    const std::string noted = m.note(outbox_note);
    const Waiting waiting = sum_of(m.outgoing_lanes());
    const auto cap =
        rules_.max_bytes > 0 ? rules_.max_bytes : std::numeric_limits<std::int64_t>::max();
    const bool many = waiting.bytes > (noted.empty() ? cap : cap / 10 * 9);
    const bool old = waiting.oldest && *waiting.oldest < since(rules_.max_age, now);
    obstacle_.clear();
    if (many)
        obstacle_ =
            fmt::format("more than {} KiB wait for receipts ([outbox] max_bytes)", cap >> 10);
    else if (old)
        obstacle_ = fmt::format("the oldest message has waited for more than {} ([outbox] max_age)",
                                duration_text(rules_.max_age));
    if (obstacle_.empty()) {
        fault_.succeeded(now);
        allowance_.renew((cap - waiting.bytes) / 4, now);
    } else {
        obstacle_ = "the outbox is full: " + obstacle_ +
                    "; nothing is extracted until less waits. courant status shows for whom";
        fault_.failed(obstacle_, now);
        allowance_ = {};
    }
    if (noted != obstacle_) m.set_note(outbox_note, obstacle_);
}

LaneCap OutboxCaps::cap_at(Time now) const {
    LaneCap cap;
    if (rules_.peer_max_bytes > 0) cap.bytes = rules_.peer_max_bytes;
    cap.since = since(rules_.peer_max_age, now);
    if (rules_.when_full == WhenFull::drop_oldest)
        cap.since = std::max(cap.since, since(rules_.max_age, now));
    return cap;
}

std::vector<OutboxCaps::Drop> OutboxCaps::drop(Mailboxes& m, Time now) const {
    std::vector<Drop> drops;
    const bool capped = rules_.peer_max_bytes > 0 || rules_.peer_max_age.count() > 0 ||
                        rules_.when_full == WhenFull::drop_oldest;
    if (!capped) return drops;
    auto lanes = m.outgoing_lanes();
    const auto total = sum_of(lanes).bytes;
    const LaneCap cap = cap_at(now);
    for (const OutgoingLane& lane : lanes) {
        if (drops.size() == lanes_at_once) return drops;
        if (!over(lane, cap)) continue;
        if (const auto batch = m.drop_oldest(lane.lane, cap, void_reason))
            drops.push_back(tell(m, lane, *batch, now));
    }
    if (!drops.empty() || rules_.when_full != WhenFull::drop_oldest || rules_.max_bytes <= 0 ||
        total <= rules_.max_bytes)
        return drops;
    // Who has the longest backlog gives first.
    const auto longest = std::max_element(lanes.begin(), lanes.end(), [](auto& a, auto& b) {
        return a.waiting_bytes < b.waiting_bytes;
    });
    const auto left =
        std::max<std::int64_t>(0, longest->waiting_bytes - (total - rules_.max_bytes));
    if (const auto batch = m.drop_oldest(longest->lane, {.bytes = left}, void_reason))
        drops.push_back(tell(m, *longest, *batch, now));
    return drops;
}

void OutboxCaps::dropped(const std::vector<Drop>& drops) {
    for (const Drop& drop : drops) {
        const std::string peer = drop.peer.to_string();
        counters_.get("courant_messages_dropped_total", {{"peer", peer}})
            .add(static_cast<std::uint64_t>(drop.batch.messages()));
        counters_.get("courant_readings_dropped_total", {{"peer", peer}})
            .add(static_cast<std::uint64_t>(drop.batch.records));
        if (drop.first_word)
            logger_.warning("the oldest messages for a peer are dropped",
                            {{"peer", peer},
                             {"lane", drop.lane.value},
                             {"reason", what_was(drop.batch, drop.peer)}});
    }
}

}  // namespace courant
