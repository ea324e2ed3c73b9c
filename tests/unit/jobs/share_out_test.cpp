#include "jobs/share_out.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

namespace courant::test {
namespace {

const Able everybody = [](const std::string&, const std::string&) { return true; };

std::map<std::string, int> loads(const Holdings& shared, std::string_view kind = "lane") {
    std::map<std::string, int> loads;
    for (const auto& [what, worker] : shared)
        if (kind_of(what) == kind) ++loads[worker];
    return loads;
}

Holdings lanes(int count, const std::string& holder) {
    Holdings held;
    for (int i = 0; i < count; ++i) held[fmt::format("lane {:03}", i)] = holder;
    return held;
}

}  // namespace

TEST_CASE("one worker does everything") {
    CHECK(share_out(lanes(5, ""), {"a"}, everybody) == lanes(5, "a"));
    CHECK(share_out({}, {"a"}, everybody).empty());
    CHECK(share_out(lanes(5, "a"), {}, everybody).empty());
}

TEST_CASE("what has a holder that does well stays with it") {
    Holdings held = lanes(4, "a");
    held["lane 004"] = "b";
    held["lane 005"] = "b";
    held["lane 006"] = "b";
    CHECK(share_out(held, {"a", "b"}, everybody) == held);
}

TEST_CASE("a worker more takes its share from the others, and nothing else moves") {
    Holdings held = lanes(6, "a");
    held["lane 006"] = "b";
    held["lane 007"] = "b";
    const auto shared = share_out(held, {"a", "b", "c"}, everybody);
    CHECK(loads(shared) == std::map<std::string, int>{{"a", 3}, {"b", 3}, {"c", 2}});
    int moved = 0;
    for (const auto& [what, worker] : shared) moved += held.at(what) != worker ? 1 : 0;
    CHECK(moved == 3);
    CHECK(shared.at("lane 006") == "b");
}

TEST_CASE("what a dead worker held goes to those with the least to do") {
    Holdings held = lanes(3, "dead");
    held["lane 003"] = "a";
    const auto shared = share_out(held, {"a", "b"}, everybody);
    CHECK(loads(shared) == std::map<std::string, int>{{"a", 2}, {"b", 2}});
    CHECK(shared.at("lane 003") == "a");
}

TEST_CASE("each kind is shared out by itself") {
    Holdings held = lanes(4, "a");
    held["source roof"] = "a";
    held["source cellar"] = "a";
    const auto shared = share_out(held, {"a", "b"}, everybody);
    CHECK(loads(shared) == std::map<std::string, int>{{"a", 2}, {"b", 2}});
    CHECK(loads(shared, "source") == std::map<std::string, int>{{"a", 1}, {"b", 1}});
}

TEST_CASE("nobody gets what it cannot do, and what nobody can do is for nobody") {
    const Holdings held{
        {"source meter", "a"}, {"source one", "b"}, {"source two", "b"}, {"source alien", ""}};
    const Able able = [](const std::string& worker, const std::string& what) {
        if (what == "source alien") return false;
        return what != "source meter" || worker == "b";
    };
    const auto shared = share_out(held, {"a", "b"}, able);
    CHECK(shared.at("source meter") == "b");
    CHECK(loads(shared, "source") == std::map<std::string, int>{{"a", 1}, {"b", 2}});
    CHECK_FALSE(shared.contains("source alien"));
}

TEST_CASE("all workers come to the same end, whoever joins and goes in whatever order") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 50; ++round) {
        Holdings held = lanes(std::uniform_int_distribution(0, 40)(random), "");
        for (int turn = 0; turn < 10; ++turn) {
            std::set<std::string> workers;
            for (const auto* worker : {"a", "b", "c", "d", "e"})
                if (random() % 2 == 0) workers.insert(worker);
            workers.insert("f");
            const auto shared = share_out(held, workers, everybody);
            CHECK(shared.size() == held.size());
            // What was shared out stays so.
            CHECK(share_out(shared, workers, everybody) == shared);
            int least = 1000;
            int most = 0;
            auto counted = loads(shared);
            for (const auto& worker : workers) {
                least = std::min(least, counted[worker]);
                most = std::max(most, counted[worker]);
            }
            CHECK(most - least <= 1);
            held = shared;
        }
    }
}

}  // namespace courant::test
