// The past of a CSV file: a range of one series, in order, whatever order the rows are in.
#include <doctest/doctest.h>

#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;
using Values = std::vector<double>;

namespace {

senml::Time at(int second) {
    return senml::from_unix_seconds(second);
}

std::string row(int second, double value) {
    std::string text = std::to_string(second);
    return "1970-01-01T00:00:" + std::string(2 - text.size(), '0') + text + "Z," +
           std::to_string(value) + "\n";
}

/// What a range brings, chunk by chunk.
std::vector<Values> chunks(History& history, senml::Time from, senml::Time to, Call call,
                           std::size_t most_chunks = 1'000'000) {
    std::vector<Values> found;
    history.read({power_senml, from, to}, call, [&](const senml::Pack& chunk) {
        found.push_back(values(chunk));
        return found.size() < most_chunks;
    });
    return found;
}

}  // namespace

TEST_CASE("a range comes in order of time, its first time in it and its last one not") {
    const TempDir folder;
    write_file(folder / "a.csv", "time,power\n" + row(5, 5) + row(2, 2) + row(9, 9) + row(3, 3));
    const auto history = csv_history(folder / "a.csv");
    CHECK(chunks(*history, at(2), at(9), call_now()) == std::vector<Values>{{2, 3, 5}});
    CHECK(chunks(*history, at(10), at(20), call_now()).empty());
}

TEST_CASE("of two rows of one time the later one is right, across files too") {
    const TempDir folder;
    write_file(folder / "a.csv", "time,power\n" + row(1, 1) + row(2, 2) + row(1, 10));
    write_file(folder / "b.csv", "time,power\n" + row(2, 20));
    const auto history = csv_history(folder.path());
    CHECK(chunks(*history, at(0), at(9), call_now()) == std::vector<Values>{{10, 20}});
}

TEST_CASE("what is kept at once is bounded, and nothing is lost between the chunks") {
    const TempDir folder;
    std::string rows;
    for (int second = 9; second >= 0; --second) rows += row(second, second);
    write_file(folder / "a.csv", "time,power\n" + rows);
    const auto history = csv_history(folder / "a.csv");
    Call call = call_now();
    call.max_readings = 4;
    CHECK(chunks(*history, at(0), at(10), call) ==
          std::vector<Values>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});
    CHECK(chunks(*history, at(0), at(10), call, 1) == std::vector<Values>{{0, 1, 2, 3}});
}

TEST_CASE("it speaks its series and no others") {
    const TempDir folder;
    write_file(folder / "a.csv", "time,power\n");
    const auto history = csv_history(folder / "a.csv");
    CHECK(history->speaks(power_senml));
    CHECK_FALSE(history->speaks("town:lorient.example/school:lorient.example/pv/energy"));
}

TEST_CASE("a call that has no time left, or is asked to end, ends") {
    const TempDir folder;
    write_file(folder / "a.csv", "time,power\n" + row(1, 1));
    const auto history = csv_history(folder / "a.csv");
    Call late = call_now();
    late.deadline = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(chunks(*history, at(0), at(9), late), Error);
    std::stop_source stop;
    stop.request_stop();
    Call stopped = call_now();
    stopped.stop = stop.get_token();
    CHECK_THROWS_AS(chunks(*history, at(0), at(9), stopped), Error);
}
