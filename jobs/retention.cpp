#include "jobs/retention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "proxy-core/access/exchange_book.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

constexpr std::int64_t messages_at_once = 1000;
constexpr std::int64_t letters_at_once = 64;  // with their payloads

// Whose readings a letter holds: ours may stay as long as we like.
bool is_of_others(const DeadLetter& letter) {
    return letter.origin == DeadOrigin::arrived || letter.origin == DeadOrigin::sink;
}

// What is left of a message that not every sink has had.
DeadLetter missed(const Kept& kept, Time now) {
    return {
        .id = 0,
        .at = now,
        .origin = DeadOrigin::arrived,
        .whom = kept.peer.to_string(),
        .lane = kept.lane,
        .seq = kept.seq,
        .record = {},
        .reason = fmt::format(
            "its retention was over before every sink had it: {} readings are gone", kept.records),
        .payload = {},
        .envelope = kept.envelope};
}

}  // namespace

Time RetentionPurge::end_of(std::string_view retain, Time since) const {
    std::chrono::nanoseconds most = nominal_length(retain);
    if (!own_.empty()) most = std::min<std::chrono::nanoseconds>(most, nominal_length(own_));
    return since > Time::max() - most ? Time::max() : since + most;
}

bool RetentionPurge::look(Mailboxes& m, std::span<const std::string> sinks, Time now,
                          Ended& ended) const {
    std::int64_t delivered = sinks.empty() ? 0 : std::numeric_limits<std::int64_t>::max();
    for (const auto& sink : sinks) delivered = std::min(delivered, m.delivered(sink));
    // Without sinks nobody misses anything.
    const auto had = [&](const Kept& kept) { return sinks.empty() || kept.position <= delivered; };

    const auto page = m.exchange().kept(inbox_after_, messages_at_once);
    std::vector<Rewritten> emptied;
    for (const Kept& kept : page) {
        if (end_of(kept.envelope.retain, kept.stored_at) > now) continue;
        if (!had(kept)) m.bury(missed(kept, now));
        emptied.push_back({.position = kept.position});
        ended.readings += kept.records;
    }
    m.subjects().rewrite_inbox(emptied);
    ended.inbox_after = page.empty() ? 0 : page.back().position;

    const auto letters = m.dead(dead_after_, {.messages = letters_at_once});
    for (const DeadLetter& letter : letters)
        if (is_of_others(letter) && !letter.payload.empty() &&
            end_of(letter.envelope.retain, letter.at) <= now)
            m.exchange().empty_dead(letter.id, "its retention is over");
    ended.dead_after = letters.empty() ? 0 : letters.back().id;
    return !page.empty() || !letters.empty();
}

}  // namespace courant
