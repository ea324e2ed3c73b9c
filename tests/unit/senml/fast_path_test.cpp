// The fast path: first records as nearly everybody writes them, and records alike. Nobody may see
// it but on the clock.
#include <doctest/doctest.h>

#include <bit>
#include <random>

#include "packs.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/resolver.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

// Every record one by one, by the rules; counts those that were not.
class Slowly final : public detail::RecordSink {
  public:
    explicit Slowly(detail::Resolver& resolver) : resolver_(resolver) {}
    bool take(const detail::RawRecord& record) override {
        ++taken;
        return resolver_.take(record);
    }
    std::optional<detail::Alike> alike() override {
        return quick ? resolver_.alike() : std::nullopt;
    }

    bool quick = false;
    std::size_t taken = 0;

  private:
    detail::Resolver& resolver_;
};

struct Reading {
    Pack pack;
    std::vector<Fault> faults;
    std::size_t taken = 0;
};

Reading read_by(bool quick, Format format, std::string_view text, const ReadOptions& options) {
    Reading reading;
    detail::Report report(options.profile, detail::Reach::first_fault);
    detail::Scratch scratch;
    detail::Resolver resolver;
    resolver.begin(reading.pack, options, report);
    Slowly sink(resolver);
    sink.quick = quick;
    detail::read_records(format, {text, options}, scratch, report, sink);
    reading.faults = report.faults();
    reading.taken = sink.taken;
    return reading;
}

// Reads both ways, expects the same, and answers how many records went the slow way.
std::size_t taken_one_by_one(Format format, std::string_view text,
                             const ReadOptions& options = {.now = noon}) {
    const Reading slow = read_by(false, format, text, options);
    const Reading quick = read_by(true, format, text, options);
    CHECK(slow.faults == quick.faults);
    CHECK(slow.pack == quick.pack);
    return quick.taken;
}

const std::vector<std::string> numbers = {"0",
                                          "-0",
                                          "1",
                                          "-1",
                                          "10",
                                          "99999999",
                                          "100000000",
                                          "1.5",
                                          "-0.25",
                                          "0.001",
                                          "1234.567",
                                          "12345.678",
                                          "-9.999999",
                                          "0.1234567",
                                          "1e3",
                                          "1E3",
                                          "1.5e-7",
                                          "1e400",
                                          "1e-400",
                                          "01",
                                          "-01",
                                          "1.",
                                          ".5",
                                          "-",
                                          "--1",
                                          "1.2.3",
                                          "+1",
                                          "1e",
                                          "null",
                                          "\"1\"",
                                          "1 ",
                                          " 1",
                                          "12345678.",
                                          "1234567.8",
                                          "123456.78",
                                          "9007199254740993",
                                          "123456789012345678901234567890",
                                          "0.30000000000000004",
                                          "NaN",
                                          "Infinity",
                                          "0x10",
                                          "1,5",
                                          "",
                                          "1/2",
                                          "1;",
                                          "268435455.999999999",
                                          "268435456",
                                          "-268435456",
                                          "1e18",
                                          "1e19",
                                          "9999999999.5"};

std::string json_records(const std::string& before, const std::string& number,
                         const std::string& after) {
    std::string text = R"([{"n":"a","t":1,"v":2},{"n":"a","t":3,"v":4})";
    for (int i = 0; i < 3; ++i) text += before + number + after;
    return text + R"(,{"n":"a","t":5,"v":6}])";
}

std::string xml_records(const std::string& before, const std::string& number,
                        const std::string& after) {
    std::string text = R"(<sensml xmlns="urn:ietf:params:xml:ns:senml">)"
                       R"(<senml n="a" t="1" v="2"/><senml n="a" t="3" v="4"/>)";
    for (int i = 0; i < 3; ++i) text += before + number + after;
    return text + R"(<senml n="a" t="5" v="6"/></sensml>)";
}

std::string curve(std::size_t records) {
    std::string text = R"([{"bn":"meter:1","bt":1700000000,"bu":"W","v":1})";
    for (std::size_t i = 1; i < records; ++i) {
        text += ",{\"t\":" + std::to_string(900 * i) + ",\"v\":" + std::to_string(i * 37 % 1000) +
                ".5}";
    }
    return text + ']';
}

}  // namespace

TEST_CASE("of a curve only the first two records are taken apart") {
    for (const std::size_t records : {2U, 3U, 4U, 10U, 100U, 5000U}) {
        CAPTURE(records);
        CHECK(taken_one_by_one(Format::json, curve(records)) <= 2);
        const auto xml = convert(Format::json, Format::xml, curve(records), {.now = noon});
        REQUIRE(xml);
        CHECK(taken_one_by_one(Format::xml, *xml) <= 2);
    }
}

