// The acceptance vectors of RFC 8790, each in JSON and in CBOR.
#include <array>

#include "packs.hpp"
#include "senml/etch.hpp"
#include "vector_cases.hpp"

using namespace courant::senml;
using namespace courant::senml::test;
using Json = nlohmann::json;

namespace {

// The target as our packs have it: a time for every record.
Json with_times(Json records, const std::string& now) {
    for (Json& record : records) {
        if (!record.contains("t")) record["t"] = Json::parse(now);
    }
    return records;
}

// Records as RFC 8428 section 6 writes them: labels are integers where it has some.
std::string cbor_of(const Json& records) {
    constexpr std::array labels = {"bver", "bn", "bt", "bu", "bv", "bs"};
    constexpr std::array regular = {"n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"};
    const auto key_of = [&](const std::string& label) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (label == labels[i]) return Json(-1 - static_cast<int>(i));
        }
        for (std::size_t i = 0; i < regular.size(); ++i) {
            if (label == regular[i]) return Json(i);
        }
        return Json(label);
    };
    std::string bytes(1, static_cast<char>(0x80 + records.size()));
    const auto append = [&bytes](const Json& item) {
        for (const std::uint8_t byte : Json::to_cbor(item)) bytes += static_cast<char>(byte);
    };
    for (const Json& record : records) {
        bytes += static_cast<char>(0xA0 + record.size());
        for (const auto& [label, value] : record.items()) {
            append(key_of(label));
            append(value);
        }
    }
    return bytes;
}

std::string request_of(Format format, const Json& test_case) {
    const Json& request = test_case["request"];
    return format == Format::json ? request.dump() : cbor_of(request);
}

void check_fetch(const Json& test_case, Format format, const Pack& target) {
    const auto wanted = FetchPack::read(format, request_of(format, test_case), {.now = noon});
    REQUIRE(wanted.has_value() == (test_case["expect"] == "accept"));
    if (!wanted) return;
    const Json expected = with_times(test_case["result_resolved_names_values"], "1600000000");
    CHECK(difference(fetch(target, *wanted), expected) == "");
}

void check_patch(const Json& test_case, Format format, Pack target) {
    const Pack before = target;
    const auto changes = PatchPack::read(format, request_of(format, test_case), {.now = noon});
    const bool done = changes && patch(target, *changes).has_value();
    REQUIRE(done == (test_case["expect"] == "accept"));
    if (!done) {
        CHECK(target == before);
    } else if (test_case.contains("result_resolved_names_values")) {
        const Json expected = with_times(test_case["result_resolved_names_values"], "1600000000");
        CHECK(difference(target, expected) == "");
        REQUIRE(patch(target, *changes));
        CHECK(difference(target, expected) == "");
    }
}

}  // namespace

TEST_CASE("92 to 97 vectors: the cases of RFC 8790") {
    if (!vectors()) return;
    std::size_t run = 0;
    for (const Json& test_case : read_json_file(*vectors() / "rfc8790/cases.json")) {
        CAPTURE(test_case["id"].get<std::string>());
        ++run;
        const auto op = test_case["op"].get<std::string>();
        if (op.starts_with("PARSE")) {
            for (const auto format : {Format::json, Format::cbor}) {
                CHECK_FALSE(read(format, request_of(format, test_case), {.now = noon}));
            }
            continue;
        }
        const Pack target = good_json(test_case["target"].dump());
        for (const auto format : {Format::json, Format::cbor}) {
            op == "FETCH" ? check_fetch(test_case, format, target)
                          : check_patch(test_case, format, target);
        }
    }
    CHECK(run == 22);
}
