// From groups to readings: names, units, times.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "adapters/linky-tic/meter.hpp"
#include "senml/name.hpp"
#include "senml/units.hpp"
#include "tests/unit/adapters/linky-tic/bench_meter.hpp"

using namespace courant;
using namespace courant::linky;
using namespace courant::test;
using Strings = std::vector<std::string>;

namespace {

const senml::Time noon = senml::from_unix_seconds(1'700'000'000);

struct Got {
    senml::Pack readings;
    std::vector<Refused> refused;
};

Got translate(const std::string& groups, Given given = {}, Emitted* emitted = nullptr) {
    Got got;
    Emitted none;
    const Meter meter(linky_settings(std::move(given)));
    for (const auto& frame : frames_of(framed(groups)))
        meter.translate(frame, noon, "line", emitted != nullptr ? *emitted : none, got.readings,
                        got.refused);
    return got;
}

}  // namespace

TEST_CASE("indexes become joules, exactly; power and current stay; VA is not W") {
    const auto got = translate(historique("BASE", "999999999") + historique("PAPP", "00750") +
                               historique("IINST", "003"));
    CHECK(told(got.readings) == Strings{"index/base 3599999996400 J @1700000000",
                                        "power/apparent 750 VA @1700000000",
                                        "current 3 A @1700000000"});
    CHECK(got.readings[0].number == 3599999996400.0);
    CHECK(got.readings.name(got.readings[1].name) ==
          "linky:home.example/kersabiec:home.example/power/apparent");
}

TEST_CASE("standard mode: kVA, reactive energy, injection") {
    const auto got = translate(standard("EAIT", "000004321") + standard("ERQ1", "000000002") +
                               standard("SINSTI", "00012"));
    CHECK(told(got.readings) == Strings{"index/injected 15555600 J @1700000000",
                                        "index/reactive/1 7200 vars @1700000000",
                                        "power/apparent/injected 12 VA @1700000000"});
}

TEST_CASE("words and the contract's limits are emitted only where they are asked for") {
    const auto groups = historique("ADCO", "000000000000") + historique("PTEC", "HP..") +
                        historique("ISOUSC", "30");
    CHECK(translate(groups).readings.empty());
    CHECK(told(translate(groups, {{"texts", true}}).readings) ==
          Strings{"meter/address 000000000000  @1700000000", "tariff/period HP..  @1700000000"});
    const std::vector<Settings> series{
        label_table({{"label", "ISOUSC"}, {"name", "a@b.example/c@d.example/limit"}}),
        label_table({{"label", "PTEC"}})};
    CHECK(told(translate(groups, {{"series", series}}).readings) ==
          Strings{"tariff/period HP..  @1700000000", "limit 30 A @1700000000"});
}

TEST_CASE("the load curve stands at the beginning of its period, and is emitted once") {
    Emitted emitted;
    const auto first =
        standard("CCASN\tE260923160000", "00098") + standard("CCASN-1\tE260923153000", "00084");
    CHECK(told(translate(first, {}, &emitted).readings) ==
          Strings{"power/drawn 98 W @1790170200", "power/drawn 84 W @1790168400"});
    CHECK(translate(first, {}, &emitted).readings.empty());
    const auto next =
        standard("CCASN\tE260923163000", "00100") + standard("CCASN-1\tE260923160000", "00098");
    CHECK(told(translate(next, {}, &emitted).readings) == Strings{"power/drawn 100 W @1790172000"});
    CHECK(told(translate(first, {{"load_curve_period",
                                  std::chrono::nanoseconds{std::chrono::minutes{10}}}})
                   .readings)[0] == "power/drawn 98 W @1790171400");
}

TEST_CASE(
    "a maximum stands at its own moment; the mean voltage at the beginning of its ten minutes") {
    CHECK(told(translate(standard("SMAXSN\tE260923160000", "02500") +
                         standard("UMOY1\tE260923160000", "231"))
                   .readings) ==
          Strings{"power/apparent/max 2500 VA @1790172000", "voltage/mean/1 231 V @1790171400"});
}

TEST_CASE("a value that the meter has not got yet is a gap") {
    const auto got = translate(standard("SMAXSN-1\t ", "00000") + standard("EAST", "") +
                               standard("EAIT", "         "));
    CHECK(got.readings.empty());
    CHECK(got.refused.empty());
}

TEST_CASE("a value that is no number is refused with its group, the others stand") {
    const auto got = translate(historique("BASE", "01234567X") + historique("PAPP", "00750"));
    CHECK(got.readings.size() == 1);
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].reason == "BASE: \"01234567X\" is no number");
    CHECK(got.refused[0].where == "line");
}

TEST_CASE("a frame that was broken off gives no reading and one dead letter") {
    const Meter meter(linky_settings({}));
    const auto frames = frames_of("\x02" + historique("BASE", "012345678") + "\x04");
    Got got;
    Emitted emitted;
    meter.translate(frames[0], noon, "line", emitted, got.readings, got.refused);
    meter.refuse_damage(frames[0], "line", got.refused);
    CHECK(got.readings.empty());
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].payload == "BASE  012345678\n");
}

TEST_CASE("the table of labels: each label once, every path a name, every unit a primary one") {
    std::set<std::string_view> seen;
    for (const Label& label : known_labels()) {
        CHECK(seen.insert(label.label).second);
        CHECK(senml::Name::parse(subject + '/' + std::string(label.path)).has_value());
        if (!label.unit.empty())
            CHECK(senml::unit_status(label.unit) == senml::UnitStatus::primary);
    }
}

TEST_CASE("settings that make no sense") {
    CHECK_THROWS_AS(Meter(linky_settings({{"subject", "kersabiec"}})), ConfigError);
    CHECK_THROWS_AS(Meter(described(linky_tic_adapter().properties, {})), ConfigError);
    CHECK_THROWS_AS(
        Meter(linky_settings({{"series", std::vector{label_table({{"label", "WATT"}})}}})),
        ConfigError);
    CHECK_THROWS_AS(
        Meter(linky_settings(
            {{"series", std::vector{label_table({{"label", "PAPP"}, {"name", "x"}})}}})),
        ConfigError);
}

TEST_CASE("a flipped seventh bit, which the checksum does not see, never becomes a wrong reading") {
    const std::string good = standard("EAST", "012345678") +
                             standard("CCASN\tE260923160000", "00098") +
                             standard("SINSTS", "00300");
    const auto expected = told(translate(good).readings);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string garbled = good;
        garbled[at] = static_cast<char>(garbled[at] ^ 0x40);
        for (const auto& line : told(translate(garbled).readings))
            CHECK(std::find(expected.begin(), expected.end(), line) != expected.end());
    }
}

TEST_CASE("a horodate that is none is refused, not taken for a gap") {
    const auto got = translate(standard("CCASN\tE26092316000x", "00098"));
    CHECK(got.readings.empty());
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].reason == "CCASN: \"E26092316000x\" is no horodate");
}

TEST_CASE("without a subject the labels need names of their own, and need nothing else") {
    const auto named = label_table({{"label", "BASE"}, {"name", "a@b.example/c@d.example/index"}});
    CHECK_NOTHROW(
        Meter(described(linky_tic_adapter().properties, {{"series", std::vector{named}}})));
    const auto bare = label_table({{"label", "BASE"}});
    CHECK_THROWS_AS(
        Meter(described(linky_tic_adapter().properties, {{"series", std::vector{bare}}})),
        ConfigError);
}
