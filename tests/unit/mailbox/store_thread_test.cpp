#include "proxy-core/mailbox/store_thread.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <numeric>
#include <string>
#include <vector>

#include "tests/unit/mailbox/samples.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {
namespace {

// What a watched store tells; read it after the thread has gone.
struct Watch {
    std::vector<std::size_t> groups;
    std::atomic<bool> committing = false;
};

// A real store that tells how many works each commit had.
class WatchedStore final : public Store {
  public:
    WatchedStore(std::unique_ptr<Store> inner, Watch& watch)
        : inner_(std::move(inner)), watch_(watch) {}
    std::vector<std::exception_ptr> commit_together(std::span<const Work> works) override {
        watch_.groups.push_back(works.size());
        watch_.committing = true;
        auto outcome = inner_->commit_together(works);
        watch_.committing = false;
        return outcome;
    }
    void read(const Work& work) override { inner_->read(work); }

  private:
    std::unique_ptr<Store> inner_;
    Watch& watch_;
};

// Keeps the store thread busy until it is opened, so that what is posted meanwhile comes together.
class Gate {
  public:
    Work work() {
        return [this](Mailboxes&) {
            reached_.set_value();
            opened_.get_future().wait();
        };
    }
    void wait_until_reached() { reached_.get_future().wait(); }
    void open() { opened_.set_value(); }

  private:
    std::promise<void> reached_;
    std::promise<void> opened_;
};

const Work nothing = [](Mailboxes&) {};

}  // namespace

TEST_CASE("works and their dones run in the order of posting") {
    const SqliteHome home;
    std::vector<int> works;
    std::vector<int> dones;
    {
        StoreThread store(home.open({}));
        for (int i = 0; i < 1000; ++i)
            store.post([&works, i](Mailboxes&) { works.push_back(i); },
                       [&dones, i](std::exception_ptr) { dones.push_back(i); });
    }
    std::vector<int> expected(1000);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(works == expected);
    CHECK(dones == expected);
}

TEST_CASE("what comes together during a commit goes into the next one, at most 256 works") {
    const SqliteHome home;
    Watch watch;
    {
        Gate gate;
        StoreThread store(std::make_unique<WatchedStore>(home.open({}), watch));
        store.post(gate.work(), {});
        gate.wait_until_reached();
        for (int i = 0; i < 600; ++i) store.post(nothing, {});
        gate.open();
    }
    CHECK(watch.groups == std::vector<std::size_t>{1, 256, 256, 88});
}

TEST_CASE("an idle store commits at once, one work at a time") {
    const SqliteHome home;
    Watch watch;
    {
        StoreThread store(std::make_unique<WatchedStore>(home.open({}), watch));
        for (int i = 0; i < 3; ++i) store.ask(nothing);
    }
    CHECK(watch.groups == std::vector<std::size_t>{1, 1, 1});
}

TEST_CASE("works at leisure go with the next one that is in a hurry, in order") {
    const SqliteHome home;
    const SqliteHome elsewhere;
    Watch watch;
    std::vector<int> order;
    {
        StoreThread store(std::make_unique<WatchedStore>(home.open({}), watch),
                          std::chrono::hours(1));
        StoreThread other(elsewhere.open({}));
        for (int i = 0; i < 3; ++i) {
            store.post_at_leisure([&order, i](Mailboxes&) { order.push_back(i); }, {});
            // Long enough for a store in a hurry.
            other.ask([&](Mailboxes& m) { m.set_cursor("roof", std::to_string(i)); });
        }
        store.ask([&](Mailboxes&) { order.push_back(3); });
        CHECK(order == std::vector<int>{0, 1, 2, 3});
        store.post_at_leisure([&order](Mailboxes&) { order.push_back(4); }, {});
    }
    // The last one at the end, for nobody came any more.
    CHECK(watch.groups == std::vector<std::size_t>{4, 1});
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("a work at leisure is done although nobody is in a hurry") {
    const SqliteHome home;
    StoreThread store(home.open({}), std::chrono::milliseconds(1));
    std::promise<void> durable;
    store.post_at_leisure(nothing, [&](const std::exception_ptr&) { durable.set_value(); });
    durable.get_future().wait();
}

TEST_CASE("done is called after the commit, with what became of its own work") {
    const SqliteHome home;
    Watch watch;
    std::vector<std::string> outcomes;
    bool all_after = true;
    {
        Gate gate;
        StoreThread store(std::make_unique<WatchedStore>(home.open({}), watch));
        const auto done = [&](std::exception_ptr failure) {
            all_after = all_after && !watch.committing;
            try {
                if (failure) std::rethrow_exception(failure);
                outcomes.emplace_back("durable");
            } catch (const std::exception& error) {
                outcomes.emplace_back(error.what());
            }
        };
        store.post(gate.work(), done);
        gate.wait_until_reached();
        store.post([](Mailboxes& m) { m.set_cursor("a", "1"); }, done);
        store.post(
            [](Mailboxes& m) {
                m.set_cursor("b", "1");
                throw std::runtime_error("no");
            },
            done);
        store.post([](Mailboxes& m) { m.set_cursor("c", "1"); }, done);
        gate.open();
    }
    CHECK(all_after);
    CHECK(outcomes == std::vector<std::string>{"durable", "durable", "no", "durable"});
    const auto store = home.open({});
    store->read([](Mailboxes& m) {
        CHECK(m.cursor("a") == "1");
        CHECK(m.cursor("b").empty());
        CHECK(m.cursor("c") == "1");
    });
}

TEST_CASE("ask gives the answer, or throws what the work threw") {
    const SqliteHome home;
    StoreThread store(home.open({}));
    store.ask([](Mailboxes& m) { m.set_cursor("roof", "1"); });
    CHECK(store.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "1");
    CHECK_THROWS_WITH_AS(store.ask([](Mailboxes&) { throw std::runtime_error("no"); }), "no",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(store.ask([](Mailboxes&) -> int { throw std::runtime_error("no"); }), "no",
                         std::runtime_error);
    CHECK(store.ask([](Mailboxes& m) { return m.cursor("roof"); }) == "1");
}

TEST_CASE("many threads ask at once and each gets its own answer") {
    const SqliteHome home;
    StoreThread store(home.open({}));
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> askers;
        for (int asker = 0; asker < 4; ++asker)
            askers.emplace_back([&store, &wrong, asker] {
                for (int i = 0; i < 200; ++i) {
                    const int value = asker * 1000 + i;
                    if (store.ask([value](Mailboxes&) { return value; }) != value) ++wrong;
                }
            });
    }
    CHECK(wrong == 0);
}

TEST_CASE("the store thread cannot wait for itself") {
    const SqliteHome home;
    StoreThread store(home.open({}));
    CHECK_THROWS_AS(store.ask([&](Mailboxes&) { store.ask(nothing); }), Error);
}

TEST_CASE("stopping finishes what was posted, and what a done posts") {
    const SqliteHome home;
    int done = 0;
    {
        Gate gate;
        StoreThread store(home.open({}));
        store.post(gate.work(), {});
        gate.wait_until_reached();
        const auto count = [&](std::exception_ptr) { ++done; };
        for (int i = 0; i < 300; ++i)
            store.post([](Mailboxes& m) { m.add_to_counter("n", 1); }, count);
        store.post(nothing, [&](std::exception_ptr) {
            store.post([](Mailboxes& m) { m.add_to_counter("n", 1); }, count);
        });
        gate.open();
    }
    CHECK(done == 301);
    CHECK(ask(*home.open({}), [](Mailboxes& m) { return m.counters(); }).at("n") == 301);
}

}  // namespace courant::test