TEST_CASE("whatever number follows, a record alike means what it means by the rules") {
    for (const std::string& number : numbers) {
        CAPTURE(number);
        taken_one_by_one(Format::json, json_records(R"(,{"n":"a","t":)", number, R"(,"v":7})"));
        taken_one_by_one(Format::json, json_records(R"(,{"n":"a","t":7,"v":)", number, "}"));
        taken_one_by_one(Format::json, json_records(R"(,{"n":"a","v":)", number, R"(,"t":7})"));
        taken_one_by_one(Format::json, json_records(R"(,{"n":"a","v":)", number, "}"));
        taken_one_by_one(Format::xml, xml_records(R"(<senml n="a" t=")", number, R"(" v="7"/>)"));
        taken_one_by_one(Format::xml, xml_records(R"(<senml n="a" t="7" v=")", number, R"("/>)"));
        taken_one_by_one(Format::xml, xml_records(R"(<senml v=")", number, R"(" t="7" n="a"/>)"));
    }
}

TEST_CASE("a time of as many digits as the last one is held to the same grammar") {
    for (const auto* time : {"003", "000", "113", "013", "-13", "1x1", "x11", "11.", "1\xC3\xA9",
                             "\xC3\xA9"
                             "1",
                             "1:1", "1 1", "111", "0", "11"}) {
        CAPTURE(time);
        taken_one_by_one(Format::json,
                         R"([{"n":"a","t":111,"v":1},{"n":"a","t":112,"v":1},{"n":"a","t":)" +
                             std::string{time} + R"(,"v":1},{"n":"a","t":114,"v":1}])");
    }
}

TEST_CASE("what stands around the numbers decides whether a record is alike") {
    const auto text = [](std::string_view third) {
        return R"([{"n":"a","t":1,"v":1},{"n":"a","t":2,"v":2},)" + std::string{third} +
               R"(,{"n":"a","t":4,"v":4}])";
    };
    for (const auto* third :
         {R"({"n":"b","t":3,"v":3})", R"({"n":"a","t":3,"v":3,"s":1})", R"({"n":"a","t":3})",
          R"({"n":"a","t":3,"vb":true})", R"({"n":"a","t":3,"v":3,"x_":1})", R"({"t":3,"v":3})",
          R"( {"n":"a","t":3,"v":3} )", R"({"n":"a","t":3,"v":3,"v":3})", R"({"n":"a","t":3,"v":3)",
          R"({"n":"a","u":"W","t":3,"v":3})", R"({"n":"a","bt":9,"t":3,"v":3})", "null", "{}"}) {
        CAPTURE(third);
        taken_one_by_one(Format::json, text(third));
    }
}

TEST_CASE("a text that ends anywhere ends the same for both") {
    const std::string json = curve(8);
    const std::string xml = *convert(Format::json, Format::xml, json, {.now = noon});
    for (std::size_t size = 0; size <= json.size(); ++size) {
        taken_one_by_one(Format::json, std::string_view{json}.substr(0, size));
    }
    for (std::size_t size = 0; size <= xml.size(); ++size) {
        taken_one_by_one(Format::xml, std::string_view{xml}.substr(0, size));
    }
}

TEST_CASE("base values, relative times and bounds hold for records alike") {
    taken_one_by_one(
        Format::json,
        R"([{"bn":"a","bv":0.1,"v":0.2},{"t":1,"v":0.2},{"t":2,"v":0.2},{"t":3,"v":1}])");
    taken_one_by_one(
        Format::json,
        R"([{"bn":"a","bv":1.7e308,"v":0},{"t":1,"v":0},{"t":2,"v":1e308},{"t":3,"v":1}])");
    taken_one_by_one(
        Format::json,
        R"([{"bn":"a","bt":9223372036,"v":0},{"t":0.1,"v":0},{"t":0.2,"v":0},{"t":0.9,"v":1}])");
    taken_one_by_one(Format::json, R"([{"n":"a","t":-1,"v":0},{"n":"a","t":-2,"v":0}])",
                     {.now = Time::min()});
    ReadOptions few{.now = noon};
    few.max_records = 7;
    CHECK(read_by(true, Format::json, curve(7), few).faults.empty());
    CHECK(read_by(true, Format::json, curve(8), few).faults.size() == 1);
    taken_one_by_one(Format::json, curve(8), few);
}

