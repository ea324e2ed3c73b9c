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

StoreThread::StoreThread(std::unique_ptr<Store> store)
    : store_(std::move(store)), thread_([this]() noexcept { run(); }) {}

StoreThread::~StoreThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void StoreThread::post(Work work, Done done) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back({std::move(work), std::move(done)});
    }
    changed_.notify_one();
}

void StoreThread::refuse_own_thread() const {
    if (std::this_thread::get_id() == thread_.get_id())
        throw Error("the store thread cannot wait for itself", Retry::useless);
}

std::vector<StoreThread::Item> StoreThread::next_group() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    const auto end =
        queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), largest_group));
    std::vector<Item> group(std::move_iterator(queue_.begin()), std::move_iterator(end));
    queue_.erase(queue_.begin(), end);
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
