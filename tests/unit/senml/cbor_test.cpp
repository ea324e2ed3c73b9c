// Conformance points J: CBOR, read.
#include <cmath>
#include <limits>

#include "cbor_bytes.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

// What a reader hands on, printed, record by record.
class Listener final : public detail::RecordSink {
  public:
    bool take(const detail::RawRecord& record) override {
        records += std::to_string(record.index) + ':';
        for (std::size_t i = 0; i < detail::label_count; ++i) {
            const auto label = static_cast<detail::Label>(i);
            if (record.has(label)) records += ' ' + std::string{detail::spelling(label)};
        }
        if (record.removes) records += " removed";
        records += ';';
        return true;
    }
    std::string records;
};

struct Heard {
    std::string records;
    std::string faults;
};

Heard hear(std::string_view bytes, detail::Dialect dialect, bool is_stream = false,
           std::size_t records_before = 0) {
    const ReadOptions options{.now = noon};
    detail::Report report(Profile::strict, detail::Reach::every_fault);
    detail::Scratch scratch;
    Listener listener;
    read_cbor({.bytes = bytes,
               .options = options,
               .dialect = dialect,
               .records_before = records_before,
               .is_stream = is_stream},
              scratch, report, listener);
    std::string faults;
    for (const Fault& fault : report.faults()) faults += fault.to_string() + ';';
    return {listener.records, faults};
}

}  // namespace

TEST_CASE("83 the labels are the fifteen integers of RFC 8428, whatever their order and length") {
    CHECK(as_json(hex("82 ad 20 0a 21 6161 22 1a3b9aca00 23 6157 24 02 25 03"
                      "   00 6162 01 6156 06 01 07 05 05 04 02 06 6178 01"
                      "   a2 08 42 0102 00 6164")) ==
          R"([{"bn":"a","bt":1000000000,"bu":"W","bver":10,"bv":2,"bs":3,"n":"b","u":"V","t":1,)"
          R"("v":6,"s":4,"ut":5},{"n":"d","vd":"AQI"}])");
    CHECK(as_json(hex("81 a3 1802 3801 190000 62 6263 1b 0000000000000001 6156")) ==
          R"([{"n":"bc","u":"V","v":-2}])");
    CHECK(as_json(hex("82 a2 00 6161 03 60  a2 04 f4 00 6162")) ==
          R"([{"n":"a","vs":""},{"n":"b","vb":false}])");
    CHECK(as_json(hex("81 a2 190000 6161 3b0000000000000004 1b0000000000000007")) ==
          R"([{"bv":7,"n":"a"}])");
}

TEST_CASE("83 the pack of RFC 8428 is read and, converted, written byte for byte") {
    const auto pack = good_cbor(rfc_pack(), {.now = noon, .profile = Profile::strict});
    REQUIRE(pack.size() == 7);
    CHECK(pack.version() == 5);
    CHECK(name_at(pack, 0) == "urn:dev:ow:10e2073a0108006:voltage");
    CHECK(number_at(pack, 4) == 1.5);
    CHECK(time_at(pack, 1) == "1276020071.001");
    CHECK(convert(Format::cbor, Format::cbor, rfc_pack(), {.now = noon}) == rfc_pack());
}

TEST_CASE("83 other integers and texts are labels that nobody knows") {
    for (const auto* label : {"09", "17", "1818", "26", "37", "3818", "1bffffffffffffffff",
                              "3bffffffffffffffff", "6178", "60", "6456424552", "7f61786178ff"}) {
        CAPTURE(label);
        CHECK(cbor_deviations(with_extra(std::string{label} + "00")).empty());
    }
    CHECK(cbor_fault(with_extra("f6 00")) ==
          "record 1: a label is neither text nor an integer (RFC 8428 6)");
    for (const auto* label : {"41 76", "80", "a0", "c4 82 00 00", "f93c00", "c1 00"}) {
        CAPTURE(label);
        CHECK(cbor_fault(with_extra(std::string{label} + "00")) ==
              "record 1: a label is neither text nor an integer (RFC 8428 6)");
    }
}

