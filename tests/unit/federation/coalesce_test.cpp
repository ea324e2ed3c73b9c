// Small messages in an outbox become few, and say the same.
#include "proxy-core/federation/coalesce.hpp"

#include <doctest/doctest.h>

#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid lorient = address("zabbix@lorient.example");
const Jid coop = address("bmhs@coop.example");
constexpr PageLimit all{.messages = 10'000, .bytes = std::int64_t{1} << 30};

/// A store with one lane.
struct Outbox {
    SqliteHome home;
    std::unique_ptr<Store> store = home.open({});
    LaneId lane;

    Seq put(const std::string& body, std::int64_t records = 1, const std::string& grant = {}) {
        Seq seq = 0;
        store->commit([&](Mailboxes& m) {
            std::tie(lane, seq) = m.enqueue(
                {coop, {.retain = "P3Y", .grant = grant, .hops = {lorient}}, body, records},
                Time{});
        });
        return seq;
    }
    void put_readings(int first, int last) {
        for (int value = first; value <= last; ++value) put(pack_of(lorient, value));
    }
    std::optional<Seq> join(Seq from, const CoalesceBounds& bounds = {}) {
        std::optional<Seq> end;
        store->commit([&](Mailboxes& m) { end = coalesce(m, lane, from, bounds); });
        return end;
    }
    std::vector<Message> messages() {
        std::vector<Message> messages;
        store->read([&](Mailboxes& m) { messages = m.outbox(lane, 0, all); });
        return messages;
    }
    OutgoingLane state() {
        OutgoingLane state;
        store->read([&](Mailboxes& m) { state = m.find_lane(lane).value(); });
        return state;
    }
};

std::vector<double> values(const std::vector<Message>& messages) {
    std::vector<double> values;
    for (const Message& message : messages) {
        senml::Pack pack;
        REQUIRE(BodyReader().read(message.body, Time{}, pack));
        CHECK(static_cast<std::int64_t>(pack.size()) == message.records);
        for (const auto& record : pack.records()) values.push_back(record.number);
    }
    return values;
}

}  // namespace

TEST_CASE("neighbours become one message with all their readings in order") {
    Outbox outbox;
    outbox.put_readings(1, 30);
    CHECK(outbox.join(11) == 11);
    const auto messages = outbox.messages();
    CHECK(messages.size() == 11);
    CHECK(messages.back().seq == 11);
    CHECK(messages.back().records == 20);
    CHECK(values(messages) == one_to(30));
    CHECK(outbox.state().next == 12);
    CHECK(outbox.state().waiting_messages == 11);
    CHECK(outbox.state().waiting_records == 30);
    CHECK(outbox.put(pack_of(lorient, 31)) == 12);
}

TEST_CASE("a message stays within its bounds, of readings and of bytes") {
    Outbox outbox;
    outbox.put_readings(1, 30);
    CHECK(outbox.join(1, {.records = 8}) == 4);
    CHECK(values(outbox.messages()) == one_to(30));

    Outbox large;
    const std::string body = pack_of(lorient, 1);
    large.put_readings(1, 30);
    const auto overhead = static_cast<std::int64_t>(
        stanza_overhead({.retain = "P3Y", .grant = {}, .hops = {lorient}}, coop));
    const auto three = overhead + 3 * static_cast<std::int64_t>(body.size()) + 10;
    CHECK(large.join(1, {.stanza_bytes = three}) == 10);
    CHECK(values(large.messages()) == one_to(30));
}

TEST_CASE("what goes under another grant keeps a message of its own") {
    Outbox outbox;
    outbox.put(pack_of(lorient, 1));
    outbox.put(pack_of(lorient, 2));
    outbox.put(pack_of(lorient, 3), 1, "member-17");
    outbox.put(pack_of(lorient, 4));
    CHECK(outbox.join(1) == 3);
    CHECK(outbox.messages()[1].envelope.grant == "member-17");
    CHECK(values(outbox.messages()) == one_to(4));
}

TEST_CASE("base fields of one pack do not reach the next") {
    Outbox outbox;
    outbox.put(
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml bn='zabbix:lorient.example/"
        "school:lorient.example/' bu='W' bt='1780000000' n='a' v='1'/></sensml>");
    outbox.put(
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n='zabbix:lorient.example/"
        "school:lorient.example/b' t='1780000009' v='2'/></sensml>");
    CHECK(outbox.join(1) == 1);
    const auto pack =
        senml::read(senml::Format::xml, outbox.messages().at(0).body, {.now = Time{}});
    REQUIRE(pack);
    REQUIRE(pack->size() == 2);
    CHECK((*pack)[1].unit == senml::no_unit);
    CHECK((*pack)[1].time == senml::from_unix_seconds(1'780'000'009));
    CHECK(pack->name((*pack)[1].name) == "zabbix:lorient.example/school:lorient.example/b");
}

TEST_CASE("what cannot be read stays as it is, and so do its neighbours") {
    Outbox outbox;
    outbox.put(pack_of(lorient, 1));
    outbox.put("<sensml>");
    outbox.put(pack_of(lorient, 2));
    CHECK_FALSE(outbox.join(1));
    CHECK(outbox.messages().at(1).body == "<sensml>");
}

TEST_CASE("what is acknowledged is not touched") {
    Outbox outbox;
    outbox.put_readings(1, 10);
    outbox.store->commit([&](Mailboxes& m) { m.acknowledge(outbox.lane, 5); });
    CHECK_FALSE(outbox.join(4));
    CHECK(outbox.state().next == 11);
    CHECK(values(outbox.messages()).size() == 5);
}
