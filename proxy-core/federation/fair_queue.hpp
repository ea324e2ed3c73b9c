// Whose turn it is: flows share by bytes, and who was idle goes first.
//
// Every item has a place on a scale of bytes: where the one before it in its flow ended, but not
// before the item that went last. The lowest place goes next. So flows with a backlog go by turns,
// by bytes whatever the size of their items; and a flow that was idle stands where the others have
// come to, which is before all of them: the single reading of a quiet peer waits for nobody's year.
// A quiet flow may get ahead of its share by a little (the grace), so that its second reading does
// not wait for everybody's turn because of its first. (Start-time fair queueing: Goyal, Vin and
// Cheng, 1996.) Items of one flow stay in their order; a push and a pop cost the logarithm of how
// many flows have something.
//
// Thread: a value, belongs to one thread.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace courant {

/// Whether a flow has more to come than what it brings.
enum class Flowing {
    briefly,  ///< a reading now and then
    on        ///< it has a backlog, and no claim to go first
};

/// Items of many flows, given out in fair turns. `Key` names a flow; it can be compared and hashed.
template <class Key, class Item>
class FairQueue {
  public:
    /// How many bytes a quiet flow may get ahead of its share.
    explicit FairQueue(std::uint64_t grace) : grace_(grace) {}

    /// Puts an item of that size at the end of a flow.
    void push(const Key& key, Item item, std::size_t bytes, Flowing flowing = Flowing::briefly) {
        Flow& flow = flows_[key];
        if (flow.items.empty()) {
            idle_.erase({flow.end, key});
            const std::uint64_t grace = flowing == Flowing::briefly ? grace_ : 0;
            line_up(key, std::max(now_, flow.end - std::min(flow.end, grace)), flowing);
        }
        flow.items.push_back({std::move(item), bytes});
        bytes_ += bytes;
        ++size_;
    }

    /// The next item and its flow.
    std::optional<std::pair<Key, Item>> pop() {
        if (line_.empty()) return std::nullopt;
        const Turn turn = *line_.begin();
        line_.erase(line_.begin());
        now_ = turn.place;
        Flow& flow = flows_.find(turn.key)->second;
        Entry entry = std::move(flow.items.front());
        flow.items.pop_front();
        flow.end = turn.place + entry.bytes;
        bytes_ -= entry.bytes;
        --size_;
        if (!flow.items.empty())
            line_up(turn.key, flow.end, Flowing::on);
        else
            idle_.emplace(flow.end, turn.key);
        forget_idle();
        return std::pair{turn.key, std::move(entry.item)};
    }

    /// The sizes of all items together.
    std::size_t bytes() const { return bytes_; }
    /// Whether there is no item.
    bool empty() const { return size_ == 0; }
    /// Forgets everything.
    void clear() { *this = FairQueue(grace_); }

  private:
    struct Entry {
        Item item;
        std::size_t bytes = 0;
    };
    struct Flow {
        std::deque<Entry> items;
        std::uint64_t end = 0;  ///< where the last item that went ended
    };
    struct Turn {
        std::uint64_t place = 0;
        Flowing flowing = Flowing::on;
        std::uint64_t ticket = 0;
        Key key;
        auto operator<=>(const Turn&) const = default;
    };

    void line_up(const Key& key, std::uint64_t place, Flowing flowing) {
        line_.insert({place, flowing, ++tickets_, key});
    }
    // Flows that have nothing, and that the others have caught up with.
    void forget_idle() {
        if (empty()) return clear();
        for (; !idle_.empty() && idle_.begin()->first <= now_; idle_.erase(idle_.begin()))
            flows_.erase(idle_.begin()->second);
    }

    std::uint64_t grace_;
    std::uint64_t now_ = 0;  ///< the place of the item that went last
    std::uint64_t tickets_ = 0;
    std::unordered_map<Key, Flow> flows_;
    std::set<Turn> line_;                           ///< flows with items
    std::set<std::pair<std::uint64_t, Key>> idle_;  ///< flows without, by their end
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

}  // namespace courant
