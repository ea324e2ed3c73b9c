// The frames of the meter, whatever happens to them on the line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/linky-tic/horodate.hpp"
#include "adapters/linky-tic/tic.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/adapters/linky-tic/bench_meter.hpp"

#include <fstream>
#include <iterator>
#include <map>

using namespace courant::linky;
using namespace courant::test;

namespace {

std::string label_of(std::string_view bytes) {
    const auto group = parse_group(bytes);
    return group ? group->label : "refused: " + group.error();
}

const std::string two_frames =
    framed(historique("ADCO", "000000000000") + historique("BASE", "012345678") +
           historique("PAPP", "00750")) +
    framed(standard("DATE\tE260923161039", "") + standard("EAST", "012345678") +
           standard("SINSTS", "00300"));

}  // namespace

TEST_CASE("groups quoted from real meters, whose checksums are blanks and points too") {
    CHECK(label_of("ADCO 030422000048 .") == "ADCO");
    CHECK(label_of("PTEC HP..  ") == "PTEC");
    CHECK(label_of("DATE\tH190323161039\t\tG") == "DATE");
    CHECK(label_of("CCASN-1\tH190323153000\t00084\t ") == "CCASN-1");
    CHECK(label_of("MSG1\tPAS DE          MESSAGE         \t<") == "MSG1");
    CHECK(label_of("BBRHCJB 018328856 F") == "BBRHCJB");
    CHECK(label_of("PAPP 02840 /") == "PAPP");
}

TEST_CASE("a DATE whose empty field was lost in quoting does not pass") {
    CHECK(label_of("DATE\tH190323161039\tG").starts_with("refused: wrong checksum"));
}

TEST_CASE("the parts of a group, in both modes") {
    CHECK(*parse_group("PTEC HP..  ") ==
          Group{.mode = Mode::historique, .label = "PTEC", .horodate = {}, .data = "HP.."});
    CHECK(*parse_group("DATE\tH190323161039\t\tG") ==
          Group{.mode = Mode::standard, .label = "DATE", .horodate = "H190323161039", .data = ""});
    CHECK(*parse_group("CCASN-1\tH190323153000\t00084\t ") == Group{.mode = Mode::standard,
                                                                    .label = "CCASN-1",
                                                                    .horodate = "H190323153000",
                                                                    .data = "00084"});
}

TEST_CASE("what is no group says why") {
    CHECK(label_of("").starts_with("refused: too short"));
    CHECK(label_of("PAPP 02840x/").starts_with("refused: no separator"));
    CHECK(label_of("PAPP 02841 /") == "refused: wrong checksum: \"/\" where \"0\" is right");
    const std::string four = "A\tB\tC\tD\t";
    CHECK(label_of(four + sum(four)) == "refused: too many fields");
    const std::string none = " 123";
    CHECK(label_of(none + ' ' + sum(none)) == "refused: no label");
}

TEST_CASE("the checksum of a group is the one of the test, for every possible sum") {
    for (int i = 0; i < 256; ++i) {
        const std::string covered = "LABEL " + std::string(static_cast<std::size_t>(i), 'x');
        CHECK(checksum(covered) == sum(covered));
    }
}

TEST_CASE("frames of both modes, one after the other") {
    const auto frames = frames_of(two_frames);
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].groups.size() == 3);
    CHECK(frames[0].ending == Ending::complete);
    CHECK(frames[1].groups[1] ==
          Group{.mode = Mode::standard, .label = "EAST", .horodate = {}, .data = "012345678"});
    CHECK(frames[0].begin == 0);
    CHECK(frames[0].end == frames[1].begin);
    CHECK(frames[1].end == two_frames.size());
}

TEST_CASE("bytes read as eight bits carry their parity, which does not matter") {
    std::string with_parity;
    for (const char c : two_frames) {
        const auto byte = static_cast<unsigned>(c);
        with_parity +=
            static_cast<char>(byte | ((__builtin_popcount(byte) & 1U) != 0 ? 0x80U : 0U));
    }
    CHECK(frames_of(with_parity) == frames_of(two_frames));
}

TEST_CASE("whoever joins in the middle of a frame gets the next ones, whole") {
    const auto whole = frames_of(two_frames);
    for (std::size_t missing = 1; missing < whole[0].end; ++missing) {
        const auto frames = frames_of(std::string_view(two_frames).substr(missing));
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].groups == whole[1].groups);
        CHECK(frames[0].bad.empty());
    }
}

TEST_CASE(
    "any single garbled byte costs at most the groups that it touches, never a wrong value, never "
    "the next frame") {
    const auto whole = frames_of(two_frames);
    for (std::size_t at = 0; at < whole[0].end; ++at) {
        for (const int flip : {0x01, 0x08, 0x20}) {
            std::string garbled = two_frames;
            garbled[at] = static_cast<char>(garbled[at] ^ flip);
            std::vector<Group> groups;
            for (const auto& frame : frames_of(garbled))
                for (const auto& group : frame.groups) groups.push_back(group);
            std::size_t wrong = 0;
            for (const auto& group : groups) {
                bool sent = false;
                for (const auto& frame : whole)
                    for (const auto& good : frame.groups) sent = sent || good == group;
                if (!sent) ++wrong;
            }
            CHECK(wrong == 0);
            REQUIRE(groups.size() >= 3);
            CHECK(std::vector<Group>(groups.end() - 3, groups.end()) == whole[1].groups);
        }
    }
}

