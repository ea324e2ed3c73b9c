#include "proxy-core/federation/fair_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using courant::FairQueue;

namespace {

using Queue = FairQueue<char, int>;

void fill(Queue& queue, char flow, int items, std::size_t bytes) {
    for (int i = 1; i <= items; ++i) queue.push(flow, i, bytes);
}

/// The flows of the next items, in order.
std::string next(Queue& queue, int items) {
    std::string flows;
    for (int i = 0; i < items; ++i)
        if (const auto item = queue.pop()) flows += item->first;
    return flows;
}

}  // namespace

TEST_CASE("items of one flow keep their order, whatever goes between them") {
    Queue queue(1000);
    for (const char flow : {'a', 'b', 'c'}) fill(queue, flow, 50, flow == 'b' ? 3'000 : 400);
    std::map<char, int> last;
    while (const auto item = queue.pop()) CHECK(item->second == ++last[item->first]);
    CHECK(last == std::map<char, int>{{'a', 50}, {'b', 50}, {'c', 50}});
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
}

TEST_CASE("flows share by bytes, not by items") {
    Queue queue(1000);
    fill(queue, 'a', 1000, 100);
    fill(queue, 'b', 1000, 1'000);
    std::map<char, std::size_t> bytes;
    for (int i = 0; i < 220; ++i) bytes[queue.pop()->first] += 1;
    CHECK(bytes['a'] * 100 >= 19'000);
    CHECK(bytes['b'] * 1'000 >= 19'000);
}

TEST_CASE("an item larger than a turn goes, and its flow then waits until the others caught up") {
    Queue queue(1000);
    fill(queue, 'a', 2, 5'000);
    fill(queue, 'b', 20, 1'000);
    CHECK(next(queue, 8) == "abbbbbab");
}

TEST_CASE("who was idle goes before all that have a backlog, once") {
    Queue queue(1000);
    for (char flow = 'a'; flow <= 'j'; ++flow) fill(queue, flow, 100, 1'000);
    next(queue, 25);
    queue.push('x', 1, 200);
    CHECK(next(queue, 1) == "x");
    fill(queue, 'y', 5, 1'000);
    CHECK(next(queue, 1) == "y");
    CHECK(next(queue, 10).find('y') == std::string::npos);
    CHECK(next(queue, 1) == "y");
}

TEST_CASE("the second item of a quiet flow does not wait because of its first") {
    Queue queue(1000);
    for (char flow = 'a'; flow <= 'j'; ++flow) fill(queue, flow, 100, 1'000);
    next(queue, 25);
    for (int i = 0; i < 4; ++i) {
        queue.push('x', i, 250);
        CHECK(next(queue, 1) == "x");
    }
}

TEST_CASE("who has a backlog joins the others, however new it is") {
    Queue queue(1000);
    for (char flow = 'a'; flow <= 'j'; ++flow)
        for (int i = 0; i < 100; ++i) queue.push(flow, i, 1'000, courant::Flowing::on);
    queue.push('x', 1, 200);
    CHECK(next(queue, 1) == "x");
    CHECK(next(queue, 10) == "abcdefghij");
}

TEST_CASE("flows that are idle again and again do not starve the others") {
    Queue queue(1000);
    fill(queue, 'a', 100, 1'000);
    std::string order;
    for (int i = 0; i < 100; ++i) {
        queue.push('x', i, 1'000);
        order += next(queue, 1);
    }
    CHECK(std::count(order.begin(), order.end(), 'a') >= 40);
}

TEST_CASE("what is cleared is gone") {
    Queue queue(1000);
    fill(queue, 'a', 3, 100);
    next(queue, 1);
    queue.clear();
    CHECK_FALSE(queue.pop());
    fill(queue, 'a', 1, 100);
    CHECK(next(queue, 2) == "a");
}
