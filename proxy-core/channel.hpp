// A queue between threads: the one way in which Courant's threads speak to each other.
//
// Any thread pushes; one thread, the owner, takes everything that has come. There is no limit here:
// what is pushed is bounded by those who push (windows, page limits), because a queue that blocks
// its producers is how two threads come to wait for each other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace courant {

/// Many producers, one consumer.
template <class T>
class Channel {
  public:
    /// Appends; from any thread.
    void push(T item) {
        {
            const std::scoped_lock lock(mutex_);
            items_.push_back(std::move(item));
        }
        grown_.notify_one();
    }

    /// Everything that has come, in order; empty if nothing has. Does not wait.
    std::vector<T> take() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(items_, {});
    }

    /// The same, after waiting at most `patience` for the first item.
    std::vector<T> take(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        grown_.wait_for(lock, patience, [this] { return !items_.empty(); });
        return std::exchange(items_, {});
    }

  private:
    std::mutex mutex_;
    std::condition_variable grown_;
    std::vector<T> items_;
};

}  // namespace courant