TEST_CASE("83 a label of the table that is written as text is refused, not dropped") {
    for (const auto* label :
         {"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"}) {
        CHECK(cbor_fault(with_extra(text_item(label) + "00")) ==
              "record 1: label '" + std::string{label} + "' is written as text (RFC 8428 6)");
    }
    CHECK(cbor_fault(with_extra("7f 61 62 61 6e ff 6178")) ==
          "record 1: label 'bn' is written as text (RFC 8428 6)");
}

TEST_CASE("52 a text label that ends in _ must be understood") {
    const auto must = with_extra(text_item("x_") + "00");
    CHECK(cbor_fault(must) == "record 1: label 'x_' must be understood (RFC 8428 4.4)");
    CHECK(cbor_fault(with_extra("7f 6178 615f ff 00")) ==
          "record 1: label 'x_' must be understood (RFC 8428 4.4)");
    const std::string_view understood[] = {"x_"};
    ReadOptions options{.now = noon};
    options.understood = understood;
    CHECK(cbor_fault(must, options).empty());
}

TEST_CASE("6 a label given twice is refused, known or not") {
    CHECK(cbor_fault(with_extra("02 01")) == "record 1: label 'v' is given twice (RFC 8949 5.6)");
    CHECK(cbor_fault(with_extra("1802 02")) == "record 1: label 'v' is given twice (RFC 8949 5.6)");
    for (const auto* twice :
         {"09 00 09 01", "09 00 190009 01", "6178 00 7f6178ff 00", "26 00 26 00", "60 00 60 00"}) {
        CAPTURE(twice);
        CHECK(cbor_fault(hex("81 a4 00 6161 02 01") + hex(twice)) ==
              "record 1: a label is given twice (RFC 8949 5.6)");
    }
    std::string many = hex("81 bf 00 6161 02 01");
    for (int i = 0; i < 50; ++i) many += hex("1903") + static_cast<char>(i) + hex("f6");
    CHECK(cbor_fault(many + hex("ff")).empty());
    CHECK(cbor_fault(many + hex("190307 f6 ff")) ==
          "record 1: a label is given twice (RFC 8949 5.6)");
}

