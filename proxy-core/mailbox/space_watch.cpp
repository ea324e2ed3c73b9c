#include "proxy-core/mailbox/space_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace courant {
namespace {

std::int64_t capacity_of(const StoreRoom& room, const SpaceRules& rules) {
    const auto all = room.capacity.value_or(std::numeric_limits<std::int64_t>::max());
    return rules.max_bytes > 0 ? std::min(all, rules.max_bytes) : all;
}

}  // namespace

std::optional<std::int64_t> free_bytes(const StoreRoom& room, const SpaceRules& rules) {
    std::optional<std::int64_t> growth = room.growth;
    if (rules.max_bytes > 0) {
        const auto own = std::max<std::int64_t>(0, rules.max_bytes - room.bytes);
        growth = std::min(growth.value_or(own), own);
    }
    if (!growth) return std::nullopt;
    return *growth + room.empty;
}

std::int64_t reserve_of(const StoreRoom& room, const SpaceRules& rules) {
    const auto capacity = capacity_of(room, rules);
    const auto share = capacity / 100 * rules.reserve_percent;
    return std::min(std::max(rules.reserve_bytes, share), capacity / 4);
}

SpaceWatch::SpaceWatch(SpaceRules rules, Logger logger, Counters& counters)
    : rules_(rules),
      fault_(std::move(logger), "space"),
      stops_(counters.get("courant_space_stops_total")) {}

std::string SpaceWatch::obstacle(Mailboxes& m, std::int64_t bytes, Time now) {
    if (allowance_.covers(bytes, now)) return {};
    look(m, now);
    allowance_.covers(bytes, now);
    if (!obstacle_.empty() || bytes <= room_) return obstacle_;
    return fmt::format("{} KiB at once have no place in the store, which has room for {} KiB",
                       bytes >> 10, std::max<std::int64_t>(0, room_) >> 10);
}

void SpaceWatch::look(Mailboxes& m, Time now) {
    const auto store = m.room();
    const auto free = free_bytes(store, rules_).value_or(std::numeric_limits<std::int64_t>::max());
    const auto reserve = reserve_of(store, rules_);
    room_ = free - reserve / 2;
    if (free < (obstacle_.empty() ? reserve : reserve + reserve / 4)) {
        if (obstacle_.empty()) stop(reserve, now);
        allowance_ = {};
    } else {
        obstacle_.clear();
        fault_.succeeded(now);
        allowance_.renew((free - reserve) / 4, now);
    }
    if (m.note(space_note) != obstacle_) m.set_note(space_note, obstacle_);
}

void SpaceWatch::stop(std::int64_t reserve, Time now) {
    obstacle_ = fmt::format(
        "the store has less room left than the reserve of {} KiB ([space] reserve_bytes, "
        "reserve_percent): nothing is extracted or taken in until there are {} KiB. Receipts and "
        "deliveries go on. Make room where the store is",
        reserve >> 10, (reserve + reserve / 4) >> 10);
    stops_.add();
    fault_.failed(obstacle_, now);
}

}  // namespace courant
