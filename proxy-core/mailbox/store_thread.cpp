#include "proxy-core/mailbox/store_thread.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace courant {
namespace {

// What goes into one commit at most: enough to make a flush cheap, little enough that a commit
// stays short and its changed pages few.
constexpr std::size_t largest_group = 256;

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store, std::chrono::milliseconds leisure)
    : store_(std::move(store)), leisure_(leisure), thread_([this]() noexcept { run(); }) {}

StoreThread::~StoreThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void StoreThread::post(Work work, Done done) {
    queue({std::move(work), std::move(done)}, Clock::time_point::min());
}

void StoreThread::post_at_leisure(Work work, Done done) {
    queue({std::move(work), std::move(done)}, Clock::now() + leisure_);
}

void StoreThread::queue(Item item, Clock::time_point until) {
    bool sooner = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(item));
        sooner = until < due_;
        due_ = std::min(due_, until);
    }
    if (sooner) changed_.notify_one();
}

void StoreThread::refuse_own_thread() const {
    if (std::this_thread::get_id() == thread_.get_id())
        throw Error("the store thread cannot wait for itself", Retry::useless);
}

std::vector<StoreThread::Item> StoreThread::next_group() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && Clock::now() < due_) {
        if (queue_.empty()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, due_);
        }
    }
    const auto end =
        queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), largest_group));
    std::vector<Item> group(std::move_iterator(queue_.begin()), std::move_iterator(end));
    queue_.erase(queue_.begin(), end);
    // What did not fit goes at once, whoever waits for it.
    due_ = queue_.empty() ? Clock::time_point::max() : Clock::time_point::min();
    return group;
}

void StoreThread::run() {
    for (auto group = next_group(); !group.empty(); group = next_group()) {
        std::vector<Work> works;
        works.reserve(group.size());
        for (auto& item : group) works.push_back(std::move(item.work));
        const auto outcome = store_->commit_together(works);
        for (std::size_t i = 0; i < group.size(); ++i)
            if (group[i].done) group[i].done(outcome[i]);
    }
}

}  // namespace courant
