// Files that grow, come, go and change: where reading goes on.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;
using Values = std::vector<double>;

namespace {

const std::string head = "time,power\n";

std::string row(int second) {
    std::string text = std::to_string(second);
    return "1970-01-01T00:00:" + std::string(2 - text.size(), '0') + text + "Z," + text + "\n";
}

// A source with its cursor, as the extract job holds them.
class Reading {
  public:
    explicit Reading(const std::filesystem::path& path, Given given = {})
        : source_(csv_source(path, std::move(given))) {}

    Extraction pull(Call call = call_now()) {
        auto got = source_->pull(cursor, call);
        cursor = got.cursor;
        return got;
    }
    Values pull_values() { return values(pull().readings); }

    std::string cursor;

  private:
    std::unique_ptr<Source> source_;
};

}  // namespace

TEST_CASE("appended lines are read, and nothing twice") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1));
    Reading reading(folder / "a.csv");
    CHECK(reading.pull_values() == Values{1});
    CHECK(reading.pull_values().empty());
    append_file(folder / "a.csv", row(2) + row(3));
    CHECK(reading.pull_values() == Values{2, 3});
}

TEST_CASE("the same cursor brings the same readings, also to a source that was begun anew") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + row(2) + row(3));
    auto call = call_now();
    call.max_readings = 2;
    const auto first = csv_source(folder / "a.csv")->pull("", call);
    const auto second = csv_source(folder / "a.csv")->pull(first.cursor, call);
    const auto again = csv_source(folder / "a.csv")->pull(first.cursor, call);
    CHECK(values(first.readings) == Values{1, 2});
    CHECK(first.more);
    CHECK(values(second.readings) == Values{3});
    CHECK(second.readings == again.readings);
    CHECK(second.cursor == again.cursor);
}

TEST_CASE(
    "any size of pull gives the same readings in the same order, and the same lines refused") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + "bad\n" + row(2) + "\"x\ny\",\"5\"\n" + row(3));
    write_file(folder / "b.csv", head + row(4) + row(5));
    for (const std::size_t size : {1U, 2U, 3U, 5U, 100U}) {
        Reading reading(folder.path());
        Values all;
        std::string refused;
        for (bool more = true; more;) {
            auto call = call_now();
            call.max_readings = size;
            const auto got = reading.pull(call);
            for (const double value : values(got.readings)) all.push_back(value);
            for (const auto& r : got.refused) refused += r.where + ' ';
            more = got.more;
        }
        CHECK(all == Values{1, 2, 3, 4, 5});
        CHECK(refused == "a.csv:3 a.csv:5 a.csv:6 ");
    }
}

TEST_CASE("a last line without line break waits until it has one") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + "1970-01-01T00:00:02Z,2");
    Reading reading(folder / "a.csv");
    CHECK(reading.pull_values() == Values{1});
    append_file(folder / "a.csv", "5\n");
    CHECK(reading.pull_values() == Values{25});
}

TEST_CASE("a last line without line break is read when the file has rested for complete_after") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + "1970-01-01T00:00:02Z,2");
    Reading reading(folder / "a.csv",
                    {{"complete_after", std::chrono::nanoseconds{std::chrono::minutes{10}}}});
    CHECK(reading.pull_values() == Values{1});
    auto later = call_now();
    later.now += std::chrono::minutes{11};
    CHECK(values(reading.pull(later).readings) == Values{2});
}

TEST_CASE("a header that is still being written is waited for") {
    const TempDir folder;
    write_file(folder / "a.csv", "time,po");
    Reading reading(folder / "a.csv");
    CHECK(reading.pull_values().empty());
    append_file(folder / "a.csv", "wer\n" + row(1));
    CHECK(reading.pull_values() == Values{1});
}

TEST_CASE(
    "a folder: files that match, in the order of their names, and new ones wherever their name "
    "stands") {
    const TempDir folder;
    write_file(folder / "b.csv", head + row(2));
    write_file(folder / "c.csv", head + row(3));
    write_file(folder / "notes.txt", "nothing");
    write_file(folder / ".hidden.csv", "nothing");
    Reading reading(folder.path());
    CHECK(reading.pull_values() == Values{2, 3});
    write_file(folder / "a.csv", head + row(1));
    append_file(folder / "b.csv", row(4));
    CHECK(reading.pull_values() == Values{1, 4});
}

TEST_CASE(
    "a rotated log is read to its end under its new name, and its successor from its beginning") {
    const TempDir folder;
    write_file(folder / "log.csv", head + row(1));
    Reading reading(folder.path(), {{"pattern", "log.csv*"}});
    CHECK(reading.pull_values() == Values{1});
    append_file(folder / "log.csv", row(2));
    std::filesystem::rename(folder / "log.csv", folder / "log.csv.1");
    write_file(folder / "log.csv", head + row(3));
    const auto got = reading.pull();
    CHECK(values(got.readings) == Values{3, 2});
    CHECK(got.refused.empty());
    CHECK(reading.pull_values().empty());
}

