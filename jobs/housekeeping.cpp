#include "jobs/housekeeping.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "jobs/exchange.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant {
namespace {

// How long one call does what need not be done at once.
constexpr std::chrono::seconds portion{1};
// What one transaction gives back: the disk writes for a few milliseconds.
constexpr std::int64_t back_at_once = std::int64_t{1} << 20;
// And how many series one transaction notes.
constexpr std::size_t series_at_once = 256;

// Calls and kept readings that one transaction removes, of each.
constexpr std::int64_t past_at_once = 1'000;

// How long it takes at most until somebody notices that a retention is over.
constexpr std::chrono::minutes look_again{10};

// How long a sink counts after the last worker that had it: who has it may be away for a while.
constexpr std::chrono::hours needed_for{7 * 24};

std::string label(const Counters::Sample& sample) {
    std::string text = sample.name;
    for (const auto& [key, value] : sample.labels)
        text.append(1, ' ').append(key).append(1, '=').append(value);
    return text;
}

}  // namespace

HousekeepingJob::HousekeepingJob(HousekeepingRules rules, SpaceWatch& space, OutboxCaps& caps,
                                 StoreThread& store, Counters& counters)
    : rules_(std::move(rules)),
      space_(space),
      caps_(caps),
      retention_(rules_.retention.received),
      store_(store),
      counters_(counters) {}

Progress HousekeepingJob::run(const Call& call) {
    const bool purged = purge_delivered(call.now);
    const auto until = std::min(call.deadline, std::chrono::steady_clock::now() + portion);
    const auto in_time = [&] {
        return std::chrono::steady_clock::now() < until && !call.stop.stop_requested();
    };
    while (note_series() && in_time()) continue;
    while (purge_dead(call.now) && in_time()) continue;
    while (end_retentions(call.now) && in_time()) continue;
    while (purge_past(call.now) && in_time()) continue;
    while (hold_to_caps(call.now) && in_time()) continue;
    while (give_back() && in_time()) continue;
    return purged ? Progress::more : Progress::done;
}

bool HousekeepingJob::purge_delivered(Time now) {
    std::map<std::string, std::uint64_t> values;
    for (const auto& sample : counters_.snapshot()) values[label(sample)] = sample.value;
    const bool purged = store_.ask([&](Mailboxes& m) {
        for (const auto& [name, value] : values) {
            const auto before = stored_.find(name);
            const auto known = before == stored_.end() ? 0 : before->second;
            if (value != known) m.add_to_counter(name, static_cast<std::int64_t>(value - known));
        }
        space_.look(m, now);
        const auto sinks = all_sinks(m, now);
        // A notice goes only once it has been taken; that takes seconds.
        const bool notices_wait = !m.exchange().notices(m.delivered(notices_position), 1).empty();
        return !notices_wait && m.purge_delivered(sinks) > 0;
    });
    stored_ = std::move(values);
    return purged;
}

// A need is a lease that belongs to nobody: every worker that has the sink renews it.
std::vector<std::string> HousekeepingJob::all_sinks(Mailboxes& m, Time now) const {
    if (rules_.sharing == Sharing::alone) return rules_.sinks;
    std::vector<std::string> needs;
    needs.reserve(rules_.sinks.size());
    for (const auto& sink : rules_.sinks) needs.push_back(std::string(sink_need) + sink);
    m.hold(needs, "", needed_for, now);
    std::vector<std::string> sinks;
    for (const auto& lease : m.leases(now))
        if (lease.what.starts_with(sink_need)) sinks.push_back(lease.what.substr(sink_need.size()));
    return sinks;
}

// What a failed commit leaves behind is noted with the next one.
bool HousekeepingJob::note_series() {
    if (!rules_.tally) return false;
    return store_.ask(
        [&](Mailboxes& m) {
            if (noting_.empty()) noting_ = rules_.tally->take(series_at_once);
            for (const SeriesSeen& series : noting_) m.series().note(series);
            return noting_.size() == series_at_once;
        },
        [&](bool) { noting_.clear(); });
}

bool HousekeepingJob::purge_dead(Time now) {
    const auto max_age = rules_.retention.dead_max_age;
    const auto max_number = rules_.retention.dead_max_number;
    if (max_age.count() == 0 && max_number == 0) return false;
    const auto purged = store_.ask([&](Mailboxes& m) {
        std::int64_t letters = 0;
        if (max_age.count() > 0)
            letters += m.purge_dead(now - max_age, std::numeric_limits<std::int64_t>::max());
        if (max_number > 0) letters += m.purge_dead(Time::max(), m.dead_count() - max_number);
        return letters;
    });
    if (purged > 0)
        counters_.get("courant_dead_letters_purged_total").add(static_cast<std::uint64_t>(purged));
    return purged > 0;
}

// A large inbox is looked through now and then, and not all the time.
bool HousekeepingJob::end_retentions(Time now) {
    if (retentions_ended_ && now >= *retentions_ended_ && now - *retentions_ended_ < look_again)
        return false;
    Ended ended;
    const bool more = store_.ask([&](Mailboxes& m) {
        ended = {};
        return retention_.look(m, all_sinks(m, now), now, ended);
    });
    retention_.looked(ended);
    if (!more) retentions_ended_ = now;
    if (ended.readings > 0)
        counters_.get("courant_readings_retention_ended_total")
            .add(static_cast<std::uint64_t>(ended.readings));
    return more;
}

bool HousekeepingJob::purge_past(Time now) {
    const Time before = now - nominal_length(rules_.retention.calls);
    return store_.ask([&](Mailboxes& m) {
        const auto calls = m.calls().purge(before, past_at_once);
        return m.past().purge(now, past_at_once) + calls > 0;
    });
}

bool HousekeepingJob::hold_to_caps(Time now) {
    const auto drops = store_.ask([&](Mailboxes& m) { return caps_.drop(m, now); });
    caps_.dropped(drops);
    return !drops.empty();
}

bool HousekeepingJob::give_back() {
    return store_.ask([&](Mailboxes& m) {
        const auto room = m.room();
        if (room.empty <= std::max(rules_.keep_empty, room.bytes / 2)) return false;
        return m.give_back(std::min(back_at_once, room.empty - rules_.keep_empty)) > 0;
    });
}

}  // namespace courant
