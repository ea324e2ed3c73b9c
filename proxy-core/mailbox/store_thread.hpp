// The one thread that touches the store, and the group commit that makes it fast.
//
// Everybody else posts work and goes on. Whatever has come together while the last commit was being
// flushed goes into the next one: a flush costs the same for one message as for a hundred, so that
// the busier the proxy, the fewer flushes a reading costs; an idle proxy commits at once.
//
//     store.post([=](Mailboxes& m) { m.acknowledge(lane, through); },
//                [&](std::exception_ptr failure) { events.push(Acknowledged{…}); });
//     auto cursor = store.ask([&](Mailboxes& m) { return m.cursor("roof"); });
//
// What must be durable some time, but whose loss only costs a repetition, asks for no flush of its
// own: post_at_leisure().
//
// Thread: post and ask from any. Works and Done run on the store thread: a Done is brief, passes a
// message on and does not throw (a Done that throws ends the program, for nobody is left whom it
// could tell).
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// Called on the store thread once the work is durable (null) or has failed.
using Done = std::function<void(std::exception_ptr)>;

/// A queue of work in front of a Store.
class StoreThread {
  public:
    /// How long a work that is in no hurry waits for others at most.
    static constexpr std::chrono::milliseconds usual_leisure{50};

    /// Owns the store from now on.
    explicit StoreThread(std::unique_ptr<Store> store,
                         std::chrono::milliseconds leisure = usual_leisure);
    /// Finishes what was posted.
    ~StoreThread();
    StoreThread(const StoreThread&) = delete;
    StoreThread& operator=(const StoreThread&) = delete;

    /// Queues a work, in order; never waits for the disk. `done` may be empty.
    void post(Work work, Done done);
    /// The same for a work that nobody waits for and that may be lost: it goes with the next commit
    /// that somebody does wait for, and after a while alone. In order with all other works.
    void post_at_leisure(Work work, Done done);

    /// Runs a work and waits until it is durable; returns what it returned, throws what it threw.
    /// From the store thread itself it throws at once.
    template <class F>
    auto ask(F work) -> std::invoke_result_t<F, Mailboxes&> {
        using Result = std::invoke_result_t<F, Mailboxes&>;
        refuse_own_thread();
        // Shared: the store thread may still be inside set_value when the asker has woken up and
        // gone on.
        auto durable = std::make_shared<std::promise<void>>();
        auto wait = durable->get_future();
        auto done = [durable](const std::exception_ptr& failure) {
            if (failure) {
                durable->set_exception(failure);
            } else {
                durable->set_value();
            }
        };
        if constexpr (std::is_void_v<Result>) {
            post([&work](Mailboxes& m) { work(m); }, done);
            wait.get();
        } else {
            std::optional<Result> result;
            post([&work, &result](Mailboxes& m) { result.emplace(work(m)); }, done);
            wait.get();
            return std::move(*result);
        }
    }

    /// The same, and `then` has the result first, on the store thread: for what shall go on while
    /// the asker is still waking up. Brief, and does not throw.
    template <class F, class Then>
    auto ask(F work, Then then) -> std::invoke_result_t<F, Mailboxes&> {
        refuse_own_thread();
        std::optional<std::invoke_result_t<F, Mailboxes&>> result;
        auto durable = std::make_shared<std::promise<void>>();
        auto wait = durable->get_future();
        post([&work, &result](Mailboxes& m) { result.emplace(work(m)); },
             [&result, &then, durable](const std::exception_ptr& failure) {
                 if (failure) return durable->set_exception(failure);
                 then(*result);
                 durable->set_value();
             });
        wait.get();
        return std::move(*result);
    }

  private:
    struct Item {
        Work work;
        Done done;
    };
    using Clock = std::chrono::steady_clock;
    void queue(Item item, Clock::time_point until);
    void run();
    std::vector<Item> next_group();
    void refuse_own_thread() const;

    std::unique_ptr<Store> store_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> queue_;
    Clock::time_point due_ = Clock::time_point::max();  ///< of the next commit
    std::chrono::milliseconds leisure_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace courant
