// A live line, on a pseudo terminal: what arrives, and what a lost line does.
#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "adapters/linky-tic/feed.hpp"
#include "adapters/linky-tic/simulator/pseudo_line.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/adapters/linky-tic/bench_meter.hpp"

using namespace courant;
using namespace courant::linky;
using namespace courant::test;
using Strings = std::vector<std::string>;

namespace {

struct Heard {
    Strings readings;
    std::vector<Refused> refused;
    std::size_t packs = 0;
};

// A clock that is one second later each time it is asked.
Clock ticking() {
    return [now = senml::from_unix_seconds(1'700'000'000)]() mutable {
        now += std::chrono::seconds{1};
        return now;
    };
}

std::string dated(const std::string& horodate, const std::string& value) {
    return framed(standard("DATE\t" + horodate, "") + standard("SINSTS", value));
}

// Runs a feed over a line on which these bytes come, until readings with this value have been
// heard.
Heard hear(const std::string& bytes, long long last_value, Given given = {}) {
    PseudoLine line;
    given.emplace_back("device", line.device());
    LiveFeed feed(linky_settings(std::move(given)), ticking());
    Heard heard;
    std::stop_source stop;
    std::jthread meter([&](std::stop_token end) {
        for (std::string_view rest = bytes; !rest.empty() && !end.stop_requested();)
            rest.remove_prefix(line.send(rest, std::chrono::milliseconds{50}));
    });
    feed.run(
        [&](senml::Pack readings, std::vector<Refused> refused) {
            if (!readings.empty()) ++heard.packs;
            for (auto& told_line : told(readings)) heard.readings.push_back(told_line);
            for (auto& one : refused) heard.refused.push_back(std::move(one));
            for (const auto& record : readings.records())
                if (record.number == static_cast<double>(last_value)) stop.request_stop();
        },
        stop.get_token());
    return heard;
}

std::optional<Error> error_of(LiveFeed& feed) {
    try {
        std::stop_source never;
        feed.run([](senml::Pack, std::vector<Refused>) {}, never.get_token());
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

Given briefly() {
    return {{"silence", std::chrono::nanoseconds{std::chrono::milliseconds{150}}}};
}

}  // namespace

TEST_CASE("historique: the readings of each frame, at the time at which it ended") {
    const auto heard =
        hear(framed(historique("PAPP", "00100")) + framed(historique("PAPP", "00200")), 200);
    CHECK(heard.readings ==
          Strings{"power/apparent 100 VA @1700000001", "power/apparent 200 VA @1700000002"});
    CHECK(heard.packs == 2);
}

TEST_CASE(
    "standard: the meter's own time, and the system's where the meter is not sure of its clock") {
    const auto heard = hear(dated("E260923161039", "00300") + dated("e260923161040", "00301"), 301);
    CHECK(heard.readings ==
          Strings{"power/apparent 300 VA @1790172639", "power/apparent 301 VA @1700000001"});
}

TEST_CASE("a corrupted byte and a frame broken off: the rest arrives, the damage is reported") {
    for (const bool in_standard : {false, true}) {
        const auto group = in_standard ? standard : historique;
        std::string bad = framed(group("PAPP", "00200") + group("IINST", "002"));
        bad[bad.find("00200")] = '7';
        const std::string cut = "\x02" + group("IINST", "009") + "\nPAPP 0\x04";
        const auto heard =
            hear(framed(group("IINST", "001")) + bad + cut + framed(group("IINST", "003")), 3);
        CHECK(heard.readings == Strings{"current 1 A @1700000001", "current 2 A @1700000002",
                                        "current 3 A @1700000004"});
        REQUIRE(heard.refused.size() >= 2);
        CHECK(heard.refused[0].reason.starts_with("wrong checksum"));
        CHECK(heard.refused.back().reason == "the meter broke the frame off (EOT)");
    }
}

TEST_CASE("every: the first frame of each period is emitted") {
    std::string bytes;
    for (const auto* stamp :
         {"E260923161039", "E260923161040", "E260923161059", "E260923161100", "E260923161101"})
        bytes += dated(stamp, std::string("0") + (stamp + 9));
    bytes += dated("E260923161200", "09999");
    const auto heard =
        hear(bytes, 9999, {{"every", std::chrono::nanoseconds{std::chrono::minutes{1}}}});
    CHECK(heard.readings == Strings{"power/apparent 1039 VA @1790172639",
                                    "power/apparent 1100 VA @1790172660",
                                    "power/apparent 9999 VA @1790172720"});
}

TEST_CASE("two frames of the same second are one reading") {
    const auto heard = hear(dated("E260923161039", "00300") + dated("E260923161039", "00305") +
                                dated("E260923161040", "00310"),
                            310);
    CHECK(heard.packs == 2);
}

TEST_CASE("a line that is gone is an error worth retrying, and the next run reads on") {
    const TempDir folder;
    const auto link = folder / "meter";
    auto line = std::make_unique<PseudoLine>();
    std::filesystem::create_symlink(line->device(), link);
    LiveFeed feed(linky_settings({{"device", link.string()}}), ticking());
    const std::string frame = framed(historique("PAPP", "00100"));
    line->send(frame, std::chrono::milliseconds{50});
    std::stop_source never;
    int packs = 0;
    CHECK_THROWS_WITH_AS(feed.run(
                             [&](senml::Pack, std::vector<Refused>) {
                                 ++packs;
                                 line.reset();
                             },
                             never.get_token()),
                         doctest::Contains("the line is gone"), Error);
    CHECK(error_of(feed)->worth_retrying());  // the device does not exist now
    std::filesystem::remove(link);
    line = std::make_unique<PseudoLine>();
    std::filesystem::create_symlink(line->device(), link);
    line->send(frame, std::chrono::milliseconds{50});
    std::stop_source stop;
    feed.run(
        [&](senml::Pack, std::vector<Refused>) {
            ++packs;
            stop.request_stop();
        },
        stop.get_token());
    CHECK(packs == 2);
}

TEST_CASE("a silent line and a line of noise are given up after both speeds were tried") {
    PseudoLine line;
    auto given = briefly();
    given.emplace_back("device", line.device());
    LiveFeed feed(linky_settings(given), ticking());
    const auto silent = error_of(feed);
    REQUIRE(silent.has_value());
    CHECK(silent->worth_retrying());
    CHECK(std::string(silent->what()).find("at 9600 nor at 1200 baud") != std::string::npos);
    line.send("\x02\nxxxx\r\x03\x02garbage\x03", std::chrono::milliseconds{50});
    CHECK(error_of(feed).has_value());
}

TEST_CASE("a meter that falls silent ends the run") {
    PseudoLine line;
    auto given = briefly();
    given.emplace_back("device", line.device());
    LiveFeed feed(linky_settings(given), ticking());
    line.send(framed(historique("PAPP", "00100")), std::chrono::milliseconds{50});
    CHECK(error_of(feed).has_value());
}

TEST_CASE("a stop is noticed on a silent line") {
    PseudoLine line;
    LiveFeed feed(linky_settings({{"device", line.device()}}), ticking());
    std::stop_source stop;
    stop.request_stop();
    feed.run([](senml::Pack, std::vector<Refused>) {}, stop.get_token());
    CHECK(linky_tic_adapter().feed(linky_settings({})) == nullptr);
}
