// What the sink leaves on the disk: each reading once, whatever comes twice, late or broken.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;
using Outcome = Verdict::Outcome;

namespace {

const std::string file_name = "town@lorient.example+school@lorient.example+power.csv";
const std::string head = "time,value,unit\n";

senml::Time at(int second) {
    return senml::from_unix_seconds(1'600'000'000 + second);
}

std::string line(int second, std::string_view value) {
    return "2020-09-13T12:26:" + std::to_string(40 + second) + "Z," + std::string(value) + ",W\n";
}

senml::Pack pack(std::initializer_list<std::pair<int, double>> readings) {
    senml::Pack pack;
    const auto name = pack.intern_name(power_senml);
    const auto watt = pack.intern_unit("W");
    for (const auto& [second, value] : readings) pack.add(name, watt, at(second), value);
    return pack;
}

bool all_delivered(const std::vector<Verdict>& verdicts) {
    return std::all_of(verdicts.begin(), verdicts.end(),
                       [](const Verdict& v) { return v.outcome == Outcome::delivered; });
}

std::size_t entries(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a file for each series, times in UTC, numbers as short as they can be") {
    const TempDir folder;
    auto readings = pack({{0, 392}, {1, 0.1}, {2, -1e300}});
    readings.add(readings.intern_name("a:b.example/c:d.example/t"), senml::no_unit,
                 at(0) + std::chrono::milliseconds{250}, 5);
    const auto sink = csv_sink(folder / "deep" / "out");
    const auto verdicts = sink->deliver(readings, call_now());
    CHECK(verdicts.size() == 4);
    CHECK(all_delivered(verdicts));
    CHECK(content(folder / "deep" / "out" / file_name) ==
          head + line(0, "392") + line(1, "0.1") + line(2, "-1e300"));
    CHECK(content(folder / "deep" / "out" / "a@b.example+c@d.example+t.csv") ==
          head + "2020-09-13T12:26:40.25Z,5,\n");
}

TEST_CASE("the same pack again changes nothing, in the same sink and in a new one") {
    const TempDir folder;
    const auto sink = csv_sink(folder.path());
    sink->deliver(pack({{1, 1}, {2, 2}}), call_now());
    const auto before = content(folder / file_name);
    CHECK(all_delivered(sink->deliver(pack({{1, 1}, {2, 2}}), call_now())));
    CHECK(all_delivered(csv_sink(folder.path())->deliver(pack({{1, 1}, {2, 2}}), call_now())));
    CHECK(content(folder / file_name) == before);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("late readings take their place, a corrected one replaces what stands there") {
    const TempDir folder;
    const auto sink = csv_sink(folder.path());
    sink->deliver(pack({{2, 2}, {6, 6}}), call_now());
    sink->deliver(pack({{4, 4}, {1, 1}, {8, 8}}), call_now());
    CHECK(content(folder / file_name) ==
          head + line(1, "1") + line(2, "2") + line(4, "4") + line(6, "6") + line(8, "8"));
    sink->deliver(pack({{4, 44}}), call_now());
    sink->deliver(pack({{9, 9}}), call_now());
    CHECK(content(folder / file_name) == head + line(1, "1") + line(2, "2") + line(4, "44") +
                                             line(6, "6") + line(8, "8") + line(9, "9"));
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("of two readings of one time in one pack the later one stands") {
    const TempDir folder;
    CHECK(all_delivered(csv_sink(folder.path())->deliver(pack({{1, 1}, {1, 11}}), call_now())));
    CHECK(content(folder / file_name) == head + line(1, "11"));
}

TEST_CASE(
    "a last line that a crash cut off is removed and written whole when the pack comes again") {
    const TempDir folder;
    for (const std::string& torn :
         {std::string("2020-09-13T12:26:42Z,3"), std::string("2"), std::string(5, '\0')}) {
        write_file(folder / file_name, head + line(1, "1") + torn);
        CHECK(all_delivered(csv_sink(folder.path())->deliver(pack({{1, 1}, {2, 35}}), call_now())));
        CHECK(content(folder / file_name) == head + line(1, "1") + line(2, "35"));
    }
}

TEST_CASE("a header that a crash cut off is written anew") {
    const TempDir folder;
    write_file(folder / file_name, "time,val");
    csv_sink(folder.path())->deliver(pack({{1, 1}}), call_now());
    CHECK(content(folder / file_name) == head + line(1, "1"));
}

TEST_CASE("a file that is not ours is left alone, and only its series waits") {
    const TempDir folder;
    write_file(folder / file_name, "my diary\n");
    auto readings = pack({{1, 1}});
    CHECK_THROWS_WITH_AS(csv_sink(folder.path())->deliver(readings, call_now()),
                         doctest::Contains("my diary"), Error);
    readings.add(readings.intern_name("a:b.example/c:d.example/t"), senml::no_unit, at(0), 5);
    const auto verdicts = csv_sink(folder.path())->deliver(readings, call_now());
    CHECK(verdicts[0].outcome == Outcome::later);
    CHECK(verdicts[1].outcome == Outcome::delivered);
    CHECK(content(folder / file_name) == "my diary\n");
}

TEST_CASE(
    "appending to a large file reads only its end, and an old time is found without reading it") {
    const TempDir folder;
    std::string text = head;
    for (int i = 0; i < 50'000; ++i)
        text += "2020-09-13T12:26:40." + std::to_string(100'000 + i) + "Z," + std::to_string(i) +
                ",W\n";
    text += line(1, "1");
    write_file(folder / file_name, text);
    senml::Pack old;
    old.add(old.intern_name(power_senml), old.intern_unit("W"),
            at(0) + std::chrono::microseconds{100'123}, 123);
    const auto sink = csv_sink(folder.path());
    CHECK(all_delivered(sink->deliver(old, call_now())));
    CHECK(all_delivered(sink->deliver(pack({{2, 2}}), call_now())));
    CHECK(content(folder / file_name) == text + line(2, "2"));
}

TEST_CASE("what a CSV cell cannot hold is rejected with the reason, and costs nothing else") {
    const TempDir folder;
    auto readings = pack({{1, std::nan("")}, {2, 2}});
    const auto name = readings[0].name;
    readings.add_data(name, senml::no_unit, at(3), {});
    readings.add_text(name, senml::no_unit, at(4), "two\nlines");
    readings.add_valueless(name, senml::no_unit, at(5));
    readings.add(name, readings.intern_unit("W\n2030-01-01"), at(6), 6);
    readings.add(name, senml::no_unit, senml::Time::min(), 7);
    const auto verdicts = csv_sink(folder.path())->deliver(readings, call_now());
    CHECK(verdicts[1].outcome == Outcome::delivered);
    for (const std::size_t i : {0U, 2U, 3U, 4U, 5U, 6U}) {
        CHECK(verdicts[i].outcome == Outcome::rejected);
        CHECK_FALSE(verdicts[i].reason.empty());
    }
    CHECK(content(folder / file_name) == head + line(2, "2"));
}

TEST_CASE(
    "texts are quoted, so that they stay texts; formulas are made harmless or kept, as decided") {
    senml::Pack readings;
    const auto name = readings.intern_name(power_senml);
    readings.add_text(name, senml::no_unit, at(0), "12");
    readings.add_text(name, senml::no_unit, at(1), "say \"hi\", all");
    readings.add_text(name, senml::no_unit, at(2), "=HYPERLINK(1)");
    readings.add_boolean(name, senml::no_unit, at(3), true);
    readings.add(name, readings.intern_unit("@SUM(A1)"), at(4), -5);
    const auto lines = [](std::string_view quote) {
        const std::string q(quote);
        return head +
               "2020-09-13T12:26:40Z,\"12\",\n2020-09-13T12:26:41Z,\"say \"\"hi\"\", all\",\n"
               "2020-09-13T12:26:42Z,\"" +
               q +
               "=HYPERLINK(1)\",\n2020-09-13T12:26:43Z,true,\n"
               "2020-09-13T12:26:44Z,-5," +
               q + "@SUM(A1)\n";
    };
    const TempDir folder;
    CHECK(all_delivered(csv_sink(folder / "a")->deliver(readings, call_now())));
    CHECK(content(folder / "a" / file_name) == lines("'"));
    csv_sink(folder / "b", {{"formulas", "keep"}})->deliver(readings, call_now());
    CHECK(content(folder / "b" / file_name) == lines(""));
}

TEST_CASE("semicolon and decimal comma, for spreadsheets that want them") {
    const TempDir folder;
    csv_sink(folder.path(), {{"separator", ";"}, {"decimal", ","}})
        ->deliver(pack({{1, 0.5}}), call_now());
    CHECK(content(folder / file_name) == "time;value;unit\n2020-09-13T12:26:41Z;0,5;W\n");
}

TEST_CASE("wide: a column for each series and unit, a row for each time, new columns at the end") {
    const TempDir folder;
    const auto sink = csv_sink(folder.path(), {{"layout", "wide"}});
    CHECK(all_delivered(sink->deliver(pack({{2, 2}, {4, 4}}), call_now())));
    senml::Pack more;
    const auto other = more.intern_name("a:b.example/c:d.example/t");
    more.add(other, more.intern_unit("Cel"), at(4), 20.5);
    more.add(other, more.intern_unit("Cel"), at(3), 20);
    CHECK(all_delivered(sink->deliver(more, call_now())));
    const std::string expected =
        "time," + power +
        " [W],a@b.example/c@d.example/t [Cel]\n"
        "2020-09-13T12:26:42Z,2,\n2020-09-13T12:26:43Z,,20\n2020-09-13T12:26:44Z,4,20.5\n";
    CHECK(content(folder / "readings.csv") == expected);
    CHECK(all_delivered(sink->deliver(more, call_now())));
    CHECK(content(folder / "readings.csv") == expected);
    sink->deliver(pack({{2, 22}}), call_now());
    CHECK(content(folder / "readings.csv").find("12:26:42Z,22,\n") != std::string::npos);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("wide: a pack that changes nothing leaves the file untouched") {
    const TempDir folder;
    const auto sink = csv_sink(folder.path(), {{"layout", "wide"}});
    sink->deliver(pack({{2, 2}}), call_now());
    std::filesystem::create_hard_link(folder / "readings.csv", folder / "same");
    sink->deliver(pack({{2, 2}}), call_now());
    CHECK(std::filesystem::equivalent(folder / "readings.csv", folder / "same"));
}

TEST_CASE("what the sink wrote, the source reads back bit for bit") {
    const TempDir folder;
    const std::vector<double> wanted{0.1,  1.0 / 3, 5e-324, std::numeric_limits<double>::max(),
                                     -0.0, 392};
    senml::Pack readings;
    const auto name = readings.intern_name(power_senml);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        readings.add(name, readings.intern_unit("W"), at(static_cast<int>(i)), wanted[i]);
    csv_sink(folder.path())->deliver(readings, call_now());
    const auto source = csv_source(
        folder.path(), {}, {series_table({{"column", "value"}, {"name", power}, {"unit", "W"}})});
    CHECK(source->pull("", call_now()).readings == readings);
}

TEST_CASE("a folder that cannot be made and a call whose time is over: later, not lost") {
    const TempDir folder;
    write_file(folder / "file", "");
    CHECK_THROWS_AS(csv_sink(folder / "file" / "below")->deliver(pack({{1, 1}}), call_now()),
                    Error);
    auto late = call_now();
    late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds{1};
    const auto verdicts = csv_sink(folder.path())->deliver(pack({{1, 1}}), late);
    CHECK(verdicts[0].outcome == Outcome::later);
    CHECK_FALSE(std::filesystem::exists(folder / file_name));
}

TEST_CASE("a full disk: the readings are offered again, and the file is as it was") {
    if (!std::filesystem::exists("/dev/full")) return;
    const TempDir folder;
    std::filesystem::create_symlink("/dev/full", folder / ".readings.csv.tmp");
    try {
        csv_sink(folder.path(), {{"layout", "wide"}})->deliver(pack({{1, 1}}), call_now());
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.worth_retrying());
    }
    CHECK_FALSE(std::filesystem::exists(folder / "readings.csv"));
}

TEST_CASE("settings of the sink that make no sense") {
    const TempDir folder;
    CHECK_THROWS_AS(csv_sink(folder.path(), {{"layout", "wide"}, {"wide_name", "../x.csv"}}),
                    ConfigError);
    CHECK_THROWS_AS(csv_sink(folder.path(), {{"layout", "wide"}, {"wide_name", ".."}}),
                    ConfigError);
    CHECK_THROWS_AS(csv_adapter().sink(described(csv_adapter().properties, {})), ConfigError);
}

TEST_CASE("what has to go goes out of the files of the series that are meant, and of no other") {
    const TempDir folder;
    auto readings = pack({{0, 1}, {1, 2}, {2, 3}});
    const std::string other(220, 'x');
    const std::string long_name = "a:b.example/c:d.example/" + other;
    readings.add(readings.intern_name(long_name), senml::no_unit, at(0), 5);
    const auto sink = csv_sink(folder.path());
    sink->deliver(readings, call_now());
    std::ofstream(folder / "mine.csv") << "not yours\n";
    ErasureWanted wanted{.means = [](std::string_view series) { return series == power_senml; },
                         .from = at(1),
                         .to = at(2)};
    CHECK(sink->erase(wanted, call_now()) == 1);
    CHECK(content(folder / file_name) == head + line(0, "1") + line(2, "3"));
    CHECK(sink->erase(wanted, call_now()) == 0);
    // It goes on from there.
    sink->deliver(pack({{3, 4}}), call_now());
    CHECK(content(folder / file_name) == head + line(0, "1") + line(2, "3") + line(3, "4"));
    wanted.from = wanted.to = std::nullopt;
    CHECK(sink->erase(wanted, call_now()) == 3);
    CHECK_FALSE(std::filesystem::exists(folder / file_name));
    wanted.means = [&](std::string_view series) { return series == long_name; };
    CHECK(sink->erase(wanted, call_now()) == 1);
    CHECK(content(folder / "mine.csv") == "not yours\n");
    CHECK_FALSE(csv_sink(folder / "wide", {{"layout", "wide"}})->erase(wanted, call_now()));
}
