#include "proxy-core/mailbox/copy_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/access/call_book.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"

namespace courant {
namespace {

constexpr PageLimit batch{.messages = 500, .bytes = std::int64_t{4} << 20};

/// One copy under way.
class Copy {
  public:
    Copy(Mailboxes& from, Mailboxes& to, const CopyProgress& progress)
        : from_(from), to_(to), progress_(progress) {}

    Census run() {
        refuse_used_target();
        Inventory inventory = from_.archive().inventory();
        inventory.notes.erase(std::string(moved_note));
        const Census census = from_.archive().census();
        total_ = census.rows();
        to_.archive().restore(inventory);
        for (const auto& lane : inventory.outgoing) copy_outbox(lane);
        copy_inbox(inventory);
        for (const auto& lane : inventory.incoming) copy_waiting(lane);
        copy_dead();
        copy_calls();
        for (const auto& series : from_.past().series()) copy_kept(series);
        insist_on_the_same(inventory, census);
        return census;
    }

  private:
    void refuse_used_target() {
        Inventory there = to_.archive().inventory();
        // An interrupted copy may leave these behind, and nobody has seen the ids.
        there.last_subscription = there.last_dead = 0;
        if (there == Inventory{} && to_.archive().census() == Census{}) return;
        throw StoreError("the target is in use already: only an empty store can take another in",
                         Retry::useless);
    }

    void copied(std::size_t rows) {
        rows_ += static_cast<std::int64_t>(rows);
        if (progress_) progress_(rows_, total_);
    }

    void copy_outbox(const OutgoingLane& lane) {
        for (Seq after = std::max(lane.acknowledged, lane.voided);;) {
            const auto messages = from_.outbox(lane.lane, after, batch);
            if (messages.empty()) return;
            for (const auto& message : messages) to_.archive().restore_outgoing(message);
            after = messages.back().seq;
            copied(messages.size());
        }
    }

    void copy_inbox(const Inventory& inventory) {
        const InboxSize size = from_.inbox_size(0);
        std::int64_t records = inventory.inbox_records - size.records;
        std::int64_t bytes = inventory.inbox_bytes - size.bytes;
        for (std::int64_t after = 0;;) {
            const auto arrivals = from_.inbox(after, batch);
            if (arrivals.empty()) return;
            for (const auto& arrival : arrivals) {
                records += arrival.message.records;
                bytes += static_cast<std::int64_t>(arrival.message.body.size());
                to_.archive().restore_arrival(arrival, records, bytes);
            }
            after = arrivals.back().position;
            copied(arrivals.size());
        }
    }

    void copy_waiting(const IncomingLane& lane) {
        for (Seq after = lane.next;;) {
            const auto page =
                from_.archive().waiting(lane.peer, lane.lane, after, batch.messages / 10);
            if (page.empty()) return;
            for (const auto& waiting : page) to_.archive().restore_waiting(waiting);
            after = page.back().message.seq;
            copied(page.size());
        }
    }

    void copy_dead() {
        for (std::int64_t after = 0;;) {
            const auto letters = from_.dead(after, batch);
            if (letters.empty()) return;
            for (const auto& letter : letters) to_.archive().restore_dead(letter);
            after = letters.back().id;
            copied(letters.size());
        }
    }

    void copy_calls() {
        for (std::int64_t after = 0;;) {
            const auto calls = from_.calls().calls(after, batch.messages);
            if (calls.empty()) return;
            for (const auto& call : calls) to_.calls().restore(call);
            after = calls.back().id;
            copied(calls.size());
        }
    }

    // Readings that share quality and end go together.
    void copy_kept(const KeptSeries& series) {
        for (Time from = series.first; from <= series.last;) {
            const auto page = from_.past().read(series.name, from, Time::max(), batch.messages);
            if (page.readings.empty()) return;
            for (std::size_t i = 0; i < page.known.size();) {
                const KeptReading& like = page.known[i];
                senml::Pack part;
                for (; i < page.known.size() && page.known[i] == like; ++i)
                    part.add_from(page.readings, i);
                to_.past().keep(part, like.quality, like.keep_until);
            }
            from = page.readings[page.readings.size() - 1].time + std::chrono::nanoseconds(1);
            copied(page.readings.size());
        }
    }

    void insist_on_the_same(const Inventory& inventory, const Census& census) {
        const Census there = to_.archive().census();
        if (there == census && to_.archive().inventory() == inventory) return;
        throw StoreError(
            fmt::format("the copy is not what was copied ({} rows of {}, {} readings of {}): "
                        "nothing was kept of it. The source is damaged, or was changed meanwhile.",
                        there.rows(), census.rows(), there.readings, census.readings),
            Retry::useless);
    }

    Mailboxes& from_;
    Mailboxes& to_;
    const CopyProgress& progress_;
    std::int64_t rows_ = 0;
    std::int64_t total_ = 0;
};

}  // namespace

Census copy_store(Store& from, Store& to, const CopyProgress& progress) {
    Census census;
    from.read([&](Mailboxes& source) {
        to.commit([&](Mailboxes& target) { census = Copy(source, target, progress).run(); });
    });
    return census;
}

}  // namespace courant
