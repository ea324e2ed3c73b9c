#include "proxy-core/federation/agenda.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;

namespace {

using Agenda = courant::Agenda<char>;
constexpr Agenda::Instant start{};

std::string due(Agenda& agenda, Agenda::Instant now) {
    std::string keys;
    while (const auto key = agenda.take_due(now)) keys += *key;
    return keys;
}

}  // namespace

TEST_CASE("who is due comes out in the order of time, once") {
    Agenda agenda;
    agenda.set('c', start + 3s);
    agenda.set('a', start + 1s);
    agenda.set('b', start + 2s);
    CHECK(agenda.next() == start + 1s);
    CHECK(due(agenda, start).empty());
    CHECK(due(agenda, start + 2s) == "ab");
    CHECK(due(agenda, start + 2s).empty());
    CHECK(agenda.next() == start + 3s);
}

TEST_CASE("a key has one time: the last that was set, or none") {
    Agenda agenda;
    agenda.set('a', start + 1s);
    agenda.set('a', start + 5s);
    agenda.set('b', start + 1s);
    agenda.set('b', std::nullopt);
    agenda.set('c', std::nullopt);
    CHECK(due(agenda, start + 4s).empty());
    CHECK(due(agenda, start + 5s) == "a");
    CHECK_FALSE(agenda.next());
    agenda.set('a', start);
    agenda.clear();
    CHECK_FALSE(agenda.next());
}
