// Who is due when: one time for each of many, of which few are due at once.
//
// Looking at all lanes at every turn would cost more the more lanes there are; here a turn costs
// what is due in it.
//
// Thread: a value, belongs to one thread.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace courant {

/// Times by key.
template <class Key>
class Agenda {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    /// Sets the one time of a key; without one it is due no more.
    void set(const Key& key, std::optional<Instant> at) {
        const auto known = times_.find(key);
        if (known != times_.end()) {
            if (at && known->second == *at) return;
            order_.erase({known->second, key});
            times_.erase(known);
        }
        if (!at) return;
        times_.emplace(key, *at);
        order_.emplace(*at, key);
    }
    /// Takes out the earliest key whose time has come.
    std::optional<Key> take_due(Instant now) {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        const Key key = order_.begin()->second;
        set(key, std::nullopt);
        return key;
    }
    /// The earliest time.
    std::optional<Instant> next() const {
        return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
    }
    /// Forgets everything.
    void clear() {
        times_.clear();
        order_.clear();
    }

  private:
    std::unordered_map<Key, Instant> times_;
    std::set<std::pair<Instant, Key>> order_;
};

}  // namespace courant
