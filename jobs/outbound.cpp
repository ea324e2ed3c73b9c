#include "jobs/outbound.hpp"

#include <utility>

namespace courant {

Outbound::Outbound(std::string adapter, DispatchRules rules, StoreThread& store,
                   OutboxGrew outbox_grew, Counters& counters)
    : adapter_(std::move(adapter)),
      rules_(std::move(rules)),
      store_(store),
      outbox_grew_(std::move(outbox_grew)),
      counters_(counters) {}

bool Outbound::anybody_listens() {
    return store_.ask([](Mailboxes& m) { return !m.subscriptions().empty(); });
}

void Outbound::put(const senml::Pack& readings, const std::vector<Refused>& refused,
                   const std::optional<std::string>& cursor, Time now) {
    const auto subscriptions = store_.ask([](Mailboxes& m) { return m.subscriptions(); });
    Dispatch work = dispatch(readings, subscriptions, rules_);
    work.refused.insert(work.refused.begin(), refused.begin(), refused.end());
    auto enqueued = store_.ask([&](Mailboxes& m) {
        std::vector<Enqueued> numbers;
        for (const Outgoing& message : work.messages) {
            const auto [lane, seq] = m.enqueue(message, now);
            numbers.push_back({lane, message.peer, seq, message.records});
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
    const auto count = [&](std::string_view name, std::size_t amount) {
        if (amount > 0) counters_.get(name, {{"adapter", adapter_}}).add(amount);
    };
    count("courant_readings_extracted_total", readings.size());
    count("courant_readings_unwanted_total", static_cast<std::size_t>(work.unwanted));
    count("courant_readings_refused_total", work.refused.size());
    if (!enqueued.empty()) outbox_grew_(std::move(enqueued));
}

}  // namespace courant
