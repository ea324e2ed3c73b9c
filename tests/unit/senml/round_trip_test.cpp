// Random packs and numbers, there and back. The seed is printed with a failure; COURANT_SEED
// repeats it.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::uint64_t chosen_seed() {
    if (const char* given = std::getenv("COURANT_SEED")) return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
}

class RandomPack {
  public:
    explicit RandomPack(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    double number() {
        switch (below(4)) {
            case 0:
                return static_cast<double>(below(100'000));
            case 1:
                return static_cast<double>(below(1'000'000'000)) / 1000 - 500'000;
            case 2:
                return static_cast<double>(below(1'000)) / 7;
            default:
                for (;;) {
                    const auto value = std::bit_cast<double>(random_());
                    if (std::isfinite(value)) return value;
                }
        }
    }

    Pack pack() {
        Pack result;
        const auto names = 1 + below(4);
        const auto records = 1 + below(30);
        const bool units_everywhere = below(2) == 0;
        const bool whole_seconds = below(2) == 0;
        for (std::uint64_t i = 0; i < records; ++i) {
            const auto name = result.intern_name(common_ + names_[below(names)]);
            const auto unit =
                units_everywhere || below(4) != 0 ? result.intern_unit(units_[below(3)]) : no_unit;
            add_value(result, name, unit, time(whole_seconds));
        }
        if (below(8) == 0) result.set_version(5);
        return result;
    }

  private:
    Time time(bool whole_seconds) {
        const auto seconds = static_cast<std::int64_t>(268'435'456 + below(4'000'000'000));
        Time result = from_unix_seconds(seconds);
        if (!whole_seconds) result += Span{static_cast<std::int64_t>(below(1'000'000'000))};
        return result;
    }

    void add_value(Pack& pack, NameId name, UnitId unit, Time time) {
        switch (below(8)) {
            case 0:
                pack.add_text(name, unit, time, text());
                break;
            case 1:
                pack.add_boolean(name, unit, time, below(2) == 0);
                break;
            case 2: {
                const std::string octets = text();
                pack.add_data(name, unit, time,
                              std::as_bytes(std::span{octets.data(), octets.size()}));
                break;
            }
            case 3:
                pack.add_valueless(name, unit, time);
                pack.set_extra({.sum = number()});
                return;
            default:
                pack.add(name, unit, time, number());
        }
        if (below(5) == 0) pack.set_extra({.sum = number(), .update_time = number()});
    }

    std::string text() {
        static constexpr std::string_view pieces[] = {
            "a", "é", "😀", "\t", "\n", "\r", "\"", "\\", "<", "&", "]]>", " ", "\x7F", "'", "/"};
        std::string result;
        for (auto left = below(6); left > 0; --left) result += pieces[below(std::size(pieces))];
        return result;
    }

    std::mt19937_64 random_;
    std::string common_ = "house:lorient.example/";
    std::vector<std::string> names_ = {"power", "power/raw", "voltage", "x"};
    std::vector<std::string> units_ = {"W", "V", ""};
};

}  // namespace

TEST_CASE("98 every double comes back bit for bit, by the rules of JSON and of XML") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200'000; ++round) {
        const auto value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        std::string text;
        append_number(text, value);
        const auto json = parse_json_number(text);
        const auto xml = parse_xml_number(text);
        const auto exponent = text.find('e');
        const auto mantissa = text.substr(0, exponent);
        const bool same =
            json && xml &&
            std::bit_cast<std::uint64_t>(*json) == std::bit_cast<std::uint64_t>(value) &&
            std::bit_cast<std::uint64_t>(*xml) == std::bit_cast<std::uint64_t>(value);
        const bool brief = mantissa.size() < 19 &&
                           (exponent == std::string::npos || text.size() - exponent - 1 < 5);
        if (same && brief) continue;
        CAPTURE(text);
        FAIL_CHECK("not as it was");
    }
}

TEST_CASE("98 readings as meters have them come back bit for bit and in few digits") {
    for (int thousandths = -200'000; thousandths < 200'000; ++thousandths) {
        const double value = thousandths / 1000.0;
        std::string text;
        append_number(text, value);
        const bool brief = text.size() <= 8;
        if (brief && parse_json_number(text) == value) continue;
        CAPTURE(text);
        FAIL_CHECK("not as it was");
    }
}

TEST_CASE("34 every time comes back to the nanosecond") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 100'000; ++round) {
        const Span span{std::bit_cast<std::int64_t>(random())};
        std::string text;
        append_seconds(text, span);
        if (parse_seconds(text) == span) continue;
        CAPTURE(text);
        FAIL_CHECK("not as it was");
    }
}

TEST_CASE("what is written, in whichever format, factored or resolved, reads back the same") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    RandomPack random(seed);
    const auto later = from_unix_seconds(1'900'000'000);
    for (int round = 0; round < 2000; ++round) {
        const Pack pack = random.pack();
        for (const auto format : {Format::json, Format::xml, Format::cbor}) {
            const auto factored = write(format, pack);
            REQUIRE(factored);
            CAPTURE(*factored);
            CHECK(good(format, *factored, {.now = later, .profile = Profile::strict}) == pack);
            const auto resolved = write_resolved(format, pack);
            REQUIRE(resolved);
            CHECK(good(format, *resolved, {.now = later, .profile = Profile::strict}) == pack);
            for (const auto other : {Format::json, Format::xml, Format::cbor}) {
                const auto converted = convert(format, other, *factored, {.now = later});
                REQUIRE(converted);
                CHECK(good(other, *converted, {.now = later}) == pack);
            }
        }
    }
}

TEST_CASE("damaged text is refused or read, and never worse") {
    const auto seed = chosen_seed();
    CAPTURE(seed);
    RandomPack random(seed);
    for (int round = 0; round < 3000; ++round) {
        const Pack pack = random.pack();
        for (const auto format : {Format::json, Format::xml, Format::cbor}) {
            std::string text = write(format, pack).value();
            for (auto left = 1 + random.below(3); left > 0; --left) {
                const auto at = random.below(text.size());
                switch (random.below(3)) {
                    case 0:
                        text[at] = static_cast<char>(random.below(256));
                        break;
                    case 1:
                        text.erase(at, 1 + random.below(5));
                        break;
                    default:
                        text.insert(at, text.substr(random.below(text.size()), random.below(10)));
                }
                if (text.empty()) text = " ";
            }
            const auto again = read(format, text, {.now = noon});
            if (again) static_cast<void>(write(format, *again));
            static_cast<void>(validate(format, text, {.now = noon}));
        }
    }
}
