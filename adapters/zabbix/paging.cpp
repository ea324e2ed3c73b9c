#include "adapters/zabbix/paging.hpp"

#include <algorithm>
#include <iterator>

#include "proxy-core/error.hpp"

namespace courant::zabbix {
namespace {

/// More values than this within one second are no history but a fault.
constexpr std::size_t max_limit = std::size_t{1} << 21;

struct Fetched {
    std::vector<Point> points;
    bool full = false;
};

Fetched fetch_beyond_one_second(std::int64_t from, std::int64_t till, std::size_t limit,
                                const FetchPage& fetch) {
    while (true) {
        auto points = fetch(from, till, limit);
        const bool full = points.size() >= limit;
        if (!full || points.back().stamp.clock > from) return {std::move(points), full};
        if (limit >= max_limit)
            throw Error("more than two million values within one second", Retry::useless);
        limit *= 2;
    }
}

/// The first second of the window that is remembered behind the newest value.
std::int64_t window_begin(const Position& position, const Paging& paging) {
    const std::int64_t newest = position.seen.rbegin()->clock;
    std::int64_t begin = std::max(newest - paging.overlap, position.floor);
    if (position.seen.size() <= paging.remembered) return begin;
    const auto oldest_kept =
        std::prev(position.seen.end(), static_cast<std::ptrdiff_t>(paging.remembered));
    const bool cut = std::prev(oldest_kept)->clock == oldest_kept->clock;
    const std::int64_t whole_second = oldest_kept->clock + (cut ? 1 : 0);
    return std::max(begin, std::min(whole_second, newest));
}

void forget_before(Position& position, std::int64_t second) {
    position.seen.erase(position.seen.begin(), position.seen.lower_bound(Stamp{second, 0}));
    position.floor = std::max(position.floor, second);
}

}  // namespace

Page read_page(Position& position, std::int64_t till, const Paging& paging,
               const FetchPage& fetch) {
    Page page;
    if (position.at > till) {  // the clock was set back, or nothing can be new yet
        page.complete = true;
        return page;
    }
    auto [points, full] =
        fetch_beyond_one_second(position.at, till, std::max<std::size_t>(paging.page, 1), fetch);
    if (full) position.at = points.back().stamp.clock;
    for (Point& point : points)
        if (position.seen.insert(point.stamp).second) page.fresh.push_back(std::move(point));
    std::ranges::sort(page.fresh, {}, &Point::stamp);

    page.complete = !full;
    if (position.seen.empty()) return page;
    const std::int64_t begin = window_begin(position, paging);
    if (page.complete) position.at = begin;
    forget_before(position, std::min(begin, position.at));
    return page;
}

}  // namespace courant::zabbix
