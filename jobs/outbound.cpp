#include "jobs/outbound.hpp"

#include <utility>

namespace courant {
namespace {

// Live readings are this small; of a load curve the outbox holds the only copy.
constexpr std::size_t largest_fresh = 4096;

}  // namespace

Outbound::Outbound(std::string adapter, DispatchRules rules, StoreThread& store,
                   OutboxGrew outbox_grew, Counters& counters,
                   std::shared_ptr<CurrentAudience> audience, Right right)
    : adapter_(std::move(adapter)),
      dispatcher_(std::move(rules)),
      store_(store),
      outbox_grew_(std::move(outbox_grew)),
      counters_(counters),
      current_(std::move(audience)),
      right_(std::move(right)) {}

std::optional<std::string> Outbound::cursor_if_anybody_listens() {
    return store_.ask([&](Mailboxes& m) -> std::optional<std::string> {
        if (current_->get(m)->destinations().empty()) return std::nullopt;
        return m.cursor(adapter_);
    });
}

void Outbound::learn(std::shared_ptr<const Audience> audience) {
    remembered_.emplace(audience);
    audience_ = std::move(audience);
}

/// What a commit came to: the numbers that were given out, or nothing but the audience as it is by
/// now.
struct Outbound::Committed {
    std::shared_ptr<const Audience> audience;
    std::vector<Enqueued> numbers;
};

Outbound::Committed Outbound::commit(const Dispatch& work, Place kind, const std::string& place,
                                     Time now) {
    return store_.ask([&](Mailboxes& m) {
        Committed committed{.audience = current_->get(m), .numbers = {}};
        if (committed.audience != audience_) return committed;
        if (kind == Place::cursor) right_.insist(m);
        if (kind == Place::mark && m.cursor(adapter_) == place) return committed;
        for (const Outgoing& message : work.messages) {
            const auto [lane, seq] = m.enqueue(message, now);
            committed.numbers.push_back({lane, message.peer, seq, message.records});
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
        m.set_cursor(adapter_, place);
        return committed;
    });
}

void Outbound::put(const senml::Pack& readings, const std::vector<Refused>& refused,
                   const std::string& cursor, Time now) {
    put(readings, refused, Place::cursor, cursor, now);
}

void Outbound::put_once(const senml::Pack& readings, const std::vector<Refused>& refused,
                        const std::string& mark, Time now) {
    put(readings, refused, Place::mark, mark, now);
}

void Outbound::put(const senml::Pack& readings, const std::vector<Refused>& refused, Place kind,
                   const std::string& place, Time now) {
    if (!audience_) learn(store_.ask([&](Mailboxes& m) { return current_->get(m); }));
    Dispatch work;
    std::vector<Enqueued> numbers;
    for (;;) {
        work = dispatcher_.dispatch(readings, *remembered_);
        work.refused.insert(work.refused.begin(), refused.begin(), refused.end());
        Committed committed = commit(work, kind, place, now);
        numbers = std::move(committed.numbers);
        if (committed.audience == audience_) break;
        learn(std::move(committed.audience));
    }
    const auto count = [&](std::string_view name, std::size_t amount) {
        if (amount > 0) counters_.get(name, {{"adapter", adapter_}}).add(amount);
    };
    count("courant_readings_extracted_total", readings.size());
    count("courant_readings_unwanted_total", static_cast<std::size_t>(work.unwanted));
    count("courant_readings_refused_total", work.refused.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Outgoing& message = work.messages[i];
        if (message.body.size() > largest_fresh) continue;
        numbers[i].fresh = Message{.peer = message.peer,
                                   .lane = numbers[i].lane,
                                   .seq = numbers[i].seq,
                                   .envelope = std::move(message.envelope),
                                   .body = std::move(message.body),
                                   .records = message.records,
                                   .stored_at = now};
    }
    if (!numbers.empty()) outbox_grew_(std::move(numbers));
}

}  // namespace courant
