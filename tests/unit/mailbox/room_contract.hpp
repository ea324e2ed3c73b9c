// What every store promises about its room. How to use it: transaction_contract.hpp.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE_TEMPLATE_DEFINE("a store says how much room it takes, and grows with what waits", Home,
                          a_store_says_how_much_room_it_takes) {
    Home home;
    const auto store = home.open({});
    const auto before = ask(*store, [](Mailboxes& m) { return m.room(); });
    CHECK(before.bytes > 0);
    CHECK(before.empty >= 0);
    CHECK(before.empty <= before.bytes);
    if (before.growth) CHECK(*before.growth > 0);
    if (before.growth && before.capacity) CHECK(*before.growth <= *before.capacity);
    // Of what a database can press together nobody knows how much room it takes.
    std::mt19937 random(1);
    std::string noise(50'000, ' ');
    for (char& c : noise) c = static_cast<char>(random());
    fill(*store, "bmhs@coop.example", 200, noise);
    const auto after = ask(*store, [](Mailboxes& m) { return m.room(); });
    CHECK(after.bytes - after.empty >= before.bytes - before.empty + 200 * 50'000);
}

TEST_CASE_TEMPLATE_DEFINE("giving back room takes nothing away", Home,
                          giving_back_takes_nothing_away) {
    Home home;
    const auto store = home.open({});
    const auto lane = fill(*store, "bmhs@coop.example", 100, std::string(20'000, 'x'));
    store->commit([&](Mailboxes& m) { m.acknowledge(lane, 90); });
    const auto back =
        commit(*store, [](Mailboxes& m) { return m.give_back(std::int64_t{1} << 30); });
    CHECK(back >= 0);
    CHECK(commit(*store, [](Mailboxes& m) { return m.give_back(std::int64_t{1} << 30); }) == 0);
    const auto left = ask(*store, [&](Mailboxes& m) { return m.outbox(lane, 0, everything); });
    CHECK(numbers(left) == run(91, 100));
    for (const auto& message : left) CHECK(message.body == std::string(20'000, 'x'));
}

}  // namespace courant::test