TEST_CASE(
    "a wrong checksum costs its group; the frame's other groups stand, and the bytes are shown") {
    std::string bytes = framed(historique("BASE", "012345678") + historique("PAPP", "00750") +
                               historique("IINST", "003"));
    bytes[bytes.find("00750")] = '9';
    const auto frames = frames_of(bytes);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].groups.size() == 2);
    REQUIRE(frames[0].bad.size() == 1);
    CHECK(frames[0].bad[0].bytes.starts_with("PAPP 90750 "));
    CHECK(frames[0].bad[0].offset == bytes.find("\nPAPP"));
}

TEST_CASE("EOT withdraws the frame, and the next one is whole") {
    const auto frames =
        frames_of("\x02" + historique("BASE", "012345678") + "\nPAP\x04" + two_frames);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].ending == Ending::withdrawn);
    CHECK(frames[1].ending == Ending::complete);
}

TEST_CASE("a frame without its ETX ends where the next one begins, and its groups stand") {
    const auto frames = frames_of("\x02" + historique("BASE", "012345678") + two_frames);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].ending == Ending::cut);
    CHECK(frames[0].groups.size() == 1);
    CHECK(frames[0].end == frames[1].begin);
}

TEST_CASE(
    "a line that never ends a frame needs no more memory than one frame, and the next frame is "
    "found") {
    std::string noise = "\x02";
    noise.append(5 * Decoder::max_frame, 'x');
    const auto frames = frames_of(noise + two_frames);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].ending == Ending::too_long);
    CHECK(frames[0].end == Decoder::max_frame);
    CHECK(frames[1].groups.size() == 3);
}

TEST_CASE("a copy of the decoder at every byte goes on as the decoder itself does") {
    const auto whole = frames_of(two_frames);
    Decoder decoder;
    std::vector<Frame> before;
    for (std::size_t cut = 0; cut < two_frames.size(); ++cut) {
        Decoder copy = decoder;
        auto frames = before;
        for (std::size_t i = cut; i < two_frames.size(); ++i)
            if (auto frame = copy.take(two_frames[i])) frames.push_back(*std::move(frame));
        REQUIRE(frames == whole);
        if (auto frame = decoder.take(two_frames[cut])) before.push_back(*std::move(frame));
    }
}

TEST_CASE("bytes are shown so that every one can be seen") {
    CHECK(escaped("A\t\x03\\\x7F"
                  "B") == "A\\x09\\x03\\\\\\x7FB");
}

TEST_CASE(
    "horodates: summer is two hours ahead of UTC, winter one, a small letter means an unsure "
    "clock") {
    const auto seconds = [](std::string_view text) {
        return parse_horodate(text)->time.time_since_epoch() / std::chrono::seconds{1};
    };
    CHECK(seconds("E260923161039") == 1'790'172'639);
    CHECK(seconds("H190323161039") == 1'553'353'839);
    CHECK(parse_horodate("e260923161039")->clock == ClockState::degraded);
    CHECK(parse_horodate("E260923161039")->clock == ClockState::good);
    for (const char* text : {"", " 260923161039", "E26092316103", "E261323161039", "E2609231610390",
                             "E26092 161039", "E-60923161039"})
        CHECK_FALSE(parse_horodate(text).has_value());
}

TEST_CASE("times in settings need their offset") {
    const auto at = parse_iso_time("2026-09-23T16:10:39+02:00");
    REQUIRE(at.has_value());
    CHECK(at->time_since_epoch() / std::chrono::seconds{1} == 1'790'172'639);
    CHECK(parse_iso_time("2026-09-23 14:10:39Z") == at);
    CHECK(parse_iso_time("2026-09-23T09:10:39-0500") == at);
    for (const char* text :
         {"", "2026-09-23T16:10:39", "2026-02-30T00:00:00Z", "yesterday", "2026-09-23T16:10:39Zx"})
        CHECK_FALSE(parse_iso_time(text).has_value());
}

TEST_CASE(
    "a capture of a real meter yields exactly its valid groups: 160 in 10 frames, 16 labels in "
    "each") {
    const auto path = shared_file("data/linky-tic-historique-capture.bin");
    if (!path) {
        MESSAGE("the capture is not here; nothing was tested");
        return;
    }
    std::ifstream in(*path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});

    // The oracle knows nothing of frames: what lies between control characters and sums up is a
    // group.
    std::vector<std::string> expected;
    std::string piece;
    for (const char c : bytes) {
        if (c >= ' ') {
            piece += c;
            continue;
        }
        if (piece.size() > 3 && sum(piece.substr(0, piece.size() - 2)) == piece.back())
            expected.push_back(piece);
        piece.clear();
    }

    std::vector<std::string> found;
    std::map<std::string, int> labels;
    const auto frames = frames_of(bytes);
    for (const auto& frame : frames) {
        CHECK(frame.ending == Ending::complete);
        CHECK(frame.bad.empty());
        for (const auto& group : frame.groups) {
            const std::string covered = group.label + ' ' + group.data;
            found.push_back(covered + ' ' + sum(covered));
            ++labels[group.label];
        }
    }
    CHECK(found == expected);
    CHECK(frames.size() == 10);
    CHECK(found.size() == 160);
    CHECK(labels.size() == 16);
    CHECK(labels["PAPP"] == 10);
}
