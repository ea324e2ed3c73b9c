#include "jobs/dispatch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "proxy-core/federation/protocol.hpp"
#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

Dispatch dispatched(const senml::Pack& pack, const std::vector<Subscription>& subscriptions,
                    const DispatchRules& how = rules(), const std::vector<Peer>& peers = {}) {
    RememberedAudience audience(
        std::make_shared<const Audience>(audience_of(subscriptions, peers)));
    return Dispatcher(how).dispatch(pack, audience);
}

std::size_t stanza_size(const Outgoing& outgoing) {
    Message message;
    message.peer = outgoing.peer;
    message.lane = {std::string(26, 'L')};
    message.seq = 1'000'000;
    message.envelope = outgoing.envelope;
    message.body = outgoing.body;
    return to_stanza(message).size();
}

}  // namespace

TEST_CASE("a peer gets the series it has subscribed to, in their order, and no others") {
    senml::Pack pack;
    add(pack, power, at(1), 1);
    add(pack, indexes, at(1), 100);
    add(pack, power, at(2), 2);
    const auto out =
        dispatched(pack, {subscription(coop, "zabbix@lorient.example/school@*/pv/power")});
    REQUIRE(out.messages.size() == 1);
    CHECK(out.messages[0].peer == coop);
    CHECK(out.messages[0].records == 2);
    CHECK(numbers_of(out.messages[0].body) == run(1, 2));
    CHECK(out.unwanted == 1);
    CHECK(out.refused.empty());
}

TEST_CASE("one series goes to two destinations, each with its own retention and grant") {
    const auto out = dispatched(readings(3), {subscription(coop, "*", "P3Y", "members"),
                                              subscription(analyst, "*", "P1M")});
    REQUIRE(out.messages.size() == 2);
    const auto& [to_coop, to_analyst] = std::pair(out.messages[0], out.messages[1]);
    CHECK(to_coop.peer == coop);
    CHECK(to_coop.envelope == Envelope{"P3Y", "members", Quality::raw, {self}});
    CHECK(to_analyst.peer == analyst);
    CHECK(to_analyst.envelope == Envelope{"P1M", "for dash@analyst.example", Quality::raw, {self}});
    CHECK(to_coop.body == to_analyst.body);
    CHECK(out.unwanted == 0);
}

TEST_CASE("a series that several subscriptions of a peer fit goes once, under the first") {
    const auto out = dispatched(
        readings(1), {subscription(coop, "*/power", "P1Y"), subscription(coop, "*", "P3Y")});
    REQUIRE(out.messages.size() == 1);
    CHECK(out.messages[0].envelope.retain == "P1Y");
}

TEST_CASE("readings under two grants never share a message") {
    senml::Pack pack = readings(2);
    add(pack, indexes, at(1), 100);
    const auto out = dispatched(pack, {subscription(coop, "*/power", "P3Y", "a"),
                                       subscription(coop, "*/index", "P3Y", "b")});
    REQUIRE(out.messages.size() == 2);
    CHECK(out.messages[0].records + out.messages[1].records == 3);
    CHECK(out.messages[0].envelope.grant != out.messages[1].envelope.grant);
}

TEST_CASE("two readings of one second, and two at one instant, all go") {
    senml::Pack pack;
    add(pack, power, at(1), 1);
    add(pack, power, at(1) + std::chrono::milliseconds(500), 2);
    add(pack, power, at(1) + std::chrono::milliseconds(500), 3);
    const auto out = dispatched(pack, {subscription(coop)});
    REQUIRE(out.messages.size() == 1);
    CHECK(numbers_of(out.messages[0].body) == run(1, 3));
}