TEST_CASE("random curves read the same both ways") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        std::string text = R"([{"bn":"a","bt":1700000000,"v":1})";
        for (std::size_t i = random() % 30; i > 0; --i) {
            const double value = random() % 3 == 0
                                     ? std::bit_cast<double>(random() >> 2)
                                     : static_cast<double>(random() % 10'000'000) / 1000;
            std::string number;
            append_number(number, value);
            text += R"(,{"t":)" +
                    std::to_string(random() % (random() % 2 == 0 ? 100 : 1'000'000'000)) +
                    R"(,"v":)" + number + '}';
        }
        CHECK(taken_one_by_one(Format::json, text + ']') <= 31);
    }
}

TEST_CASE("the first record means what it means by the rules, however it is spelled") {
    const auto check = [](Format format, const std::string& text) {
        CAPTURE(text);
        const Reading slow = read_by(false, format, text, {.now = noon});
        std::vector<Fault> said;
        const auto quick = read(format, text, {.now = noon}, &said);
        CHECK(quick.has_value() == slow.faults.empty());
        if (quick && slow.faults.empty()) CHECK(*quick == slow.pack);
        if (!quick && !slow.faults.empty()) CHECK(quick.error() == slow.faults.front());
    };
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"n", "a"},     {"n", "-a"}, {"n", ""},    {"n", "a b"}, {"n", "a\\u0062"},
        {"n", "a@b"},   {"bn", "a"}, {"bn", "/a"}, {"u", "W"},   {"u", "kWh"},
        {"u", "%"},     {"u", "so"}, {"u", ""},    {"bu", "W"},  {"bu", "Cel"},
        {"n", "&#97;"}, {"vs", "x"}, {"vd", "aa"}, {"bx", "a"},  {"x_", "a"}};
    for (const auto& [label, value] : texts) {
        for (const std::string other : {"n", "bn", "u"}) {
            check(Format::json, "[{\"" + label + "\":\"" + value + "\",\"" + other +
                                    "\":\"W\",\"t\":1700000000,\"v\":5}]");
            check(Format::xml, sensml("<senml " + label + "=\"" + value + "\" " + other +
                                      "=\"W\" t=\"1700000000\" v=\"5\"/>"));
        }
    }
    for (const std::string first :
         {R"("n":"a")", R"("bn":"a")", R"("bn":"a","u":"W")", R"("bn":"a","bu":"W")",
          R"("bn":"a","t":5)", R"("bn":"a","bt":1700000000)"}) {
        check(Format::json, "[{" + first + R"(,"v":1},{"t":1,"v":2},{"t":2,"v":3}])");
    }
    for (const std::string& number : numbers) {
        for (const std::string label : {"t", "bt", "v", "bv", "s", "ut", "bver", "xx"}) {
            for (const std::string rest : {"\"v\":1", "\"t\":1", "\"bn\":\"b\""}) {
                check(Format::json,
                      "[{\"n\":\"a\",\"" + label + "\":" + number + "," + rest + "}]");
                check(Format::json,
                      "[{\"n\":\"a\"," + rest + ",\"" + label + "\":" + number + "}]");
            }
            check(Format::xml, sensml("<senml n=\"a\" v=\"1\" " + label + "=\"" + number + "\"/>"));
            check(Format::xml, sensml("<senml " + label + "=\"" + number + "\" n=\"a\"/>"));
        }
    }
}

TEST_CASE("a text that ends anywhere, or has a byte too many, is refused for the same reason") {
    const std::string one = R"([{"n":"a","u":"W","t":1700000000,"v":5.25}])";
    for (const std::string& json : {one, curve(5)}) {
        for (const Format format : {Format::json, Format::xml, Format::cbor}) {
            const std::string text = *convert(Format::json, format, json, {.now = noon});
            for (std::size_t i = 0; i <= text.size(); ++i) {
                std::string odd = text;
                if (i < text.size()) odd[i] = '\xC3';
                const std::string more = text.substr(0, i) + ' ' + text.substr(i);
                for (const std::string& bytes : {text.substr(0, i), odd, more}) {
                    CAPTURE(bytes);
                    const Reading slow = read_by(false, format, bytes, {.now = noon});
                    const auto quick = read(format, bytes, {.now = noon});
                    REQUIRE(quick.has_value() == slow.faults.empty());
                    if (quick) CHECK(*quick == slow.pack);
                    if (!quick) CHECK(quick.error() == slow.faults.front());
                }
            }
        }
    }
}

TEST_CASE("bounds hold for a pack of one record") {
    const std::string text = R"([{"n":"abc","v":5}])";
    ReadOptions options{.now = noon};
    CHECK(read(Format::json, text, options));
    options.max_records = 0;
    CHECK_FALSE(read(Format::json, text, options));
    options.max_records = 1;
    options.max_name = 2;
    CHECK_FALSE(read(Format::json, text, options));
    options.max_name = 3;
    options.max_names = 2;
    CHECK_FALSE(read(Format::json, text, options));
    options.max_names = 3;
    options.now = Time::max();
    CHECK(read(Format::json, text, options));
    CHECK_FALSE(read(Format::json, R"([{"n":"abc","t":1,"v":5}])", options));
}

