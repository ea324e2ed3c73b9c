#include "jobs/outbound.hpp"

#include <utility>

namespace courant {
namespace {

// What a message or letter takes in the store beside its body, near enough.
constexpr std::int64_t bytes_around = 256;

std::int64_t size_of(const Dispatch& work) {
    std::int64_t bytes = 0;
    for (const Outgoing& message : work.messages)
        bytes += static_cast<std::int64_t>(message.body.size()) + bytes_around;
    for (const Refused& thing : work.refused)
        bytes += static_cast<std::int64_t>(thing.payload.size()) + bytes_around;
    return bytes;
}

}  // namespace

Outbound::Outbound(std::string adapter, DispatchRules rules, StoreThread& store,
                   OutboxGrew outbox_grew, Counters& counters, Obstacle obstacle)
    : adapter_(std::move(adapter)),
      rules_(std::move(rules)),
      store_(store),
      outbox_grew_(std::move(outbox_grew)),
      counters_(counters),
      obstacle_(std::move(obstacle)) {}

void Outbound::insist_on_room(Time now) {
    if (!obstacle_) return;
    const auto obstacle = store_.ask([&](Mailboxes& m) { return obstacle_(m, 0, now); });
    if (!obstacle.empty()) throw NoRoom(obstacle);
}

bool Outbound::anybody_listens() {
    return store_.ask([](Mailboxes& m) { return !m.subscriptions().empty(); });
}

void Outbound::put(const senml::Pack& readings, const std::vector<Refused>& refused,
                   const std::optional<std::string>& cursor, Time now) {
    const auto subscriptions = store_.ask([](Mailboxes& m) { return m.subscriptions(); });
    Dispatch work = dispatch(readings, subscriptions, rules_);
    work.refused.insert(work.refused.begin(), refused.begin(), refused.end());
    std::string obstacle;
    auto enqueued = store_.ask([&](Mailboxes& m) {
        std::vector<Enqueued> numbers;
        obstacle = obstacle_ ? obstacle_(m, size_of(work), now) : "";
        if (!obstacle.empty()) return numbers;
        for (const Outgoing& message : work.messages) {
            const auto [lane, seq] = m.enqueue(message, now);
            numbers.push_back({lane, message.peer, seq});
        }
        for (const Refused& thing : work.refused) {
            DeadLetter letter;
            letter.at = now;
            letter.origin = DeadOrigin::source;
            letter.whom = adapter_;
            letter.reason = thing.where + ": " + thing.reason;
            letter.payload = thing.payload;
            m.bury(letter);
        }
        if (cursor) m.set_cursor(adapter_, *cursor);
        return numbers;
    });
    if (!obstacle.empty()) throw NoRoom(obstacle);
    const auto count = [&](std::string_view name, std::size_t amount) {
        if (amount > 0) counters_.get(name, {{"adapter", adapter_}}).add(amount);
    };
    count("courant_readings_extracted_total", readings.size());
    count("courant_readings_unwanted_total", static_cast<std::size_t>(work.unwanted));
    count("courant_readings_refused_total", work.refused.size());
    if (!enqueued.empty()) outbox_grew_(std::move(enqueued));
}

}  // namespace courant
