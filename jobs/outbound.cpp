#include "jobs/outbound.hpp"

#include <utility>

namespace courant {
namespace {

// Live readings are this small; of a load curve the outbox holds the only copy.
constexpr std::size_t largest_fresh = 4096;

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
                   OutboxGrew outbox_grew, Counters& counters,
                   std::shared_ptr<CurrentAudience> audience, Conditions conditions)
    : adapter_(std::move(adapter)),
      dispatcher_(std::move(rules)),
      store_(store),
      outbox_grew_(std::move(outbox_grew)),
      counters_(counters),
      current_(std::move(audience)),
      conditions_(std::move(conditions)) {}

std::optional<std::string> Outbound::cursor_if_anybody_listens(Time now) {
    std::string obstacle;
    auto cursor = store_.ask([&](Mailboxes& m) -> std::optional<std::string> {
        obstacle.clear();
        if (current_->get(m, now)->destinations().empty()) return std::nullopt;
        obstacle = this->obstacle(m, 0, now);
        return m.cursor(adapter_);
    });
    if (cursor && !obstacle.empty()) throw NoRoom(obstacle);
    return cursor;
}

std::string Outbound::obstacle(Mailboxes& m, std::int64_t bytes, Time now) const {
    return conditions_.obstacle ? conditions_.obstacle(m, bytes, now) : "";
}

void Outbound::learn(std::shared_ptr<const Audience> audience) {
    remembered_.emplace(audience);
    audience_ = std::move(audience);
}

/// What a commit came to: the numbers that were given out, or nothing but the audience as it is by
/// now, or why there is no room.
struct Outbound::Committed {
    std::shared_ptr<const Audience> audience;
    std::string obstacle;
    std::vector<Enqueued> numbers;
};

Outbound::Committed Outbound::commit(Dispatch& work, Place kind, const std::string& place,
                                     Time now) {
    const auto step = [&](Mailboxes& m) {
        Committed committed{.audience = current_->get(m, now), .obstacle = {}, .numbers = {}};
        if (committed.audience != audience_) return committed;
        if (kind == Place::cursor) conditions_.right.insist(m);
        if (kind == Place::mark && m.cursor(adapter_) == place) return committed;
        // Not thrown here: what the look has noted is to be committed.
        committed.obstacle = obstacle(m, size_of(work), now);
        if (!committed.obstacle.empty()) return committed;
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
    };
    // Told from the store thread: a live reading does not wait until this one has woken up.
    return store_.ask(step, [&](Committed& committed) {
        tell(work.messages, std::move(committed.numbers), now);
    });
}

void Outbound::tell(std::vector<Outgoing>& messages, std::vector<Enqueued> numbers, Time now) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Outgoing& message = messages[i];
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
    if (!audience_) learn(store_.ask([&](Mailboxes& m) { return current_->get(m, now); }));
    Dispatch work;
    for (;;) {
        work = dispatcher_.dispatch(readings, *remembered_, now);
        work.refused.insert(work.refused.begin(), refused.begin(), refused.end());
        Committed committed = commit(work, kind, place, now);
        if (!committed.obstacle.empty()) throw NoRoom(committed.obstacle);
        if (committed.audience == audience_) break;
        learn(std::move(committed.audience));
    }
    const auto count = [&](std::string_view name, std::size_t amount) {
        if (amount > 0) counters_.get(name, {{"adapter", adapter_}}).add(amount);
    };
    count("courant_readings_extracted_total", readings.size());
    count("courant_readings_unwanted_total", static_cast<std::size_t>(work.unwanted));
    count("courant_readings_refused_total", work.refused.size());
}

}  // namespace courant