TEST_CASE("a reader that has read another pack reads the next one as a new one does") {
    const std::vector<std::string> packs = {R"([{"n":"a","u":"W","t":1700000000,"v":1}])",
                                            R"([{"n":"a","u":"W","t":1700000001.5,"v":-2.25}])",
                                            R"([{"n":"a","u":"W","t":5,"v":2}])",
                                            R"([{"n":"a","u":"W","t":1E3,"v":2}])",
                                            R"([{"n":"a","u":"W","t":1700000001,"v":01}])",
                                            R"([{"n":"a","u":"W","t":1700000001,"v":1e999}])",
                                            R"([{"n":"a","u":"W","t":1700000001,"v":2}] )",
                                            R"([{"n":"a","u":"W","t":1700000001,"v":2})",
                                            R"([{"n":"a","u":"V","t":1700000001,"v":2}])",
                                            R"([{"n":"b","u":"W","t":1700000001,"v":2}])",
                                            R"([{"n":"a","u":"W","t":99999999999,"v":2}])",
                                            R"([{"bv":5,"n":"a","u":"W","t":1700000001,"v":2}])",
                                            R"([{"bv":5,"n":"a","u":"W","t":1700000002,"v":3}])",
                                            R"([{"bt":1700000000,"n":"a","t":1,"v":3}])",
                                            R"([{"bt":1700000001,"n":"a","t":2,"v":4}])",
                                            R"([{"bt":1700000000},{"n":"a","v":1}])",
                                            R"([{"bt":1700000000},{"n":"a","v":2}])",
                                            R"([{"n":"a","v":0},{"bt":0}])",
                                            R"([{"n":"a","v":0},{"bt":7}])",
                                            R"([{"n":"a","u":"Wh","v":1}])",
                                            R"([{"n":"a","u":"Wh","v":2}])",
                                            R"([{"n":"a","v":1}])",
                                            R"([{"n":"a","v":7}])"};
    Reader reader;
    for (const std::string& first : packs) {
        for (const std::string& second : packs) {
            for (const std::string& text : {first, second}) {
                CAPTURE(text);
                Pack pack;
                std::vector<Fault> said;
                std::vector<Fault> expected;
                const auto done = reader.read(Format::json, text, {.now = noon}, pack, &said);
                const auto fresh = read(Format::json, text, {.now = noon}, &expected);
                CHECK(done.has_value() == fresh.has_value());
                if (fresh) CHECK(pack == *fresh);
                CHECK(said == expected);
            }
        }
    }
}

TEST_CASE("other options hold for the next pack") {
    Reader reader;
    Pack pack;
    const auto* text = R"([{"n":"/3/0/1","v":1}])";
    REQUIRE(reader.read(Format::json, text, {.now = noon, .names = NameRule::lwm2m}, pack));
    CHECK_FALSE(reader.read(Format::json, text, {.now = noon}, pack));
    CHECK(pack.empty());
    REQUIRE(reader.read(Format::json, text, {.now = noon, .names = NameRule::lwm2m}, pack));
    CHECK(pack[0].time == noon);
    const Time later = noon + std::chrono::seconds{1};
    REQUIRE(reader.read(Format::json, text, {.now = later, .names = NameRule::lwm2m}, pack));
    CHECK(pack[0].time == later);
}

TEST_CASE("a writer that has written another pack writes the next one as a new one does") {
    std::vector<Pack> packs(1);
    for (const auto* name : {"a", "b"}) {
        for (const auto* unit : {"W", "", "kWh", "x\"t\":5,\"v\":6"}) {
            for (const double value : {1.0, -0.5, 1e-300, std::nan("")}) {
                Pack pack;
                pack.add(pack.intern_name(name), *unit == '\0' ? no_unit : pack.intern_unit(unit),
                         noon + std::chrono::milliseconds{static_cast<int>(packs.size())}, value);
                packs.push_back(pack);
            }
        }
    }
    packs.push_back(packs[1]);
    packs.back().set_version(5);
    Writer writer;
    std::string out;
    for (const Format format : {Format::json, Format::xml, Format::cbor}) {
        for (const Pack& first : packs) {
            for (const Pack& second : packs) {
                for (const Pack* pack : {&first, &second}) {
                    const auto done = writer.write(format, *pack, out);
                    const auto fresh = write(format, *pack);
                    CHECK(done.has_value() == fresh.has_value());
                    CHECK(out == fresh.value_or(""));
                }
            }
        }
    }
}
