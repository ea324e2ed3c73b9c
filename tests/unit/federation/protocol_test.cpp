#include "proxy-core/federation/protocol.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid coop = address("bmhs@coop.example/somewhere");

/// What a stanza says to its reader.
template <class T>
T said(const std::string& stanza) {
    const auto element = read_stanza(stanza);
    REQUIRE(element);
    const auto payload = payload_of(*element);
    REQUIRE(payload);
    REQUIRE(*payload);
    REQUIRE(std::holds_alternative<T>(**payload));
    return std::get<T>(**payload);
}

/// Why an element of ours is refused; empty if it is not.
std::string refusal(const std::string& content) {
    const auto element = read_stanza("<message>" + content + "</message>");
    REQUIRE(element);
    const auto payload = payload_of(*element);
    return payload ? "" : payload.error();
}

Message message() {
    Message message;
    message.peer = coop;
    message.lane = {"01JD"};
    message.seq = 1042;
    message.envelope = {"P3Y",
                        "grant <7> & 'more'",
                        Quality::validated,
                        {address("zabbix@lorient.example"), address("relay@middle.example")}};
    message.body = pack_of(address("zabbix@lorient.example"), 7);
    return message;
}

Time at(std::int64_t nanoseconds) {
    return Time(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

TEST_CASE("readings come back as they were written") {
    const auto readings = said<Readings>(to_stanza(message()));
    CHECK(readings.lane == LaneId{"01JD"});
    CHECK(readings.seq == 1042);
    CHECK(readings.envelope == message().envelope);
    CHECK(readings.body == message().body);
    CHECK(readings.fault.empty());
}

TEST_CASE("a stanza goes to the bare JID, under an id that names lane and number") {
    const auto stanza = read_stanza(to_stanza(message()));
    REQUIRE(stanza);
    CHECK(stanza->attribute("to") == "bmhs@coop.example");
    CHECK(stanza->attribute("type") == "normal");
    CHECK(stanza->attribute("id") == "01JD.1042");
}

TEST_CASE("a void comes back as it was written") {
    const auto gap = said<Void>(to_stanza(Void{{"L"}, 3, "it's > over"}, coop));
    CHECK(gap.lane == LaneId{"L"});
    CHECK(gap.seq == 3);
    CHECK(gap.reason == "it's > over");
}

TEST_CASE("what was dropped goes as a void") {
    auto dropped = message();
    dropped.void_reason = "too old";
    const auto gap = said<Void>(to_stanza(dropped));
    CHECK(gap.lane == dropped.lane);
    CHECK(gap.seq == dropped.seq);
    CHECK(gap.reason == "too old");
}

TEST_CASE("a receipt comes back as it was written") {
    Receipt receipt;
    receipt.lane = {"L"};
    receipt.through = 1042;
    receipt.at = at(1'780'000'000'250'000'000);
    receipt.missing = {{1043, 1043}, {1050, 1099}};
    receipt.rejects = {{.seq = 7, .record = {}, .reason = "no \"federated\" name"},
                       {.seq = 8, .record = 12, .reason = "no"}};
    const auto back = said<Receipt>(to_stanza(receipt, coop));
    CHECK(back.lane == receipt.lane);
    CHECK(back.through == receipt.through);
    CHECK(back.at == receipt.at);
    CHECK(back.missing == receipt.missing);
    CHECK(back.rejects == receipt.rejects);
}

TEST_CASE("a resume comes back as it was written") {
    const auto resume = said<Resume>(to_stanza(Resume{{"L"}, 1}, coop));
    CHECK(resume.lane == LaneId{"L"});
    CHECK(resume.next == 1);
}

TEST_CASE("a message without an element of ours is none of ours") {
    const auto stanza = read_stanza("<message><body>hello</body></message>");
    REQUIRE(stanza);
    const auto payload = payload_of(*stanza);
    REQUIRE(payload);
    CHECK_FALSE(*payload);
}

TEST_CASE("what nobody knows is ignored, around our elements and inside of them") {
    const auto receipt = said<Receipt>(
        "<message><body>hi</body><receipt xmlns='urn:courant:0' lane='L' through='2' later='x'>"
        "<missing from='1' to='1'/><later/><other xmlns='urn:example'/></receipt></message>");
    CHECK(receipt.through == 2);
    CHECK(receipt.missing.size() == 1);
    const auto readings = said<Readings>(
        "<message><readings xmlns='urn:courant:0' lane='L' seq='1' retain='P1D' sig='x'><later/>" +
        message().body + "</readings></message>");
    CHECK(readings.fault.empty());
}

TEST_CASE("where quality and hops are absent, readings are raw and came straight") {
    const auto readings =
        said<Readings>("<message><readings xmlns='urn:courant:0' lane='L' seq='1' retain='P1D'>" +
                       message().body + "</readings></message>");
    CHECK(readings.envelope.quality == Quality::raw);
    CHECK(readings.envelope.hops.empty());
    CHECK(readings.envelope.grant.empty());
    CHECK(readings.fault.empty());
}

TEST_CASE("readings whose number is known are never refused without it") {
    for (const char* attributes : {"", "retain='P1D' quality='best'", "retain='P1D' hops='x'"}) {
        CAPTURE(attributes);
        const auto readings =
            said<Readings>("<message><readings xmlns='urn:courant:0' lane='L' seq='9' " +
                           std::string(attributes) + "/></message>");
        CHECK(readings.seq == 9);
        CHECK_FALSE(readings.fault.empty());
    }
}

TEST_CASE("an element without a usable lane or number breaks the protocol") {
    const std::string open = " xmlns='urn:courant:0' ";
    for (const std::string& content : {
             "<readings" + open + "seq='1'/>",
             "<readings" + open + "lane='' seq='1'/>",
             "<readings" + open + "lane='" + std::string(65, 'x') + "' seq='1'/>",
             "<readings" + open + "lane='L'/>",
             "<readings" + open + "lane='L' seq='0'/>",
             "<readings" + open + "lane='L' seq='-1'/>",
             "<readings" + open + "lane='L' seq='+1'/>",
             "<readings" + open + "lane='L' seq='1.0'/>",
             "<readings" + open + "lane='L' seq=' 1'/>",
             "<readings" + open + "lane='L' seq='9007199254740993'/>",
             "<readings" + open + "lane='L' seq='99999999999999999999'/>",
             "<void" + open + "lane='L'/>",
             "<receipt" + open + "lane='L'/>",
             "<receipt" + open + "lane='L' through='-1'/>",
             "<receipt" + open + "lane='L' through='5'><missing from='3' to='2'/></receipt>",
             "<receipt" + open + "lane='L' through='5'><missing from='3'/></receipt>",
             "<receipt" + open + "lane='L' through='5'><reject reason='x'/></receipt>",
             "<receipt" + open + "lane='L' through='5'><reject seq='1' record='0'/></receipt>",
             "<resume" + open + "lane='L' next='0'/>",
             "<resume" + open + "lane='L'/>",
             "<hello" + open + "lane='L'/>",
         }) {
        CAPTURE(content);
        CHECK_FALSE(refusal(content).empty());
    }
    CHECK(refusal("<receipt xmlns='urn:courant:0' lane='L' through='0'/>").empty());
    CHECK(refusal("<void xmlns='urn:courant:0' lane='L' seq='9007199254740992'/>").empty());
}

TEST_CASE("a receipt has at most 1024 children, and hops at most 32 proxies") {
    const auto with = [](int children) {
        std::string receipt = "<receipt xmlns='urn:courant:0' lane='L' through='1'>";
        for (int i = 0; i < children; ++i) receipt += "<missing from='2' to='2'/>";
        return receipt + "</receipt>";
    };
    CHECK(refusal(with(1024)).empty());
    CHECK_FALSE(refusal(with(1025)).empty());
    Message far = message();
    far.envelope.hops.assign(32, coop);
    CHECK(said<Readings>(to_stanza(far)).fault.empty());
    far.envelope.hops.assign(33, coop);
    CHECK_FALSE(said<Readings>(to_stanza(far)).fault.empty());
}

TEST_CASE("long texts of a peer are cut, and never in the middle of a character") {
    std::string reason(1023, 'x');
    reason += "éé";
    const auto gap = said<Void>("<message><void xmlns='urn:courant:0' lane='L' seq='1' reason='" +
                                reason + "'/></message>");
    CHECK(gap.reason == std::string(1023, 'x'));
    Receipt receipt;
    receipt.lane = {"L"};
    receipt.rejects = {{.seq = 1, .record = {}, .reason = reason}};
    CHECK(said<Receipt>(to_stanza(receipt, coop)).rejects.at(0).reason == std::string(1023, 'x'));
}

TEST_CASE("a stanza id leads back to lane and number; other ids lead nowhere") {
    const auto found = from_stanza_id(stanza_id({"a.b"}, 12));
    REQUIRE(found);
    CHECK(found->first == LaneId{"a.b"});
    CHECK(found->second == 12);
    for (const char* id : {"", "12", ".12", "lane.", "lane.0", "lane.-1", "lane.x", "lane.1x"}) {
        CAPTURE(id);
        CHECK_FALSE(from_stanza_id(id));
    }
}

TEST_CASE("no stanza is larger than its pack and the overhead that was reckoned") {
    Message far = message();
    far.lane = {std::string(64, 'l')};
    far.seq = Seq{1} << 53;
    far.envelope.grant = std::string(256, '\'');
    far.envelope.hops.assign(32, address("a@" + std::string(1000, 'b') + ".example"));
    CHECK(to_stanza(far).size() <= far.body.size() + stanza_overhead(far.envelope, far.peer));
}

TEST_CASE("timestamps are XEP-0082 in UTC, with decimals where there are any") {
    CHECK(to_timestamp(at(1'780'000'000'000'000'000)) == "2026-05-28T20:26:40Z");
    CHECK(to_timestamp(at(1'780'000'000'250'000'000)) == "2026-05-28T20:26:40.25Z");
    CHECK(to_timestamp(at(1'780'000'000'000'000'001)) == "2026-05-28T20:26:40.000000001Z");
    CHECK(to_timestamp(at(-1'000'000)) == "1969-12-31T23:59:59.999Z");
    for (const std::int64_t time : {0LL, -1LL, 1'780'000'000'123'456'789LL})
        CHECK(from_timestamp(to_timestamp(at(time))) == at(time));
}

TEST_CASE("what is no timestamp in UTC is none") {
    for (const char* text :
         {"", "Z", "2026-05-28", "2026-05-28T20:26:40", "2026-05-28T20:26:40+01:00",
          "2026-13-28T20:26:40Z", "2026-05-28T20:26:40Z ", "yesterdayZ"}) {
        CAPTURE(text);
        CHECK_FALSE(from_timestamp(text));
    }
}
