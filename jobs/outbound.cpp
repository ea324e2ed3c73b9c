#include "jobs/outbound.hpp"

#include <iterator>
#include <utility>

#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant {
namespace {

// Live readings are this small; of a load curve the outbox holds the only copy.
constexpr std::size_t largest_fresh = 4096;

// What a message or letter takes in the store beside its body, near enough.
constexpr std::int64_t bytes_around = 256;

/// Of a Dispatch or a ShapedDispatch.
template <class Part>
std::int64_t size_of(const Part& work) {
    std::int64_t bytes = 0;
    for (const Outgoing& message : work.messages)
        bytes += static_cast<std::int64_t>(message.body.size()) + bytes_around;
    for (const Refused& thing : work.refused)
        bytes += static_cast<std::int64_t>(thing.payload.size()) + bytes_around;
    return bytes;
}

std::int64_t size_of(const senml::Pack& kept) {
    constexpr std::int64_t bytes_of_a_row = 80;
    return static_cast<std::int64_t>(kept.size()) * bytes_of_a_row;
}

}  // namespace

Outbound::Outbound(std::string adapter, DispatchRules rules, StoreThread& store,
                   OutboxGrew outbox_grew, Counters& counters,
                   std::shared_ptr<CurrentAudience> audience, Conditions conditions,
                   SharedTally tally, Keeping keeping)
    : adapter_(std::move(adapter)),
      dispatcher_(std::move(rules)),
      store_(store),
      outbox_grew_(std::move(outbox_grew)),
      counters_(counters),
      current_(std::move(audience)),
      conditions_(std::move(conditions)),
      tally_(std::move(tally)),
      keeping_(keeping) {}

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

void Outbound::look(const std::function<senml::Pack(std::string_view cursor)>& read) {
    if (!tally_) return;
    auto seen = seen_in(read(store_.ask([&](Mailboxes& m) { return m.cursor(adapter_); })));
    // The same readings come again once somebody listens.
    for (SeriesSeen& series : seen) series.readings = 0;
    store_.ask([](Mailboxes&) { return true; }, [&](bool) { tally_->add(std::move(seen)); });
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
    ShapedDispatch shaped;
    bool done = false;
};

// What goes to somebody, if anything is kept at all.
senml::Pack Outbound::to_be_kept(const senml::Pack& readings) {
    senml::Pack kept;
    if (keeping_.length.count() == 0) return kept;
    std::vector<bool> wanted;
    for (std::uint32_t name = 0; name < readings.name_count(); ++name)
        wanted.push_back(!remembered_->seats(readings.name(senml::NameId{name})).empty());
    for (std::size_t i = 0; i < readings.size(); ++i)
        if (wanted[static_cast<std::size_t>(readings[i].name)]) kept.add_from(readings, i);
    return kept;
}

Outbound::Committed Outbound::commit(const senml::Pack& readings, Dispatch& work,
                                     const senml::Pack& kept, Place kind, const std::string& place,
                                     Time now) {
    const auto enqueue = [now](Mailboxes& m, const std::vector<Outgoing>& messages,
                               std::vector<Enqueued>& numbers) {
        for (const Outgoing& message : messages) {
            const auto [lane, seq] = m.enqueue(message, now);
            numbers.push_back({lane, message.peer, seq, message.records});
        }
    };
    const auto bury = [this, now](Mailboxes& m, const std::vector<Refused>& refused) {
        for (const Refused& thing : refused) {
            DeadLetter letter;
            letter.at = now;
            letter.origin = DeadOrigin::source;
            letter.whom = adapter_;
            letter.reason = thing.where + ": " + thing.reason;
            letter.payload = thing.payload;
            m.bury(letter);
        }
    };
    const auto step = [&](Mailboxes& m) {
        Committed committed{
            .audience = current_->get(m, now), .obstacle = {}, .numbers = {}, .shaped = {}};
        if (committed.audience != audience_) return committed;
        if (kind == Place::cursor) conditions_.right.insist(m);
        if (kind == Place::mark && m.cursor(adapter_) == place) return committed;
        ShapedDispatch shaped;
        if (!work.to_be_shaped.empty())
            shaped = dispatcher_.shape(readings, work.to_be_shaped, *audience_, m.shapes(), now);
        // Not thrown here: what the look has noted is to be committed.
        committed.obstacle = obstacle(m, size_of(work) + size_of(shaped) + size_of(kept), now);
        if (!committed.obstacle.empty()) return committed;
        enqueue(m, work.messages, committed.numbers);
        enqueue(m, shaped.messages, committed.numbers);
        bury(m, work.refused);
        bury(m, shaped.refused);
        for (const ShapeState& state : shaped.states) m.shapes().set_state(state);
        if (!kept.empty()) m.past().keep(kept, keeping_.quality, now + keeping_.length);
        m.set_cursor(adapter_, place);
        committed.shaped = std::move(shaped);
        committed.done = true;
        return committed;
    };
    // Told from the store thread: a live reading does not wait until this one has woken up.
    auto seen = tally_ ? seen_in(readings) : std::vector<SeriesSeen>();
    return store_.ask(step, [&](Committed& committed) {
        std::move(committed.shaped.messages.begin(), committed.shaped.messages.end(),
                  std::back_inserter(work.messages));
        tell(work.messages, std::move(committed.numbers), now);
        if (tally_ && committed.done) tally_->add(std::move(seen));
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
    ShapedDispatch shaped;
    for (;;) {
        work = dispatcher_.dispatch(readings, *remembered_, now);
        work.refused.insert(work.refused.begin(), refused.begin(), refused.end());
        const senml::Pack kept = to_be_kept(readings);
        Committed committed = commit(readings, work, kept, kind, place, now);
        if (!committed.obstacle.empty()) throw NoRoom(committed.obstacle);
        shaped = std::move(committed.shaped);
        if (committed.audience == audience_) break;
        learn(std::move(committed.audience));
    }
    count(work, shaped, readings.size());
}

void Outbound::count(const Dispatch& work, const ShapedDispatch& shaped, std::size_t extracted) {
    const auto add = [&](std::string_view name, std::size_t amount) {
        if (amount > 0) counters_.get(name, {{"adapter", adapter_}}).add(amount);
    };
    add("courant_readings_extracted_total", extracted);
    add("courant_readings_unwanted_total", static_cast<std::size_t>(work.unwanted));
    add("courant_readings_refused_total", work.refused.size() + shaped.refused.size());
    add("courant_readings_withheld_total", static_cast<std::size_t>(shaped.forgotten));
    for (const auto& [series, readings] : shaped.withheld) {
        add("courant_readings_withheld_total", static_cast<std::size_t>(readings));
        if (conditions_.withheld) conditions_.withheld(series, readings);
    }
}

}  // namespace courant
