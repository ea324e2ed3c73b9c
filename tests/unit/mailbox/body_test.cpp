// What a message carries, in both forms, and what somebody can put into a compact one.
#include "proxy-core/mailbox/body.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <zstd.h>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "senml/codec.hpp"

using namespace courant;

namespace {

using senml::Format;
using senml::Pack;

senml::Time at(std::int64_t seconds) {
    return senml::from_unix_seconds(1'780'000'000 + seconds);
}

constexpr std::string_view power = "home:home.test/house:home.test/pv/power";

Pack readings(int count) {
    Pack pack;
    const auto name = pack.intern_name(power);
    const auto watt = pack.intern_unit("W");
    for (int i = 0; i < count; ++i) pack.add(name, watt, at(1800 * i), i * 0.125);
    return pack;
}

/// A reading of every kind.
Pack every_kind() {
    Pack pack = readings(2);
    const auto name = pack.intern_name("home:home.test/house:home.test/state");
    const std::byte octets[] = {std::byte{0}, std::byte{255}, std::byte{7}};
    pack.add_text(name, senml::no_unit, at(1), "ouvert & \"fermé\"");
    pack.add_boolean(name, senml::no_unit, at(2), true);
    pack.add_data(name, senml::no_unit, at(3), octets);
    pack.add(name, pack.intern_unit("kWh"), at(4), 1e-300);
    pack.set_extra({.sum = 12.5, .update_time = 60});
    return pack;
}

std::string compacted(const Pack& pack) {
    const auto body = BodyWriter().compact(pack);
    REQUIRE(body);
    return *body;
}

std::string framed(std::string_view bytes, int level = 1) {
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level));
    return frame;
}

/// A frame made piece by piece, as who does not know the size beforehand makes it.
std::string framed_unsaid(std::string_view piece, int times) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    std::string frame;
    std::string room(ZSTD_CStreamOutSize(), '\0');
    const auto feed = [&](std::string_view bytes, ZSTD_EndDirective end) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (std::size_t left = 1; left != 0;) {
            ZSTD_outBuffer out{room.data(), room.size(), 0};
            left = ZSTD_compressStream2(context, &out, &in, end);
            frame.append(room.data(), out.pos);
            if (end == ZSTD_e_continue && in.pos == in.size) break;
        }
    };
    for (int i = 0; i < times; ++i) feed(piece, ZSTD_e_continue);
    feed({}, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    return frame;
}