TEST_CASE("84 numbers are integers, floats of three lengths and decimal fractions") {
    const struct {
        std::string item;
        double value;
    } cases[] = {
        {"00", 0},
        {"17", 23},
        {"1818", 24},
        {"19ffff", 65'535},
        {"1affffffff", 4'294'967'295.0},
        {"1b0020000000000000", 9'007'199'254'740'992.0},
        {"1b0020000000000001", 9'007'199'254'740'992.0},
        {"1b0020000000000003", 9'007'199'254'740'996.0},
        {"1bffffffffffffffff", 0x1p64},
        {"20", -1},
        {"3863", -100},
        {"3b001fffffffffffff", -9'007'199'254'740'992.0},
        {"3bfffffffffffffffe", -0x1p64},
        {"3bffffffffffffffff", -0x1p64},
        {"1b0000000000000007", 7},
        {"f90000", 0},
        {"f90001", 5.960464477539063e-8},
        {"f903ff", 6.097555160522461e-05},
        {"f90400", 6.103515625e-05},
        {"f93c00", 1},
        {"f9c400", -4},
        {"f97bff", 65'504},
        {"fa47c35000", 100'000},
        {"fa7f7fffff", 3.4028234663852886e+38},
        {"fa00000001", 1.401298464324817e-45},
        {"fb3ff199999999999a", 1.1},
        {"fbc010666666666666", -4.1},
        {"fb7fefffffffffffff", std::numeric_limits<double>::max()},
        {"fb0000000000000001", std::numeric_limits<double>::denorm_min()},
        {"c4 82 21 19 6ab3", 273.15},
        {"c4 82 21 39 6ab2", -273.15},
        {"c4 82 00 05", 5},
        {"c4 82 03 05", 5000},
        {"c4 82 20 00", 0},
        {"c4 9f 21 19 6ab3 ff", 273.15},
        {"c4 82 3816 01", 1e-23},
        {"c4 82 17 01", 1e23},
        {"c4 82 390143 05", 5e-324},
        {"c4 82 3a7fffffff 01", 0},
        {"c4 82 3bffffffffffffffff 01", 0},
        {"c4 82 20 1b0020000000000001", 900719925474099.3},
        {"c4 82 38 1e 1bffffffffffffffff", 1.8446744073709551615e-12},
        {"c4 82 00 3bffffffffffffffff", -0x1p64},
        {"c4 82 21 c2 42 6ab3", 273.15},
        {"c4 82 21 c3 42 6ab2", -273.15},
        {"c4 82 21 c2 4a 0000 0000 0000 0000 6ab3", 273.15},
        {"c4 82 21 c2 5f 41 6a 41 b3 ff", 273.15},
        {"c4 82 20 c2 40", 0},
    };
    for (const auto& one : cases) {
        CAPTURE(one.item);
        const auto pack = good_cbor(with_field("02" + one.item));
        if (pack.empty()) continue;
        CHECK(number_at(pack, 0) == one.value);
        CHECK_FALSE(std::signbit(number_at(pack, 0)) != std::signbit(one.value));
    }
    CHECK(std::signbit(number_at(good_cbor(with_field("02 f98000")), 0)));
    CHECK(as_json(hex("81 a6 24 f93800 25 20 00 6161 02 1818 05 fa3fc00000 07 c4 82 20 05")) ==
          R"([{"bv":0.5,"bs":-1,"n":"a","v":24,"s":1.5,"ut":0.5}])");
}

TEST_CASE("84 what is no finite number is refused, and so are the other tags") {
    for (const auto* item : {"f97c00", "f9fc00", "f97e00", "fa7f800000", "faffc00000",
                             "fb7ff0000000000000", "fb7ff8000000000000"}) {
        CAPTURE(item);
        CHECK(cbor_fault(with_field("02" + std::string{item})) ==
              "record 1: v is not a finite number (RFC 8428 5)");
        CHECK(cbor_fault(with_extra("06" + std::string{item})) ==
              "record 1: t is not a finite number (RFC 8428 5)");
    }
    CHECK(cbor_fault(with_field("02 c2 41 01")) ==
          "record 1: v is a bignum, which is no number of SenML (RFC 8428 6)");
    CHECK(cbor_fault(with_extra("05 c3 41 01")) ==
          "record 1: s is a bignum, which is no number of SenML (RFC 8428 6)");
    CHECK(cbor_fault(with_extra("07 c5 82 20 03")) ==
          "record 1: ut is a bigfloat, which is no number of SenML (RFC 8428 6)");
    CHECK(cbor_fault(with_extra("06 c1 1a5f5e1000")) == "record 1: t is no number (RFC 8428 4.3)");
    CHECK(cbor_fault(with_field("02 c4 82 190190 01")) ==
          "record 1: v is too large for a double (RFC 8428 5)");
    for (const auto* item : {"c4 81 20", "c4 83 20 01 01", "c4 82 f93c00 01", "c4 82 20 f93c00",
                             "c4 05", "c4 a1 20 01", "c4 9f 20 01 01 ff", "c4 9f 20 ff",
                             "c4 82 c2 41 01 01", "c4 82 20 c2 01", "c4 82 20 c1 01"}) {
        CAPTURE(item);
        CHECK(cbor_fault(with_field("02" + std::string{item})) ==
              "record 1: v is no pair of an exponent and a mantissa of up to 128 octets (RFC 8949 "
              "3.4.4)");
    }
}

TEST_CASE("84 the mantissa of a decimal fraction may be of any length within reason") {
    const auto value = [](const std::string& item) {
        return number_at(good_cbor(with_field("02" + item)), 0);
    };
    CHECK(value("c4 82 21 c2 49 010000000000000000") == 1.8446744073709552e17);
    CHECK(value("c4 82 21 c3 49 010000000000000000") == -1.8446744073709552e17);
    CHECK(value("c4 82 21 3b ffffffffffffffff") == -1.8446744073709552e17);
    CHECK(value("c4 82 00 c3 48 ffffffffffffffff") == -0x1p64);
    CHECK(value("c4 82 20 c3 41 04") == -0.5);
    CHECK(value("c4 82 20 c2 40") == 0);
    // 10^30 + 1, thirty decimals: rounded once.
    CHECK(value("c4 82 38 1d c2 4d 0c9f2c9cd04674edea40000001") == 1);
    CHECK(value("c4 82 39 0133 c2 58 80" + std::string(256, 'f')) ==
          doctest::Approx(1.797693134862316).epsilon(1e-14));
    CHECK(cbor_fault(with_field("02 c4 82 20 c2 58 81" + std::string(258, 'f'))) ==
          "record 1: v is no pair of an exponent and a mantissa of up to 128 octets (RFC 8949 "
          "3.4.4)");
}

TEST_CASE("3 a field of another type is refused") {
    const struct {
        std::string field;
        std::string fault;
    } cases[] = {
        {"21 41 61", "bn is no string (RFC 8428 4.3)"},
        {"22 6131", "bt is no number (RFC 8428 4.3)"},
        {"23 00", "bu is no string (RFC 8428 4.3)"},
        {"24 f4", "bv is no number (RFC 8428 4.3)"},
        {"25 80", "bs is no number (RFC 8428 4.3)"},
        {"01 f6", "u is no string (RFC 8428 4.3)"},
        {"06 6130", "t is no number (RFC 8428 4.3)"},
        {"05 a0", "s is no number (RFC 8428 4.3)"},
        {"07 40", "ut is no number (RFC 8428 4.3)"},
        {"04 00", "vb is no boolean (RFC 8428 4.3)"},
        {"04 f6", "vb is no boolean (RFC 8428 4.3)"},
        {"04 f7", "vb is no boolean (RFC 8428 4.3)"},
        {"03 41 61", "vs is no string (RFC 8428 4.3)"},
        {"03 00", "vs is no string (RFC 8428 4.3)"},
        {"08 6161", "vd is no byte string (RFC 8428 6)"},
        {"08 80", "vd is no byte string (RFC 8428 6)"},
        {"20 f94900", "bver is no unsigned integer (RFC 8428 6)"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.field);
        CHECK(cbor_fault(with_extra(one.field)) == "record 1: " + one.fault);
    }
    for (const auto* item : {"61 31", "f6", "f4", "41 01", "81 01", "a0"}) {
        CHECK(cbor_fault(with_field("02" + std::string{item})) ==
              "record 1: v is no number (RFC 8428 4.3)");
    }
}

TEST_CASE("85 bver is an unsigned integer and nothing else") {
    CHECK(good_cbor(with_extra("20 181a")).version() == 26);
    CHECK(good_cbor(with_extra("20 190005")).version() == 5);
    for (const auto* item : {"29", "f94900", "c4 82 00 0a", "6131", "f5", "c2 41 0a"}) {
        CAPTURE(item);
        CHECK(cbor_fault(with_extra("20" + std::string{item})) ==
              "record 1: bver is no unsigned integer (RFC 8428 6)");
    }
    CHECK(cbor_fault(with_extra("20 00")) ==
          "record 1: bver is no positive integer (RFC 8428 4.4)");
    CHECK(cbor_fault(with_extra("20 1b0020000000000000")) ==
          "record 1: bver is no positive integer (RFC 8428 4.4)");
    CHECK(cbor_fault(with_extra("20 1b001fffffffffffff")) ==
          "record 1: bver 9007199254740991 is not understood (RFC 9100 2.2)");
}

TEST_CASE("85 texts are UTF-8 and data are bytes; pieces are reported where the RFC forbids them") {
    CHECK(text_at(good_cbor(with_field("03 66 c3a9 f09f9880")), 0) == "é😀");
    CHECK(text_at(good_cbor(with_field("03 63 610062")), 0) == std::string("a\0b", 3));
    for (const auto* wrong :
         {"61 c3", "61 80", "61 ff", "62 c0af", "63 eda080", "64 f4908080", "7f 61c3 61a9 ff",
          "78 20 61616161616161616161616161616161616161616161616161616161c3a961c3"}) {
        CAPTURE(wrong);
        CHECK(cbor_fault(with_field("03" + std::string{wrong})).find(": not UTF-8 (RFC 8949)") !=
              std::string::npos);
        CHECK_FALSE(cbor_fault(with_extra("01" + std::string{wrong})).empty());
        CHECK_FALSE(cbor_fault(with_extra(std::string{wrong} + "00")).empty());
        CHECK_FALSE(cbor_fault(with_extra("6178 81" + std::string{wrong})).empty());
    }
    CHECK(cbor_deviations(with_field("03 7f 6161 60 62 6263 ff")) ==
          "record 1: vs is a string of indefinite length (RFC 8428 6);");
    CHECK(cbor_deviations(with_field("08 5f 4101 40 42 0203 ff")) ==
          "record 1: vd is a string of indefinite length (RFC 8428 6);");
    CHECK(as_json(with_field("03 7f 6161 60 62 6263 ff")) == R"([{"n":"a","vs":"abc"}])");
    CHECK(as_json(with_field("08 5f 4101 40 42 0203 ff")) == R"([{"n":"a","vd":"AQID"}])");
}

TEST_CASE("85 decoded fields of one record do not disturb each other") {
    const auto bytes =
        hex("81 bf 21 7f 6161 ff 3bffffffffffffffff 00 00 7f 6162 6163 ff 01 7f 61 57 ff"
            "7f 6178 61 79 ff 00 08 5f 4401020304 ff ff");
    CHECK(cbor_deviations(bytes) == "record 1: vd is a string of indefinite length (RFC 8428 6);");
    CHECK(as_json(bytes) == R"([{"bn":"a","n":"bc","u":"W","vd":"AQIDBA"}])");
}

TEST_CASE("86 a pack is an array of definite length; another is tolerated and reported") {
    const auto record = hex("a2 00 6161 02 01");
    const auto open = hex("9f") + record + record + hex("ff");
    CHECK(good_cbor(open).size() == 2);
    CHECK(cbor_deviations(open) == "pack: an array of indefinite length (RFC 8428 6);");
    CHECK(cbor_deviations(hex("81 bf 00 6161 02 01 ff")).empty());
    CHECK(cbor_deviations(hex("9a00000002") + record + record).empty());
    CHECK(cbor_fault(hex("9f") + record).ends_with("cut short (RFC 8949)"));
    CHECK(hear(open, detail::Dialect::pack).faults ==
          "pack: an array of indefinite length (RFC 8428 6);");
    CHECK(hear(open, detail::Dialect::pack, true, 7).records == "8: n v;9: n v;");
    CHECK(hear(open, detail::Dialect::pack, true, 7).faults.empty());
    CHECK(hear(hex("81") + record, detail::Dialect::pack, true).faults.empty());
    CHECK(hear(hex("9fff"), detail::Dialect::pack, true, 7).faults.empty());
}

TEST_CASE("1 a pack is one array of records, and nothing stands behind it") {
    CHECK(cbor_fault("") == "pack: no CBOR at byte 0: nothing there (RFC 8949)");
    CHECK(cbor_fault(hex("80")) == "pack: a pack without records (RFC 8428 3)");
    CHECK_FALSE(cbor_fault(hex("9fff")).empty());
    for (const auto* root :
         {"a0", "00", "60", "f6", "a2 00 6161 02 01", "d9d9f7 81 a2006161 0201"}) {
        CAPTURE(root);
        CHECK(cbor_fault(hex(root)).ends_with("a pack is an array of records (RFC 8428 6)"));
    }
    for (const auto* record : {"00", "80", "60", "f6", "81 a2 00 6161 02 01", "c1 a0", "f4"}) {
        CAPTURE(record);
        CHECK(cbor_fault(hex("81") + hex(record)) ==
              "record 1: a record is an object (RFC 8428 6)");
    }
    CHECK(cbor_fault(with_field("02 01") + hex("00")) ==
          "record 1: no CBOR at byte 7: bytes after the pack (RFC 8949)");
}

TEST_CASE("what is no CBOR is refused, and it is said where") {
    for (const auto* wrong : {"1c",       "1f",         "3f",         "5c",
                              "7e",       "9d",         "bc",         "df",
                              "fc",       "ff",         "f800",       "f818",
                              "f81f",     "5f 6161 ff", "7f 4161 ff", "7f 7f 6161 ff ff",
                              "7f 00 ff", "bf 00 ff",   "c1 ff",      "82 00 ff",
                              "a1 00 ff"}) {
        CAPTURE(wrong);
        for (const std::string& pack :
             {with_extra("09" + std::string{wrong}), with_extra(std::string{wrong} + "00"),
              with_field("02" + std::string{wrong}), with_field("08" + std::string{wrong}),
              hex("81") + hex(wrong)}) {
            CHECK(cbor_fault(pack).find("no CBOR at byte ") != std::string::npos);
        }
    }
    CHECK(cbor_fault(with_field("03 7f 7f" + hex_of(std::string(31, 'a')) + "ff ff"))
              .ends_with("a piece of a string is no such string (RFC 8949)"));
    CHECK(cbor_fault(with_extra("09 f820")).empty());
    CHECK(cbor_fault(with_extra("09 f7")).empty());
    CHECK(cbor_fault(with_extra("09 fd")) ==
          "record 1: no CBOR at byte 8: a head that means nothing (RFC 8949)");
}

TEST_CASE("cut anywhere, no pack is read, and every reader says so") {
    const std::string whole = rfc_pack();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        // A copy without a byte more, so that a sanitizer sees who looks behind it.
        const std::vector<char> copy(whole.begin(), whole.begin() + static_cast<long>(size));
        const std::string_view cut{copy.data(), copy.size()};
        const auto fault = cbor_fault(cut);
        CHECK(fault.find(size == 0 ? "nothing there" : "cut short") != std::string::npos);
        CHECK(validate(Format::cbor, cut, {.now = noon}).size() == 1);
    }
    const auto alike = write(Format::cbor, [] {
        Pack pack;
        const auto name = pack.intern_name("a");
        for (int i = 0; i < 20; ++i) {
            pack.add(name, no_unit, noon + Span{std::int64_t{i} * 30'000'000'000}, i * 0.3);
        }
        return pack;
    }());
    REQUIRE(alike);
    for (std::size_t size = 1; size < alike->size(); ++size) {
        CHECK(cbor_fault(alike->substr(0, size)).find("cut short") != std::string::npos);
    }
}

TEST_CASE("a length is not believed") {
    for (const auto* announced :
         {"9b1000000000000000", "9bffffffffffffffff", "9affffffff", "81 bb1000000000000000",
          "81 bbffffffffffffffff", "81 a1 00 7b1000000000000000", "81 a1 08 5bffffffffffffffff",
          "81 a2 00 6161 7bffffffffffffffff", "81 a1 09 9bffffffffffffffff",
          "81 a1 09 bb8000000000000000", "81 a1 09 bbffffffffffffffff"}) {
        CAPTURE(announced);
        CHECK(cbor_fault(hex(announced)).ends_with("cut short (RFC 8949)"));
        CHECK_FALSE(cbor_fault(hex(announced) + hex("6161")).empty());
    }
    CHECK(cbor_fault(hex("9b0000000000000001 a2 00 6161 02 01")).empty());
}

TEST_CASE("72 nesting in unknown fields is bounded, and tags are no way around it") {
    const auto nested = [](std::string_view opening, std::size_t depth, std::string_view closing) {
        std::string bytes = with_extra("09");
        for (std::size_t i = 0; i < depth; ++i) bytes += hex(opening);
        bytes += hex("00");
        for (std::size_t i = 0; i < depth; ++i) bytes += hex(closing);
        return bytes;
    };
    for (const auto* opening : {"81", "a1 00", "9f", "bf 00", "c1 81", "81 c1"}) {
        CAPTURE(opening);
        const bool open = opening[1] == 'f';
        CHECK(cbor_fault(nested(opening, 64, open ? "ff" : "")).empty());
        CHECK(cbor_fault(nested(opening, 65, open ? "ff" : ""))
                  .ends_with("nested too deeply (RFC 8949)"));
        CHECK_FALSE(cbor_fault(nested(opening, 1'000'000, "")).empty());
    }
    CHECK(cbor_fault(nested("c1", 1'000'000, "")).empty());
    CHECK_FALSE(cbor_fault(hex("81") + std::string(1'000'000, '\x81')).empty());
    CHECK_FALSE(cbor_fault(with_field("02") + std::string(1'000'000, '\xC4')).empty());
    CHECK(cbor_fault(nested("a1 81", 33, "")).ends_with("nested too deeply (RFC 8949)"));
}

TEST_CASE("a pack of more records than accepted is refused in CBOR, too") {
    ReadOptions two{.now = noon};
    two.max_records = 2;
    std::string pack = hex("82");
    for (int i = 0; i < 2; ++i) pack += hex("a2 00 6161 02 01");
    CHECK(cbor_fault(pack, two).empty());
    pack[0] = '\x83';
    CHECK(cbor_fault(pack + hex("a2 00 6161 02 01"), two) ==
          "record 3: more records than are accepted");
    CHECK(cbor_fault(hex("9a7fffffff a2 00 6161 02 01 a2 00 6161 02 01 a0"), two) ==
          "record 3: more records than are accepted");
}

TEST_CASE("every fault of a pack in CBOR is found when one asks for all of them") {
    const auto faults =
        validate(Format::cbor,
                 hex("89 a2 00 6161 02 6131  a2 00 6161 02 01  a2 00 63 612062 02 01"
                     "   a3 00 6161 20 05 02 01  a1 00 6163  00"
                     "   a4 00 6161 02 01 02 02 61 76 00"
                     "   a3 00 6161 02 c4 00 40 00  a2 00 6161 02 01"),
                 {.now = noon});
    std::string all;
    for (const Fault& fault : faults) all += fault.to_string() + '\n';
    CHECK(all ==
          "record 1: v is no number (RFC 8428 4.3)\n"
          "record 3: the name has a character outside A-Z a-z 0-9 - : . / _ (RFC 8428 4.5.1)\n"
          "record 4: bver differs (RFC 8428 4.4)\n"
          "record 5: no value and no sum (RFC 8428 4.2)\n"
          "record 6: a record is an object (RFC 8428 6)\n"
          "record 7: label 'v' is given twice (RFC 8949 5.6)\n"
          "record 7: label 'v' is written as text (RFC 8428 6)\n"
          "record 8: v is no pair of an exponent and a mantissa of up to 128 octets (RFC 8949 "
          "3.4.4)\n"
          "record 8: a label is neither text nor an integer (RFC 8428 6)\n");
}

TEST_CASE("what belongs to a faulty record's base still serves the records after it, in CBOR") {
    const auto faults =
        validate(Format::cbor, hex("83 a2 21 6161 02 6131  a1 02 01  a1 02 6132"), {.now = noon});
    REQUIRE(faults.size() == 2);
    CHECK(faults[1].record == 3);
}

TEST_CASE("95 only a patch takes a value away") {
    const auto removal = with_field("02 f6");
    CHECK(cbor_fault(removal) == "record 1: v is no number (RFC 8428 4.3)");
    CHECK(hear(removal, detail::Dialect::patch).records == "1: n v removed;");
    CHECK(hear(removal, detail::Dialect::patch).faults.empty());
    CHECK(hear(removal, detail::Dialect::fetch).faults ==
          "record 1: v is no number (RFC 8428 4.3);");
    CHECK(hear(with_extra("05 f6"), detail::Dialect::patch).faults ==
          "record 1: s is no number (RFC 8428 4.3);");
}

TEST_CASE("97 a label that must be understood is data to a patch and out of place in a fetch") {
    const auto must = hex("81 a2 00 6161") + hex(text_item("x_") + "00");
    CHECK(hear(must, detail::Dialect::patch).faults.empty());
    CHECK(hear(must, detail::Dialect::fetch).faults ==
          "record 1: label 'x_' has no place in a fetch (RFC 8790 3.1);");
    CHECK(hear(with_field("09 00"), detail::Dialect::fetch).faults ==
          "record 1: label '9' has no place in a fetch (RFC 8790 3.1);");
}
