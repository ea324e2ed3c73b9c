// The acceptance vectors as streams: however the bytes come, the readings are the same.
#include <array>

#include "cbor_bytes.hpp"
#include "streams.hpp"
#include "vector_cases.hpp"

using namespace courant::senml;
using namespace courant::senml::test;
using Json = nlohmann::json;

namespace {

struct Tally {
    std::size_t streams = 0;
    std::size_t readings = 0;
};

std::string input_in(Format format, const Json& test_case) {
    constexpr std::array labels = {"json", "xml", "cbor"};
    const std::string label = labels[static_cast<std::size_t>(format)];
    if (test_case.contains(label)) return test_case[label].get<std::string>();
    return hex(test_case.value(label + "_hex", ""));
}

// Once as a whole, split in two at every byte, and byte by byte.
void check_splits(Format format, std::string_view bytes, const StreamOptions& options, Time now,
                  Tally& tally) {
    const auto whole = stream(format, {bytes}, options, now);
    const auto agrees = [&](const Streamed& other) {
        return other.pack == whole.pack && other.verdict() == whole.verdict();
    };
    CHECK(agrees(stream_bytes(format, bytes, options, now)));
    std::size_t disagreements = 0;
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
        const std::vector pieces{bytes.substr(0, i), bytes.substr(i)};
        if (!agrees(stream(format, pieces, options, now))) ++disagreements;
    }
    CHECK(disagreements == 0);
    ++tally.streams;
    tally.readings += whole.pack.size();
}

// The same pack in CBOR, where it has an image there.
void check_in_cbor(std::string_view json, const StreamOptions& options, Time now,
                   const Pack& expected, Tally& tally) {
    const auto cbor =
        convert(Format::json, Format::cbor, json, {.now = now, .names = options.names});
    if (!cbor) return;
    check_splits(Format::cbor, *cbor, options, now, tally);
    const auto pack = read(Format::cbor, *cbor, {.now = now, .names = options.names});
    const auto streamed = stream(Format::cbor, {*cbor}, options, now);
    CHECK(streamed.verdict() == "");
    REQUIRE(pack);
    CHECK(streamed.pack == *pack);
    CHECK(streamed.pack.size() == expected.size());
}

void check_case(const Json& test_case, Format format, Tally& tally) {
    const std::string bytes = input_in(format, test_case);
    if (bytes.empty()) return;
    CAPTURE(test_case["id"].get<std::string>());
    const Time now = time_from(test_case.value("now", Json{}));
    StreamOptions options;
    if (test_case.value("profile", "") == "lwm2m") options.names = NameRule::lwm2m;
    check_splits(format, bytes, options, now, tally);
    const auto pack = read(format, bytes, {.now = now, .names = options.names});
    if (!pack) return;
    const auto streamed = stream(format, {bytes}, options, now);
    CHECK(streamed.verdict() == "");
    CHECK(streamed.pack == *pack);
    if (format == Format::json) check_in_cbor(bytes, options, now, *pack, tally);
}

void check_cases(Format format, std::size_t least) {
    if (!vectors()) return;
    Tally tally;
    for (const auto& file : std::filesystem::directory_iterator(*vectors() / "upstream")) {
        for (const Json& test_case : read_json_file(file.path())) {
            if (test_case.contains("id")) check_case(test_case, format, tally);
        }
    }
    CHECK(tally.streams >= least);
    MESSAGE(tally.streams, " streams, ", tally.readings, " readings");
}

void check_rfc_packs(Format format, const std::string& word, std::size_t least) {
    if (!vectors()) return;
    Tally tally;
    for (const Json& entry : read_json_file(*vectors() / "rfc8428/manifest.json")) {
        if (!entry["inputs"].contains(word)) continue;
        CAPTURE(entry["id"].get<std::string>());
        std::string bytes = read_bytes(*vectors() / entry["inputs"][word].get<std::string>());
        if (format == Format::cbor) bytes = hex(bytes);
        const Time now = time_from(entry.value("now", Json{}));
        check_splits(format, bytes, {}, now, tally);
        const auto streamed = stream(format, {bytes}, {}, now);
        CHECK(streamed.verdict() == "");
        const auto expected = *vectors() / entry["resolved"].get<std::string>();
        CHECK(difference(streamed.pack, read_json_file(expected)) == "");
    }
    CHECK(tally.streams >= least);
    MESSAGE(tally.streams, " streams, ", tally.readings, " readings");
}

}  // namespace

TEST_CASE("89 vectors: RFC 8428's packs and its stream, however the bytes come") {
    check_rfc_packs(Format::json, "json", 14);
    check_rfc_packs(Format::xml, "xml", 3);
    check_rfc_packs(Format::cbor, "cbor", 1);
}

TEST_CASE("89 vectors: the cases of other implementations as streams, right and wrong ones") {
    check_cases(Format::json, 250);
    check_cases(Format::xml, 10);
    check_cases(Format::cbor, 10);
}
