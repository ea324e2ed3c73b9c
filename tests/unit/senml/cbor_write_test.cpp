// Conformance points J: CBOR, written, and what comes back.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "cbor_bytes.hpp"
#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/cbor/writer.hpp"
#include "senml/detail/seconds.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::uint64_t chosen_seed() {
    if (const char* given = std::getenv("COURANT_SEED")) return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
}

std::string value_item(double value) {
    std::array<char, detail::cbor_number_room> bytes{};
    const char* const end = detail::put_cbor_value(bytes.data(), value);
    return hex_of({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

std::string time_item(detail::Nanos time) {
    std::array<char, detail::cbor_number_room> bytes{};
    const char* const end = detail::put_cbor_time(bytes.data(), time);
    if (end == nullptr) return "none";
    return hex_of({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

Pack pack_of(std::initializer_list<double> values) {
    Pack pack;
    const auto name = pack.intern_name("a");
    Time time = noon;
    for (const double value : values) {
        pack.add(name, no_unit, time, value);
        time += std::chrono::seconds{60};
    }
    return pack;
}

constexpr ReadOptions keeping = {.now = noon, .unknown = Unknown::keep};

}  // namespace

TEST_CASE("84 a value is written as an integer, or as the shortest float that is exact") {
    const struct {
        double value;
        std::string item;
    } cases[] = {
        {0, "00"},
        {-0.0, "f98000"},
        {23, "17"},
        {24, "1818"},
        {255, "18ff"},
        {256, "190100"},
        {65'535, "19ffff"},
        {65'536, "1a00010000"},
        {4'294'967'295, "1affffffff"},
        {4'294'967'296, "1b0000000100000000"},
        {0x1p53, "1b0020000000000000"},
        {0x1.0000000000001p53, "fb4340000000000001"},
        {0x1p54, "fa5a800000"},
        {-1, "20"},
        {-24, "37"},
        {-25, "3818"},
        {-0x1p53, "3b001fffffffffffff"},
        {0.5, "f93800"},
        {-1.5, "f9be00"},
        {65'504.5, "fa477fe080"},
        {0.0999755859375, "f92e66"},
        {5.960464477539063e-8, "f90001"},
        {8.940696716308594e-8, "fa33c00000"},
        {6.097555160522461e-5, "f903ff"},
        {6.103515625e-5, "f90400"},
        {-2.9802322387695312e-8, "fab3000000"},
        {0.10000000149011612, "fa3dcccccd"},
        {1.401298464324817e-45, "fa00000001"},
        {3.4028234663852886e+38, "fa7f7fffff"},
        {3.402823466385289e+38, "fb47efffffe0000001"},
        {0.1, "fb3fb999999999999a"},
        {1.1, "fb3ff199999999999a"},
        {1e300, "fb7e37e43c8800759c"},
        {5e-324, "fb0000000000000001"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.value);
        CHECK(value_item(one.value) == one.item);
    }
}

TEST_CASE("98 every double comes back bit for bit in CBOR, and every half and single is found") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto comes_back = [](double value, std::size_t longest) {
        const std::string item = hex(value_item(value));
        detail::CborScanner scanner(item, 0);
        detail::CborHead head;
        if (!scanner.read_head(head) || !scanner.is_done() || item.size() > longest) return false;
        const double again = head.is_integer() ? detail::integer_of(head) : detail::float_of(head);
        return std::bit_cast<std::uint64_t>(again) == std::bit_cast<std::uint64_t>(value);
    };
    for (int round = 0; round < 100'000; ++round) {
        const auto value = std::bit_cast<double>(random());
        const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (std::isfinite(value) && !comes_back(value, 9)) FAIL_CHECK(value);
        const auto widened = static_cast<double>(single);
        const bool whole = std::trunc(widened) == widened;  // up to 2^53 an integer of nine bytes
        if (std::isfinite(single) && !comes_back(widened, whole ? 9 : 5)) FAIL_CHECK(single);
    }
    for (unsigned half = 0; half < 65'536; ++half) {
        const double value = detail::from_half(static_cast<std::uint16_t>(half));
        if (std::isfinite(value) && !comes_back(value, 3)) FAIL_CHECK(half);
    }
}

TEST_CASE("34 a time is an integer, a float that stands for it, or a decimal fraction") {
    const struct {
        std::int64_t nanos;
        std::string item;
    } cases[] = {
        {0, "00"},
        {1'000'000'000, "01"},
        {-1'000'000'000, "20"},
        {1'735'689'600'000'000'000, "1a67748580"},
        {500'000'000, "f93800"},
        {-1'500'000'000, "f9be00"},
        {1'000'000, "fb3f50624dd2f1a9fc"},
        {1'735'689'600'123'000'000, "fb41d9dd216007df3b"},
        {1'735'689'600'123'456'000, "fb41d9dd216007e6b4"},
        {1'735'689'600'123'456'700, "fb41d9dd216007e6b7"},
        {1'823'510'303'715'180'600, "fb41db2c23c7edc585"},  // rounded once, not twice
        {1'735'689'600'123'456'100, "c482261b003daa01448e9681"},
        {1'735'689'600'123'456'780, "c482271b0268a40cad91e14e"},
        {1'735'689'600'123'456'789, "c482281b1816687ec7b2cd15"},
        {-1'735'689'600'123'456'789, "c482283b1816687ec7b2cd14"},
        {1, "fb3e112e0be826d695"},
        {-1, "fbbe112e0be826d695"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.nanos);
        CHECK(time_item(one.nanos) == one.item);
    }
    constexpr detail::Nanos second = 1'000'000'000;
    constexpr detail::Nanos widest = second * 1'000'000'000'000'000'000;
    CHECK(time_item(widest) == "1b0de0b6b3a7640000");
    CHECK(time_item(-widest) == "3b0de0b6b3a763ffff");
    CHECK(time_item(second * 100'000'000'000'000'000 + second / 10) == "c482201b0de0b6b3a7640001");
    CHECK(time_item(widest - 1) == "none");
}

TEST_CASE("34 every time comes back to the nanosecond in CBOR") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 100'000; ++round) {
        std::int64_t nanos = std::bit_cast<std::int64_t>(random()) >> random() % 40;
        const std::int64_t step[] = {1, 10, 100, 1'000, 10'000, 1'000'000, 100'000'000};
        nanos -= nanos % step[random() % 7];
        const auto pack = read(Format::cbor, with_extra("06" + time_item(nanos)), {.now = Time{}});
        if (pack && (*pack)[0].time == Time{Span{nanos}}) continue;
        CAPTURE(nanos);
        FAIL_CHECK(time_item(nanos));
    }
}

TEST_CASE("34 a float is the time that its shortest spelling says, so JSON and CBOR agree") {
    const struct {
        std::string item;
        std::string seconds;
    } cases[] = {
        {"fb41d9dd216007e6b4", "1735689600.123456"},
        {"fb41d9dd216007e6b5", "1735689600.1234562"},
        {"fb41d9dd216007e6b7", "1735689600.1234567"},
        {"fa4ece8ba4", "1732628992"},
        {"fb41d9dd2160000000", "1735689600"},
        {"fb41d9dd2160200000", "1735689600.5"},
        {"fb4200c388d0000001", "9000000000.000002"},
        {"fb4200441b486cf592", "8732764429.619907"},  // where doubles lie wider than microseconds
        {"fb4010000000000001", "1600000004"},         // 4.000000000000001, rounded
        {"fb3fb999999999999a", "1600000000.1"},
        {"fbbfb999999999999a", "1599999999.9"},
        {"f93666", "1600000000.399902344"},  // 0.39990234375, rounded half away from zero
        {"f9b666", "1599999999.600097656"},
        {"c4 82 29 1a180eb6c7", "1600000000.040361748"},  // more decimals than nanoseconds
        {"c4 82 29 05", "1600000000.000000001"},
        {"c4 82 29 04", "1600000000"},
        {"c4 82 29 24", "1599999999.999999999"},
        {"c4 82 28 1b1816687ec7b2cd15", "1735689600.123456789"},
        {"c4 82 22 1b000001941f297c7b", "1735689600.123"},
        {"c4 82 06 190708", "1800000000"},
        {"c4 82 28 c2 48 1816687ec7b2cd15", "1735689600.123456789"},
        {"3903e7", "1599999000"},
        {"f98000", "1600000000"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.item);
        const auto pack = good_cbor(with_extra("06" + one.item));
        if (!pack.empty()) CHECK(time_at(pack, 0) == one.seconds);
    }
    const auto seed = chosen_seed();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 100'000; ++round) {
        const auto bits = random();
        const double seconds = round % 2 == 0 ? static_cast<double>(bits) / 0x1p31
                                              : static_cast<double>(bits % 1'000'000'000'000'000) /
                                                    std::pow(10, static_cast<double>(bits % 12));
        std::string text;
        append_number(text, seconds);
        const auto nanos = detail::nanoseconds_of(seconds);
        if ((nanos ? detail::narrow(*nanos) : std::nullopt) == parse_seconds(text)) continue;
        CAPTURE(text);
        FAIL_CHECK(seconds);
    }
}

TEST_CASE("a time out of range is refused") {
    for (const auto* item : {"1b0de0b6b3a7640001", "3b0de0b6b3a7640000", "1bffffffffffffffff",
                             "3bffffffffffffffff", "fb7fefffffffffffff", "fb43abc16d674ec801",
                             "c4 82 1818 01", "c4 82 17 1b7fffffffffffffff"}) {
        CAPTURE(item);
        CHECK(cbor_fault(with_extra("06" + std::string{item})) ==
              "record 1: t is out of range (RFC 8428 4.5.3)");
    }
    CHECK(cbor_fault(with_extra("06 1b0de0b6b3a7640000")) ==
          "record 1: the time is outside the years 1678 to 2261 (RFC 8428 4.5.3)");
}

TEST_CASE("a pack is written with definite lengths, the shortest integers and labels in order") {
    Pack pack;
    const auto name = pack.intern_name("abc");
    const auto watt = pack.intern_unit("W");
    pack.add(name, watt, noon, 1);
    pack.add(name, watt, noon + std::chrono::seconds{60}, -2.5);
    pack.add(name, watt, noon + std::chrono::seconds{3600}, 1000);
    pack.add_text(name, watt, noon + std::chrono::seconds{3660}, "x");
    pack.add_boolean(name, watt, noon + std::chrono::seconds{3661}, true);
    pack.add_data(name, watt, noon + std::chrono::seconds{3662}, {});
    pack.set_extra({.sum = 7, .update_time = 0.5});
    CHECK(hex_of(*write(Format::cbor, pack)) ==
          hex_of(hex("86 a4 21 63616263 22 1a5f5e1000 23 6157 02 01"
                     "   a2 06 183c 02 f9c100"
                     "   a2 06 190e10 02 1903e8"
                     "   a2 06 190e4c 03 6178"
                     "   a2 06 190e4d 04 f5"
                     "   a4 06 190e4e 08 40 05 07 07 f93800")));
    CHECK(hex_of(*write_resolved(Format::cbor, pack_of({1, 2}))) ==
          hex_of(hex("82 a3 00 6161 06 1a5f5e1000 02 01 a3 00 6161 06 1a5f5e103c 02 02")));
    CHECK(hex_of(*write_resolved(Format::cbor, Pack{})) == "80");
    CHECK(write(Format::cbor, Pack{}).error().to_string() ==
          "pack: a pack without records (RFC 8428 3)");
}

TEST_CASE("the count of records stands in front, whether it was known or not") {
    for (const std::size_t count : {1U, 23U, 24U, 255U, 256U, 65'536U}) {
        Pack pack;
        const auto name = pack.intern_name("a");
        for (std::size_t i = 0; i < count; ++i) {
            pack.add(name, no_unit, noon + std::chrono::seconds{i}, static_cast<double>(i % 7));
        }
        const auto written = write(Format::cbor, pack);
        REQUIRE(written);
        CHECK(good_cbor(*written, {.now = noon, .profile = Profile::strict}) == pack);
        CHECK(convert(Format::cbor, Format::cbor, *written, {.now = noon}) == written);
    }
    const std::string open = hex("9f a2 00 6161 02 01 bf 02 1802 ff ff");
    CHECK(convert(Format::cbor, Format::cbor, open, {.now = noon}).error().to_string() ==
          "record 2: the name is empty (RFC 8428 4.5.1)");
    CHECK(hex_of(*convert(Format::cbor, Format::cbor, hex("9f a2 21 6161 1802 01 bf 02 180a ff ff"),
                          {.now = noon})) == "82a22161610201a1020a");
}

TEST_CASE("records of a stream are written as they come, and its array is closed by a break") {
    std::string out = "before";
    detail::Report report(Profile::strict, detail::Reach::first_fault);
    detail::CborWriter writer(out, report, detail::CborWriter::Array::indefinite);
    detail::RawRecord record;
    record.present = bit(detail::Label::n) | bit(detail::Label::v);
    record.n = "a";
    record.v = 1;
    writer.begin();
    CHECK(writer.take(record));
    writer.go_on();
    record.removes = true;
    CHECK(writer.take(record));
    writer.finish();
    CHECK(hex_of(out.substr(6)) == hex_of(hex("9f a2 00 6161 02 01 a2 00 6161 02 f6 ff")));
}

TEST_CASE("the same pack always gives the same bytes") {
    const auto fill = [](Pack& pack, bool other_first) {
        if (other_first) {
            pack.intern_name("z");
            pack.intern_unit("V");
        }
        const auto b = pack.intern_name("b");
        const auto a = pack.intern_name("a");
        const auto watt = pack.intern_unit("W");
        pack.add(a, watt, noon, 0.1);
        pack.add(b, watt, noon + Span{1}, 2);
        pack.add(b, no_unit, noon + Span{1'500'000'000}, 2.5);
        pack.set_extra({.sum = 1, .unknown = {{"x", R"({"b":[1,2.50],"a":null})"}}});
    };
    Pack one;
    Pack two;
    fill(one, false);
    fill(two, true);
    const auto bytes = write_resolved(Format::cbor, one);
    REQUIRE(bytes);
    CHECK(bytes == write_resolved(Format::cbor, two));
    CHECK(hex_of(*bytes) == hex_of(hex("83 a4 00 6161 01 6157 06 1a5f5e1000 02 fb3fb999999999999a"
                                       "   a4 00 6162 01 6157 06 c482281b16345785d8a00001 02 02"
                                       "   a5 00 6162 06 fb41d7d78400600000 02 f94100 05 01"
                                       "      6178 a2 6162 82 01 f94100 6161 f6")));
    CHECK(write_resolved(Format::cbor, good_cbor(*bytes, keeping)) == bytes);
    CHECK(write_resolved(Format::cbor, good_json(*write(Format::json, one), keeping)) == bytes);
    Writer writer;
    std::string out;
    for (const Pack* pack : {&one, &two, &one}) {
        REQUIRE(writer.write(Format::cbor, *pack, out));
        CHECK(out == write(Format::cbor, one));
    }
}

TEST_CASE("71 what CBOR cannot say in SenML is never written") {
    for (const double wrong :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        CHECK(write(Format::cbor, pack_of({1, wrong})).error().to_string() ==
              "record 2: v is not a finite number (RFC 8428 5)");
        CHECK(write(Format::cbor, pack_of({1, 2, wrong, 3})).error().to_string() ==
              "record 3: v is not a finite number (RFC 8428 5)");
        Pack sums;
        sums.add_valueless(sums.intern_name("a"), no_unit, noon);
        sums.set_extra({.sum = wrong});
        CHECK(write(Format::cbor, sums).error().to_string() ==
              "record 1: s is not a finite number (RFC 8428 5)");
    }
    Pack texts;
    texts.add_text(texts.intern_name("a"), no_unit, noon, "\xC3");
    CHECK(write(Format::cbor, texts).error().to_string() ==
          "record 1: vs holds bytes that are not UTF-8 (RFC 8428 6)");
    Pack units;
    units.add(units.intern_name("a"), units.intern_unit("\xFF"), noon, 1);
    CHECK(write(Format::cbor, units).error().to_string() ==
          "record 1: u holds bytes that are not UTF-8 (RFC 8428 6)");
    CHECK(
        as_cbor(R"([{"bt":999999999999999999.999999999,"n":"a","v":1,"t":-999999999999999999}])") ==
        "record 1: bt has more digits than 64 bits hold (RFC 8428 6)");
}