TEST_CASE("a file replaced by a longer copy of itself goes on where it stood") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1));
    Reading reading(folder / "a.csv");
    CHECK(reading.pull_values() == Values{1});
    write_file(folder / "new", head + row(1) + row(2));
    std::filesystem::rename(folder / "new", folder / "a.csv");
    const auto got = reading.pull();
    CHECK(values(got.readings) == Values{2});
    CHECK(got.refused.empty());
}

TEST_CASE("a file cut and written anew is reported once and read from its beginning") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + row(2));
    Reading reading(folder / "a.csv");
    CHECK(reading.pull_values() == Values{1, 2});
    write_file(folder / "a.csv", head + row(3));
    const auto got = reading.pull();
    CHECK(values(got.readings) == Values{3});
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].where == "a.csv:4");
    CHECK(reading.pull().refused.empty());
}

TEST_CASE("a file overwritten in place with content of the same length is noticed") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1) + row(2));
    Reading reading(folder / "a.csv");
    reading.pull();
    write_file(folder / "a.csv", head + row(7) + row(8));
    const auto got = reading.pull();
    CHECK(values(got.readings) == Values{7, 8});
    CHECK(got.refused.size() == 1);
}

TEST_CASE("a file emptied and left empty is reported once") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1));
    Reading reading(folder / "a.csv");
    reading.pull();
    write_file(folder / "a.csv", "");
    CHECK(reading.pull().refused.size() == 1);
    CHECK(reading.pull().refused.empty());
    append_file(folder / "a.csv", head + row(2));
    CHECK(reading.pull_values() == Values{2});
}

TEST_CASE("a file that is gone is forgotten; a folder that is suddenly empty forgets nothing") {
    const TempDir folder;
    write_file(folder / "a.csv", head + row(1));
    write_file(folder / "b.csv", head + row(2));
    Reading reading(folder.path());
    reading.pull();
    const TempDir elsewhere;
    for (const char* name : {"a.csv", "b.csv"})
        std::filesystem::rename(folder / name, elsewhere / name);
    CHECK(reading.pull_values().empty());
    for (const char* name : {"a.csv", "b.csv"})
        std::filesystem::rename(elsewhere / name, folder / name);
    CHECK(reading.pull_values().empty());
    std::filesystem::remove(folder / "a.csv");
    reading.pull();
    CHECK(reading.cursor.find("a.csv") == std::string::npos);
}

TEST_CASE(
    "a file that is not there is worth another try; what was read before the trouble is kept") {
    const TempDir folder;
    try {
        Reading(folder / "a.csv").pull();
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.worth_retrying());
        CHECK(std::string(error.what()).ends_with("a.csv: there is no such file"));
    }
    write_file(folder / "a.csv", head + row(1));
    write_file(folder / "b.csv", "time,other\n");
    Reading reading(folder.path());
    const auto got = reading.pull();
    CHECK(values(got.readings) == Values{1});
    CHECK(got.more);
    CHECK_THROWS_AS(reading.pull(), ConfigError);
}

TEST_CASE("a file that may not be read is an error for a person") {
    if (::geteuid() == 0) {
        MESSAGE("root may read everything; nothing was tested");
        return;
    }
    const TempDir folder;
    write_file(folder / "a.csv", head);
    ::chmod((folder / "a.csv").c_str(), 0);
    try {
        Reading(folder / "a.csv").pull();
        FAIL("no error");
    } catch (const Error& error) {
        CHECK_FALSE(error.worth_retrying());
    }
}

TEST_CASE(
    "the order of the hour that comes twice survives the cursor, for every key of a long file") {
    const TempDir folder;
    const auto line = [](const char* clock, const char* key) {
        return std::string("2026-10-25T") + clock + ":00," + key + ",1\n";
    };
    write_file(folder / "a.csv", "time,key,value\n" + line("02:00", "A") + line("02:00", "B b") +
                                     line("02:30", "A") + line("02:00", "A") +
                                     line("02:30", "B b") + line("02:00", "B b"));
    const auto make = [&] {
        std::vector<Settings> series;
        for (const auto* key : {"A", "B b"})
            series.push_back(series_table({{"column", "value"}, {"key", key}, {"name", power}}));
        return csv_source(
            folder / "a.csv",
            {{"time_zone", "Europe/Paris"}, {"ambiguous", "sequence"}, {"key_column", "key"}},
            series);
    };
    std::string cursor;
    std::vector<std::int64_t> minutes;
    for (int i = 0; i < 6; ++i) {
        auto call = call_now();
        call.max_readings = 1;
        const auto got = make()->pull(cursor, call);
        cursor = got.cursor;
        REQUIRE(got.readings.size() == 1);
        minutes.push_back((got.readings[0].time.time_since_epoch().count() / 60'000'000'000) %
                          1440);
    }
    CHECK(minutes == std::vector<std::int64_t>{0, 0, 30, 60, 30, 60});
}

TEST_CASE("a cursor of something else is refused with what to do") {
    const TempDir folder;
    write_file(folder / "a.csv", head);
    for (const std::string cursor : {"42", "csv 1\nnonsense\n", "csv 1\nfile x 0 1 0 a\n"})
        CHECK_THROWS_WITH_AS(csv_source(folder / "a.csv")->pull(cursor, call_now()),
                             doctest::Contains("Reset it"), Error);
}
