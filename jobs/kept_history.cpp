#include "jobs/kept_history.hpp"

#include <algorithm>
#include <chrono>

#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant {
namespace {

// In one transaction; others wait for the store meanwhile.
constexpr std::size_t most_at_once = 1'000;

}  // namespace

void KeptHistory::read(const HistoryRange& range, const Call& call, const TakeHistory& take) {
    const auto most = static_cast<std::int64_t>(std::min(call.max_readings, most_at_once));
    for (Time from = range.from; from < range.to;) {
        if (call.stop.stop_requested() || std::chrono::steady_clock::now() > call.deadline)
            throw Error("the archive was not read to the end in time", Retry::worthwhile);
        const senml::Pack chunk = store_.ask([&](Mailboxes& m) {
            return m.past().read(range.series, from, range.to, most).readings;
        });
        if (chunk.empty() || !take(chunk)) return;
        if (static_cast<std::int64_t>(chunk.size()) < most) return;
        from = chunk[chunk.size() - 1].time + std::chrono::nanoseconds(1);
    }
}

}  // namespace courant
