// A store that a test can bring into trouble: commits that fail, commits that wait.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::test {

/// The switch outside of the store; any thread may turn it.
class StoreFaults {
  public:
    /// From now on every commit fails after its works have run, as on a full disk.
    void fail() { turn(State::failing); }
    /// The same once that many commits have succeeded.
    void fail_after(int commits) {
        well_for_ = commits;
        turn(State::running_out);
    }
    /// From now on commits wait.
    void hold() { turn(State::held); }
    /// All is well again.
    void mend() { turn(State::well); }

    /// How many commits have failed so far.
    int failures() const { return failures_; }

    /// Waits while commits are held; whether this one shall fail.
    bool fails() {
        state_.wait(State::held);
        if (state_ == State::running_out && well_for_-- == 0) turn(State::failing);
        if (state_ != State::failing) return false;
        ++failures_;
        return true;
    }

  private:
    enum class State { well, running_out, failing, held };
    void turn(State state) {
        state_ = state;
        state_.notify_all();
    }
    std::atomic<State> state_{State::well};
    std::atomic<int> failures_{0};
    std::atomic<int> well_for_{0};
};

/// Another store behind such a switch.
class FaultyStore : public Store {
  public:
    FaultyStore(std::unique_ptr<Store> store, StoreFaults& faults)
        : store_(std::move(store)), faults_(faults) {}

    std::vector<std::exception_ptr> commit_together(std::span<const Work> works) override {
        if (!faults_.fails()) return store_->commit_together(works);
        std::vector<Work> failing;
        for (const Work& work : works)
            failing.emplace_back([&work](Mailboxes& m) {
                work(m);
                throw StoreError("the disk is full", Retry::worthwhile);
            });
        return store_->commit_together(failing);
    }
    void read(const Work& work) override { store_->read(work); }

  private:
    std::unique_ptr<Store> store_;
    StoreFaults& faults_;
};

}  // namespace courant::test
