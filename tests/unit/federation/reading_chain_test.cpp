#include "proxy-core/federation/reading_chain.hpp"

#include <doctest/doctest.h>

#include "senml/codec.hpp"

using namespace courant;

namespace {

const std::string roof = "zabbix:lorient.example/school:lorient.example/pv/power";

senml::Pack readings(int first, int last) {
    senml::Pack pack;
    for (int i = first; i <= last; ++i)
        pack.add(pack.intern_name(roof), pack.intern_unit("W"),
                 senml::from_unix_seconds(1'780'000'000 + i), i * 0.1);
    return pack;
}

std::string chain(std::initializer_list<std::pair<int, int>> parts) {
    ReadingChain chain;
    for (const auto& [first, last] : parts) REQUIRE(chain.add(readings(first, last)));
    return chain.text();
}

}  // namespace

TEST_CASE("a digest is the same however the readings were cut into pages") {
    CHECK(chain({{1, 9}}) == chain({{1, 1}, {2, 5}, {6, 9}}));
    CHECK(chain({}) == std::string(64, '0'));
}

TEST_CASE("a digest is another one for another reading, order or number of them") {
    CHECK(chain({{1, 9}}) != chain({{1, 8}}));
    CHECK(chain({{1, 2}}) != chain({{2, 2}, {1, 1}}));
    CHECK(chain({{1, 1}}) != chain({{1, 1}, {1, 1}}));
    senml::Pack other = readings(1, 1);
    other.add_like(other[0], other[0].time, 0.1 + 1e-17 + 2e-17);
    ReadingChain of_other;
    CHECK(of_other.add(other));
}

TEST_CASE("a digest goes on from its text, and what is none is refused") {
    auto resumed = ReadingChain::parse(chain({{1, 4}}));
    REQUIRE(resumed);
    CHECK(resumed->add(readings(5, 9)));
    CHECK(resumed->text() == chain({{1, 9}}));
    CHECK_FALSE(ReadingChain::parse(""));
    CHECK_FALSE(ReadingChain::parse(std::string(63, '0')));
    CHECK_FALSE(ReadingChain::parse(std::string(63, '0') + "g"));
    CHECK_FALSE(ReadingChain::parse(std::string(65, '0')));
}

TEST_CASE("a digest is that of PROTOCOL.md, whatever way the readings took") {
    // Calculated apart: SHA-256 over 32 zero bytes and the CBOR of
    // [{"n": "zabbix:…/power", "t": 1780000001, "u": "W", "v": 0.1}].
    const auto xml = senml::write(senml::Format::xml, readings(1, 3));
    REQUIRE(xml);
    const auto back = senml::read(senml::Format::xml, *xml, {.now = {}});
    REQUIRE(back);
    ReadingChain of_back;
    CHECK(of_back.add(*back));
    CHECK(of_back.text() == chain({{1, 3}}));
    CHECK(chain({{1, 1}}) == "cb8cb94c826a5f50e0747b92d38851da6b82255f7d3ad905d274e76f4867f54d");
}