TEST_CASE("ten thousand readings are split, in order, and no stanza is over the limit") {
    senml::Pack pack;
    std::mt19937_64 random(7);
    std::vector<double> values;
    for (int i = 0; i < 10'000; ++i) {
        values.push_back(std::uniform_real_distribution<>(-1e6, 1e6)(random));
        add(pack, power, at(i) + std::chrono::nanoseconds(random() % 1'000'000'000), values.back());
    }
    for (const std::size_t limit : {200'000, 12'000}) {
        CAPTURE(limit);
        DispatchRules how = rules();
        how.stanza_bytes = limit;
        const auto out = dispatched(pack, {subscription(coop)}, how);
        std::vector<double> sent;
        for (const Outgoing& message : out.messages) {
            CHECK(stanza_size(message) <= limit);
            CHECK(message.records <= 500);
            const auto some = numbers_of(message.body);
            CHECK(message.records == static_cast<std::int64_t>(some.size()));
            sent.insert(sent.end(), some.begin(), some.end());
        }
        CHECK(sent == values);
        CHECK(out.messages.size() >= 20);
        CHECK(out.refused.empty());
    }
}

TEST_CASE("the limit is that of the whole stanza, not of the pack in it") {
    DispatchRules how = rules();
    how.stanza_bytes = 20'000;
    std::size_t messages = 0, refused = 0;
    for (std::size_t length = 10'000; length < 21'000; length += 50) {
        senml::Pack pack;
        pack.add_text(pack.intern_name(power), senml::no_unit, at(1), std::string(length, 'x'));
        const auto out = dispatched(pack, {subscription(coop, "*", "P3Y", "a grant")}, how);
        for (const Outgoing& message : out.messages) CHECK(stanza_size(message) <= 20'000);
        messages += out.messages.size();
        refused += out.refused.size();
    }
    CHECK(messages > 0);
    CHECK(refused > 0);
}

TEST_CASE("a text that fits no stanza is refused with its payload; those around it go") {
    senml::Pack pack = readings(1);
    const std::string huge(300'000, 'x');
    pack.add_text(pack.intern_name(indexes), senml::no_unit, at(2), huge);
    add(pack, power, at(3), 2);
    const auto out = dispatched(pack, {subscription(coop), subscription(analyst)});
    CHECK(out.messages.size() == 4);  // two on either side, for each peer
    REQUIRE(out.refused.size() == 1);
    CHECK(out.refused[0].where ==
          "zabbix@lorient.example/school@lorient.example/index at 2026-05-28T20:26:42Z");
    CHECK(out.refused[0].reason == "its message would be over limits.stanza_bytes = 200000");
    CHECK(out.refused[0].payload.find(huge) != std::string::npos);
    CHECK(out.refused[0].payload.starts_with("<sensml"));
}

TEST_CASE("a value that SenML does not have is refused as it was found, and costs no other") {
    senml::Pack pack = readings(1);
    add(pack, power, at(2), std::numeric_limits<double>::quiet_NaN());
    add(pack, power, at(3), std::numeric_limits<double>::infinity());
    add(pack, power, at(2), std::numeric_limits<double>::quiet_NaN());
    pack.add_text(pack.intern_name(power), senml::no_unit, at(4), "a\x01");
    add(pack, power, Time(std::chrono::seconds(5)), 7);
    add(pack, power, at(5), 2);
    const auto out = dispatched(pack, {subscription(coop), subscription(analyst)});
    std::vector<double> sent;
    for (const Outgoing& message : out.messages)
        if (message.peer == coop)
            for (const double value : numbers_of(message.body)) sent.push_back(value);
    CHECK(sent == run(1, 2));
    std::vector<std::string> payloads;
    for (const Refused& refused : out.refused) payloads.push_back(refused.payload);
    CHECK(payloads == std::vector<std::string>{"nan W", "inf W", "nan W", "a\x01", "7 W"});
}

TEST_CASE("without subscriptions everything is unwanted and nothing is written") {
    const auto out = dispatched(readings(5), {});
    CHECK(out.messages.empty());
    CHECK(out.refused.empty());
    CHECK(out.unwanted == 5);
}

TEST_CASE("a limit that leaves no room for any pack refuses and does not loop") {
    DispatchRules how = rules();
    how.stanza_bytes = 100;
    const auto out = dispatched(readings(3), {subscription(coop)}, how);
    CHECK(out.messages.empty());
    CHECK(out.refused.size() == 3);
}

TEST_CASE("the shorter encoding goes: XML for one reading, the compact one for many") {
    const auto one = dispatched(readings(1), {subscription(coop)});
    REQUIRE(one.messages.size() == 1);
    CHECK(form_of(one.messages[0].body) == BodyForm::xml);
    const auto many = dispatched(readings(100), {subscription(coop)});
    REQUIRE(many.messages.size() == 1);
    CHECK(form_of(many.messages[0].body) == BodyForm::compact);
    CHECK(numbers_of(many.messages[0].body) == run(1, 100));
    // What no coding makes much shorter takes more room as base64 than as it is.
    senml::Pack text;
    std::mt19937_64 random(3);
    std::string noise;
    while (noise.size() < 5000)
        if (const auto c = static_cast<char>(' ' + random() % 95); !std::strchr("<>&\"", c))
            noise += c;
    text.add_text(text.intern_name(power), senml::no_unit, at(1), noise);
    CHECK(form_of(dispatched(text, {subscription(coop)}).messages.at(0).body) == BodyForm::xml);
}

TEST_CASE(
    "who wants XML, who has said to read nothing else, and who is told to write it, gets it") {
    const auto all_xml = [](const Dispatch& out) {
        return std::ranges::all_of(out.messages, [](const Outgoing& message) {
            return form_of(message.body) == BodyForm::xml && message.records <= 500;
        });
    };
    const std::vector to_coop{subscription(coop)};
    const Peer told{.jid = coop, .relay = false, .added_at = {}, .xml_only = true, .packed = true};
    const Peer other{.jid = coop, .relay = false, .added_at = {}, .packed = false};
    const Peer reads{.jid = coop, .relay = false, .added_at = {}, .packed = true};
    CHECK(all_xml(dispatched(readings(1200), to_coop, rules(), {told})));
    CHECK(all_xml(dispatched(readings(1200), to_coop, rules(), {other})));
    DispatchRules ours = rules();
    ours.encodings = Encodings::xml_only;
    CHECK(all_xml(dispatched(readings(1200), to_coop, ours, {reads})));
    CHECK_FALSE(all_xml(dispatched(readings(1200), to_coop, rules(), {reads})));
}

TEST_CASE("a peer that has said that it reads packed packs gets more readings in one message") {
    const auto largest = [](const std::vector<Peer>& peers) {
        std::int64_t most = 0;
        std::int64_t sum = 0;
        for (const auto& message :
             dispatched(readings(4500), {subscription(coop)}, rules(), peers).messages) {
            most = std::max(most, message.records);
            sum += message.records;
        }
        CHECK(sum == 4500);
        return most;
    };
    CHECK(largest({}) == 500);
    CHECK(largest({{.jid = coop, .relay = false, .added_at = {}}}) == 500);
    CHECK(largest({{.jid = coop, .relay = false, .added_at = {}, .packed = true}}) == 2000);
    CHECK(largest({{.jid = analyst, .relay = false, .added_at = {}, .packed = true}}) == 500);
}

TEST_CASE(
    "a compact message fits a stanza in XML, too, for a peer that no longer reads the other") {
    DispatchRules how = rules();
    how.stanza_bytes = 20'000;
    const Peer reads{.jid = coop, .relay = false, .added_at = {}, .packed = true};
    const auto out = dispatched(readings(3000), {subscription(coop)}, how, {reads});
    std::int64_t sum = 0;
    for (Outgoing message : out.messages) {
        CHECK(form_of(message.body) == BodyForm::compact);
        CHECK(stanza_size(message) < 20'000);
        message.body = BodyReader().to_xml(message.body, at(0)).value();
        CHECK(stanza_size(message) <= 20'000);
        sum += message.records;
    }
    CHECK(sum == 3000);
}
