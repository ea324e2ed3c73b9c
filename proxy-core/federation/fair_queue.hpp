// Whose turn it is: deficit round robin over flows, those that were idle first.
//
// Every flow may send so many bytes in a turn; what it sends beyond that is subtracted from its
// next turns, so that flows share by bytes whatever the size of their items. A flow that was idle
// goes before those that have a backlog, for one turn, and then joins them: the single reading of a
// quiet peer waits for nobody's year. (Shreedhar and Varghese 1996; the two lists are those of
// FQ-CoDel, RFC 8290.) Items of one flow stay in their order. Push and pop cost the same however
// many flows there are.
//
// Thread: a value, belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace courant {

/// Items of many flows, given out in fair turns. `Key` names a flow and can be hashed.
template <class Key, class Item>
class FairQueue {
  public:
    /// What a flow may send in a turn.
    explicit FairQueue(std::int64_t quantum) : quantum_(quantum) {}

    /// Puts an item of that size at the end of a flow.
    void push(const Key& key, Item item, std::size_t bytes) {
        Flow& flow = flows_[key];
        flow.items.push_back({std::move(item), bytes});
        bytes_ += bytes;
        if (std::exchange(flow.listed, true)) return;
        flow.credit = quantum_;
        fresh_.push_back(key);
    }

    /// The next item and its flow.
    std::optional<std::pair<Key, Item>> pop() {
        while (!fresh_.empty() || !old_.empty()) {
            const bool fresh = !fresh_.empty();
            std::deque<Key>& list = fresh ? fresh_ : old_;
            const Key key = list.front();
            const auto found = flows_.find(key);
            Flow& flow = found->second;
            if (flow.items.empty()) {
                list.pop_front();
                // Once through the other list, or a flow could always be an idle one.
                if (fresh)
                    old_.push_back(key);
                else
                    flows_.erase(found);
            } else if (flow.credit <= 0) {
                flow.credit += quantum_;
                list.pop_front();
                old_.push_back(key);
            } else {
                Entry entry = std::move(flow.items.front());
                flow.items.pop_front();
                flow.credit -= static_cast<std::int64_t>(entry.bytes);
                bytes_ -= entry.bytes;
                return std::pair{key, std::move(entry.item)};
            }
        }
        return std::nullopt;
    }

    /// The sizes of all items together.
    std::size_t bytes() const { return bytes_; }
    /// Whether there is no item.
    bool empty() const { return bytes_ == 0; }
    /// Forgets everything.
    void clear() {
        flows_.clear();
        fresh_.clear();
        old_.clear();
        bytes_ = 0;
    }

  private:
    struct Entry {
        Item item;
        std::size_t bytes = 0;
    };
    struct Flow {
        std::deque<Entry> items;
        std::int64_t credit = 0;
        bool listed = false;
    };
    std::int64_t quantum_;
    std::unordered_map<Key, Flow> flows_;
    std::deque<Key> fresh_;  ///< flows that were idle
    std::deque<Key> old_;    ///< flows with a backlog
    std::size_t bytes_ = 0;
};

}  // namespace courant
