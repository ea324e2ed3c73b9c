// The promise of the pager: every value of an item's history, once, however the pages fall.
#include "adapters/zabbix/paging.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "proxy-core/error.hpp"

using namespace courant;
using namespace courant::zabbix;

namespace {

/// An item's history that answers as Zabbix does: by second, in any order within one, cut at the
/// limit.
class FakeHistory {
  public:
    explicit FakeHistory(unsigned seed) : random_(seed) {}

    void add(std::int64_t clock, std::int32_t ns) {
        points_.push_back({{clock, ns}, std::to_string(clock) + "/" + std::to_string(ns)});
    }
    std::size_t size() const { return points_.size(); }

    FetchPage fetch() {
        return [this](std::int64_t from, std::int64_t till, std::size_t limit) {
            std::vector<Point> page;
            for (const Point& point : points_)
                if (point.stamp.clock >= from && point.stamp.clock <= till) page.push_back(point);
            std::ranges::shuffle(page, random_);
            std::ranges::stable_sort(page, {}, [](const Point& p) { return p.stamp.clock; });
            if (page.size() > limit) page.resize(limit);
            return page;
        };
    }

  private:
    std::vector<Point> points_;
    std::mt19937 random_;
};

/// Counts what comes out.
class Received {
  public:
    void take(const Page& page) {
        for (const Point& point : page.fresh) ++count_[point.value];
    }
    bool all_once(std::size_t expected) const {
        return count_.size() == expected &&
               std::ranges::all_of(count_, [](const auto& entry) { return entry.second == 1; });
    }
    std::size_t size() const { return count_.size(); }

  private:
    std::map<std::string, int> count_;
};

void read_all(FakeHistory& history, Position& position, std::int64_t till, const Paging& paging,
              Received& received) {
    while (true) {
        const Page page = read_page(position, till, paging, history.fetch());
        received.take(page);
        if (page.complete) return;
    }
}

unsigned seed_of_this_run() {
    if (const char* seed = std::getenv("COURANT_SEED"))
        return static_cast<unsigned>(std::strtoul(seed, nullptr, 10));
    return std::random_device{}();
}

/// Values of 300 seconds: most seconds have few, some have hundreds.
void fill(FakeHistory& history, std::mt19937& random) {
    for (std::int64_t clock = 1000; clock < 1300; ++clock) {
        const int values =
            random() % 40 == 0 ? static_cast<int>(random() % 350) : static_cast<int>(random() % 4);
        for (int i = 0; i < values; ++i) history.add(clock, i * 1'000'003);
    }
}

}  // namespace

TEST_CASE("pages of any size give every value once") {
    const unsigned seed = seed_of_this_run();
    MESSAGE("COURANT_SEED=" << seed);
    std::mt19937 random(seed);
    for (const std::size_t page : {7UL, 50UL, 100UL, 1000UL}) {
        CAPTURE(page);
        FakeHistory history(seed);
        fill(history, random);
        Position position;
        Received received;
        read_all(history, position, 2000, {.page = page, .overlap = 30}, received);
        CHECK(received.all_once(history.size()));
    }
}

TEST_CASE("values that come while reading goes on, on time or late within the window, come once") {
    const unsigned seed = seed_of_this_run();
    MESSAGE("COURANT_SEED=" << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 40; ++round) {
        CAPTURE(round);
        const std::int64_t overlap = static_cast<std::int64_t>(random() % 60);
        const Paging paging{.page = 1 + random() % 120, .overlap = overlap};
        FakeHistory history(seed);
        Position position;
        Received received;
        std::int64_t now = 1000;
        std::int32_t ns = 0;
        std::int64_t newest = now;
        for (int step = 0; step < 60; ++step) {
            now += static_cast<std::int64_t>(random() % 10);
            read_all(history, position, now, paging, received);
            const int values = static_cast<int>(random() % 60);
            const std::int64_t late =
                overlap == 0 ? 0 : static_cast<std::int64_t>(random()) % (overlap + 1);
            for (int i = 0; i < values; ++i) {
                const std::int64_t clock =
                    i % 3 == 0 ? std::max<std::int64_t>(1, newest - late) : now;
                history.add(clock, ++ns);
            }
            if (values > 1) newest = std::max(newest, now);
        }
        read_all(history, position, now, paging, received);
        CAPTURE(overlap);
        CAPTURE(paging.page);
        CHECK(received.size() == history.size());
        CHECK(received.all_once(history.size()));
    }
}

TEST_CASE("two values of one second that come apart are both delivered") {
    FakeHistory history(1);
    Position position;
    Received received;
    const Paging paging{.page = 10, .overlap = 0};
    history.add(1000, 5);
    read_all(history, position, 1000, paging, received);
    history.add(1000, 4);
    read_all(history, position, 1000, paging, received);
    read_all(history, position, 1001, paging, received);
    CHECK(received.all_once(2));
}

TEST_CASE("a value from the future waits and carries nothing away") {
    FakeHistory history(1);
    Position position;
    Received received;
    const Paging paging{.page = 10, .overlap = 10};
    history.add(9000, 0);
    history.add(1000, 0);
    read_all(history, position, 1000, paging, received);
    CHECK(received.size() == 1);
    history.add(1001, 0);
    read_all(history, position, 1002, paging, received);
    CHECK(received.all_once(2));
    read_all(history, position, 9000, paging, received);
    CHECK(received.all_once(3));
}

TEST_CASE("what is remembered stays bounded, and the window shrinks instead of repeating values") {
    FakeHistory history(1);
    for (std::int64_t clock = 1000; clock < 1400; ++clock)
        for (std::int32_t ns = 0; ns < 20; ++ns) history.add(clock, ns);
    Position position;
    Received received;
    const Paging paging{.page = 100, .overlap = 3600, .remembered = 200};
    read_all(history, position, 1399, paging, received);
    CHECK(received.all_once(history.size()));
    CHECK(position.seen.size() <= 200);
    CHECK(position.at == 1390);
    for (int again = 0; again < 3; ++again) read_all(history, position, 1400, paging, received);
    history.add(1395, 77);
    read_all(history, position, 1400, paging, received);
    CHECK(received.all_once(history.size()));
}

TEST_CASE("a wider overlap in the configuration repeats nothing that was emitted before") {
    FakeHistory history(1);
    for (std::int64_t clock = 1000; clock < 1400; ++clock) history.add(clock, 0);
    Position position;
    Received received;
    read_all(history, position, 1399, {.page = 100, .overlap = 10}, received);
    read_all(history, position, 1399, {.page = 100, .overlap = 300}, received);
    read_all(history, position, 1399, {.page = 100, .overlap = 300}, received);
    CHECK(received.all_once(400));
}

TEST_CASE("a fault while fetching leaves the position where it was") {
    Position position{.at = 7, .floor = 7, .seen = {{7, 1}}};
    const Position before = position;
    const FetchPage broken = [](std::int64_t, std::int64_t, std::size_t) -> std::vector<Point> {
        throw Error("away", Retry::worthwhile);
    };
    CHECK_THROWS_AS(read_page(position, 100, {}, broken), Error);
    CHECK(position == before);
}
