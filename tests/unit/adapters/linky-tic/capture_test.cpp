// A captured file as a source: times, places, resuming.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/shared_data.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/adapters/linky-tic/bench_meter.hpp"

using namespace courant;
using namespace courant::test;
using Strings = std::vector<std::string>;

namespace {

Call call(std::size_t max_readings = 10'000) {
    return {.now = senml::from_unix_seconds(1'800'000'000),
            .deadline = std::chrono::steady_clock::now() + std::chrono::hours{1},
            .stop = {},
            .max_readings = max_readings};
}

void write(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::unique_ptr<Source> source(const std::filesystem::path& path, Given given = {}) {
    given.emplace_back("file", path.string());
    return linky_tic_adapter().source(linky_settings(std::move(given)));
}

const Given from_epoch{{"start", "2026-01-01T00:00:00Z"}};
const std::string minute_frames =
    framed(standard("DATE\tH260101010000", "") + standard("EAST", "000000001")) +
    framed(standard("DATE\tH260101010100", "") + standard("EAST", "000000002") +
           standard("CCASN\tH260101010000", "00098")) +
    framed(standard("DATE\tH260101010200", "") + standard("CCASN\tH260101010000", "00098"));

}  // namespace

TEST_CASE("historique frames carry no time: start and frame_interval give it") {
    const TempDir folder;
    write(folder / "tic.bin",
          framed(historique("PAPP", "00100")) + framed(historique("PAPP", "00200")));
    CHECK(told(source(folder / "tic.bin", from_epoch)->pull("", call()).readings) ==
          Strings{"power/apparent 100 VA @1767225600", "power/apparent 200 VA @1767225602"});
    CHECK_THROWS_WITH_AS(source(folder / "tic.bin")->pull("", call()),
                         doctest::Contains("start: must be given"), ConfigError);
}

TEST_CASE("standard frames carry their time, and any size of pull gives the same readings") {
    const TempDir folder;
    write(folder / "tic.bin", minute_frames);
    const Strings expected{"index/drawn 3600 J @1767225600", "index/drawn 7200 J @1767225660",
                           "power/drawn 98 W @1767223800"};
    CHECK(told(source(folder / "tic.bin")->pull("", call()).readings) == expected);
    Strings found;
    std::string cursor;
    for (bool more = true; more;) {
        const auto got = source(folder / "tic.bin")->pull(cursor, call(1));
        for (auto& line : told(got.readings)) found.push_back(line);
        cursor = got.cursor;
        more = got.more;
    }
    CHECK(found == expected);
}

TEST_CASE("a last frame waits for its end, and the file may grow") {
    const TempDir folder;
    for (std::size_t cut = 1; cut < minute_frames.size(); cut += 7) {
        write(folder / "tic.bin", std::string_view(minute_frames).substr(0, cut));
        const auto first = source(folder / "tic.bin")->pull("", call());
        write(folder / "tic.bin", minute_frames);
        const auto second = source(folder / "tic.bin")->pull(first.cursor, call());
        CHECK(first.readings.size() + second.readings.size() == 3);
        CHECK(first.refused.size() + second.refused.size() == 0);
    }
}

TEST_CASE("a damaged group is refused with its frame's place and its bytes") {
    const TempDir folder;
    std::string bytes = framed(historique("PAPP", "00100")) +
                        framed(historique("PAPP", "00200") + historique("BASE", "000000001"));
    bytes[bytes.find("00200")] = '\t';
    write(folder / "tic.bin", bytes);
    const auto got = source(folder / "tic.bin", from_epoch)->pull("", call());
    CHECK(got.readings.size() == 2);
    REQUIRE(got.refused.size() == 1);
    CHECK(got.refused[0].where ==
          "tic.bin:" + std::to_string(framed(historique("PAPP", "00100")).size()));
    CHECK(got.refused[0].payload.find("\\x09") != std::string::npos);
}

TEST_CASE(
    "a file that is not there is worth another try; a shorter file and a foreign cursor are not") {
    const TempDir folder;
    try {
        source(folder / "tic.bin", from_epoch)->pull("", call());
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.worth_retrying());
    }
    write(folder / "tic.bin", minute_frames);
    const auto cursor = source(folder / "tic.bin")->pull("", call()).cursor;
    write(folder / "tic.bin", "short");
    CHECK_THROWS_WITH_AS(source(folder / "tic.bin")->pull(cursor, call()),
                         doctest::Contains("Reset the cursor"), Error);
    CHECK_THROWS_AS(source(folder / "tic.bin")->pull("csv 1", call()), Error);
    CHECK(linky_tic_adapter().source(linky_settings({})) == nullptr);
    CHECK_THROWS_AS(source(folder / "tic.bin", {{"start", "yesterday"}}), ConfigError);
}

TEST_CASE("the capture of a real meter: ten frames, eighty readings, nothing refused") {
    const auto path = shared_file("data/linky-tic-historique-capture.bin");
    if (!path) {
        MESSAGE("the capture is not here; nothing was tested");
        return;
    }
    const auto got = source(*path, from_epoch)->pull("", call());
    CHECK(got.refused.empty());
    CHECK(got.readings.size() == 80);  // six indexes, current and apparent power in each frame
    CHECK(told(got.readings)[0] == "index/tempo/blue/off-peak 65983881600 J @1767225600");
    CHECK(source(*path, from_epoch)->pull(got.cursor, call()).readings.empty());
}