/// What is wrong with a body.
std::string fault_of(std::string_view body, const BodyLimits& limits = {}) {
    Pack pack;
    const auto read = BodyReader(limits).read(body, at(0), pack);
    if (read) return {};
    CHECK(pack.empty());
    return read.error();
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("a compact body holds the pack bit by bit, whatever kinds of values it has") {
    for (const Pack& pack : {readings(1), readings(2000), every_kind()}) {
        const std::string body = compacted(pack);
        CHECK(form_of(body) == BodyForm::compact);
        Pack back;
        REQUIRE(BodyReader().read(body, at(0), back));
        back.set_version(pack.version());  // a secondary unit raises it
        CHECK(back == pack);
    }
}

TEST_CASE("a body in XML is read as it always was") {
    const auto xml = senml::write(Format::xml, every_kind());
    REQUIRE(xml);
    CHECK(form_of(*xml) == BodyForm::xml);
    Pack from_xml;
    Pack from_compact;
    BodyReader reader;
    REQUIRE(reader.read(*xml, at(0), from_xml));
    REQUIRE(reader.read(compacted(every_kind()), at(0), from_compact));
    CHECK(from_xml == from_compact);
}

TEST_CASE("a compact body becomes the XML that its pack is written as") {
    BodyReader reader;
    const auto xml = senml::write(Format::xml, every_kind());
    REQUIRE(xml);
    CHECK(reader.to_xml(compacted(every_kind()), at(0)) == *xml);
    CHECK(reader.to_xml(*xml, at(0)) == *xml);
    CHECK(reader.to_xml("<no pack", at(0)) == "<no pack");
    CHECK_FALSE(reader.to_xml(framed("no CBOR"), at(0)));
}

TEST_CASE("a compact body takes less than a third of the XML where readings are many") {
    const Pack pack = readings(500);
    CHECK(compacted(pack).size() * 3 < senml::write(Format::xml, pack)->size());
}

TEST_CASE("a reader and a writer go on after what they refused") {
    BodyReader reader;
    BodyWriter writer;
    Pack broken = readings(1);
    broken.add(broken.intern_name("é"), senml::no_unit, at(1), 1);
    CHECK_FALSE(writer.compact(broken));
    const auto body = writer.compact(readings(3));
    REQUIRE(body);
    Pack pack;
    CHECK_FALSE(reader.read(framed("no CBOR"), at(0), pack));
    CHECK_FALSE(reader.read(body->substr(0, body->size() - 1), at(0), pack));
    REQUIRE(reader.read(*body, at(0), pack));
    CHECK(pack == readings(3));
}

TEST_CASE("a frame that holds gigabytes is refused, whatever it says of itself, in little memory") {
    const std::string mebibyte(std::size_t{1} << 20, '\0');
    const std::string unsaid = framed_unsaid(mebibyte, 1024);
    const std::string said = framed(std::string(std::size_t{64} << 20, '\0'));
    CHECK(unsaid.size() < 64'000);
    CHECK(said.size() < 8'000);
    // One that says little and holds much: the size is the four bytes behind magic and descriptor.
    std::string liar = framed(std::string(300'000, '\0'));
    REQUIRE(ZSTD_getFrameContentSize(liar.data(), liar.size()) == 300'000);
    liar[5] = 1;
    liar[6] = liar[7] = liar[8] = 0;
    REQUIRE(ZSTD_getFrameContentSize(liar.data(), liar.size()) == 1);
    const long before = peak_kib();
    for (int i = 0; i < 20; ++i) {
        CHECK(fault_of(unsaid) == "the pack unpacks to more than 4194304 bytes");
        CHECK(fault_of(said) == "the pack unpacks to more than 4194304 bytes");
        CHECK(fault_of(liar).starts_with("the pack's zstd frame is damaged: "));
    }
    CHECK(peak_kib() - before < 16 * 1024);
}

TEST_CASE("the limit is what is unpacked, to the byte") {
    const auto cbor = senml::write(Format::cbor, readings(100));
    REQUIRE(cbor);
    const std::string body = compacted(readings(100));
    CHECK(fault_of(body, {.unpacked_bytes = cbor->size()}).empty());
    CHECK(fault_of(body, {.unpacked_bytes = cbor->size() - 1}) ==
          "the pack unpacks to more than " + std::to_string(cbor->size() - 1) + " bytes");
    const std::string unsaid = framed_unsaid(*cbor, 1);
    CHECK(fault_of(unsaid, {.unpacked_bytes = cbor->size()}).empty());
    CHECK_FALSE(fault_of(unsaid, {.unpacked_bytes = cbor->size() - 1}).empty());
    // Also for a reader that has had the memory for more.
    BodyReader reader({.unpacked_bytes = cbor->size()});
    Pack pack;
    CHECK(reader.read(body, at(0), pack));
    const std::string one_more = framed_unsaid(*cbor + 'x', 1);
    CHECK(reader.read(one_more, at(0), pack).error().starts_with("the pack unpacks to more than"));
}

TEST_CASE("so many readings are taken out of a compact body, and no more") {
    const std::string body = compacted(readings(100));
    CHECK(fault_of(body, {.records = 100}).empty());
    CHECK(fault_of(body, {.records = 99}) == "record 100: more records than are accepted");
}

TEST_CASE("a compact body is one zstd frame: nothing behind it, no dictionary, nothing missing") {
    const std::string body = compacted(readings(20));
    CHECK(fault_of(body + "x") == "there are bytes behind the pack's zstd frame");
    CHECK(fault_of(body + body) == "there are bytes behind the pack's zstd frame");
    for (std::size_t size = 4; size < body.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(fault_of(body.substr(0, size)).empty());
    }

    // A frame header that asks for dictionary 42, with an empty last block.
    const std::string asking("\x28\xB5\x2F\xFD\x21\x2A\x00\x01\x00\x00", 10);
    REQUIRE(ZSTD_getDictID_fromFrame(asking.data(), asking.size()) == 42);
    CHECK(fault_of(asking) == "the pack's zstd frame needs a dictionary");
}

TEST_CASE("what is in the frame is read by the rules of SenML") {
    CHECK(fault_of(framed("")).find("no CBOR") != std::string::npos);
    CHECK(fault_of(framed("[{\"n\":\"a\",\"v\":1}]")).find("RFC 8428") != std::string::npos);
    CHECK_FALSE(fault_of(framed(*senml::write(Format::xml, readings(1)))).empty());
    // A record without a value: {0: "a"}.
    CHECK(fault_of(framed("\x81\xA1\x00\x61\x61")).find("record 1") != std::string::npos);
    // A base name that makes a few bytes a long name each time.
    std::string names("\x82\xA3\x21\x7A\x00\x01\x00\x00", 8);
    names += std::string(65'536, 'a') + std::string("\x00\x61\x62\x02\x01", 5) +
             std::string("\xA2\x00\x61\x63\x02\x01", 6);
    CHECK(fault_of(framed(names)).find("name") != std::string::npos);
}

TEST_CASE("a compact body with changed bytes is refused or read, and does no harm") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    BodyReader reader;
    Pack pack;
    for (const Pack& original : {readings(3), readings(400), every_kind()}) {
        const std::string body = compacted(original);
        for (int i = 0; i < 2000; ++i) {
            std::string changed = body;
            for (std::uint64_t left = 1 + random() % 3; left > 0; --left)
                changed[4 + random() % (changed.size() - 4)] = static_cast<char>(random());
            static_cast<void>(reader.read(changed, at(0), pack));
        }
    }
}
