// The acceptance vectors: every case in JSON, XML or CBOR, and the tables.
//
// What does not hold, or is not for this library, stands in the lists below with its reason;
// nothing else is passed over, and an entry that has become untrue fails.
#include <doctest/doctest.h>

#include <map>

#include "cbor_bytes.hpp"
#include "senml/name.hpp"
#include "senml/units.hpp"
#include "vector_cases.hpp"

using namespace courant::senml;
using namespace courant::senml::test;
using Json = nlohmann::json;

namespace {

const std::map<std::string, std::string> no_packs = {
    {"core-wg-exi.json", "EXI dumps only"},
    {"silkeh-senml-numeric.json", "CBOR numbers without names, checked below"},
    {"time_precision.json", "times, checked below"},
};

const std::map<std::string, std::string> names_wider_than_sen1 = {
    {"a@s/b@t/x y", "the federation's names escape a blank as :20 in SenML spelling"},
    {"a@s/b@t/été", "the federation's names escape other characters as :XX of their UTF-8 bytes"},
};

std::optional<std::pair<Format, std::string>> input_of(const Json& test_case) {
    if (test_case.contains("json")) return {{Format::json, test_case["json"].get<std::string>()}};
    if (test_case.contains("xml")) return {{Format::xml, test_case["xml"].get<std::string>()}};
    if (test_case.contains("json_hex")) {
        return {{Format::json, hex(test_case["json_hex"].get<std::string>())}};
    }
    if (test_case.contains("xml_hex")) {
        return {{Format::xml, hex(test_case["xml_hex"].get<std::string>())}};
    }
    if (test_case.contains("cbor_hex")) {
        return {{Format::cbor, hex(test_case["cbor_hex"].get<std::string>())}};
    }
    return std::nullopt;
}

void check_rewriting(const Pack& pack, Format format, std::string_view bytes,
                     const ReadOptions& options) {
    if (options.names == NameRule::rfc8428) {
        for (const auto to : {Format::json, Format::xml, Format::cbor}) {
            const auto converted = convert(format, to, bytes, options);
            const bool control_characters = !converted && converted.error().rule == "RFC 8428 7";
            CHECK((control_characters || good(to, *converted, options) == pack));
        }
        for (const auto to : {Format::json, Format::cbor}) {
            const auto written = write(to, pack);
            if (!written || pack.empty()) continue;
            auto same_version = good(to, *written, options);
            same_version.set_version(pack.version());  // a secondary unit may have raised it
            CHECK(same_version == pack);
        }
    }
    if (pack.empty()) return;
    for (const auto to : {Format::json, Format::cbor}) {
        const auto resolved = write_resolved(to, pack);
        REQUIRE(resolved);
        CHECK(good(to, *resolved, options) == pack);
    }
}

void check_accepted(const Json& expected, Format format, std::string_view bytes,
                    const ReadOptions& options, bool chronological) {
    auto pack = read(format, bytes, options);
    if (!pack) {
        FAIL_CHECK("refused: ", pack.error().to_string());
        return;
    }
    check_rewriting(*pack, format, bytes, options);
    if (chronological) pack->sort_by_time();
    CHECK(difference(*pack, expected) == "");
}

void check_case(const Json& test_case) {
    const auto input = input_of(test_case);
    REQUIRE(input);
    const auto& [format, bytes] = *input;
    ReadOptions options{.now = time_from(test_case.value("now", Json{}))};
    if (test_case.value("profile", "") == "lwm2m") options.names = NameRule::lwm2m;
    const Json& verdict = test_case["rfc"];
    if (verdict["expect"] == "reject") {
        CHECK_FALSE(read(format, bytes, options));
        CHECK_FALSE(validate(format, bytes, options).empty());
        return;
    }
    CHECK(validate(format, bytes, options).empty());
    check_accepted(verdict["resolved"], format, bytes, options,
                   verdict.value("order", "pack") == "chrono");
}

// True, with a word about it, where there is nothing to compare with.
bool vectors_are_missing() {
    if (vectors()) return false;
    MESSAGE("the acceptance vectors are not here; set COURANT_SHARED to where they are");
    return true;
}

}  // namespace

TEST_CASE("vectors: the packs of RFC 8428") {
    if (vectors_are_missing()) return;
    std::size_t run = 0;
    std::size_t skipped = 0;
    for (const Json& entry : read_json_file(*vectors() / "rfc8428/manifest.json")) {
        CAPTURE(entry["id"].get<std::string>());
        const ReadOptions options{.now = time_from(entry.value("now", Json{}))};
        const bool stream = entry.value("media_type", "") == "application/sensml+json";
        for (const auto& [word, file] : entry["inputs"].items()) {
            const auto format = format_from(word);
            if (!format) {
                ++skipped;  // EXI, and what are no packs
                continue;
            }
            ++run;
            std::string bytes = read_bytes(*vectors() / file.get<std::string>());
            if (format == Format::cbor) bytes = hex(bytes);
            if (stream) {
                CHECK_FALSE(
                    read(*format, bytes, options));  // an array that never closes is no pack
                continue;
            }
            check_accepted(read_json_file(*vectors() / entry["resolved"].get<std::string>()),
                           *format, bytes, options, false);
            if (entry.contains("resolved_chronological")) {
                check_accepted(
                    read_json_file(*vectors() / entry["resolved_chronological"].get<std::string>()),
                    *format, bytes, options, true);
            }
        }
    }
    CHECK(run == 18);
    MESSAGE(run, " inputs run, ", skipped, " in EXI or of fragments left aside");
}

TEST_CASE("vectors: the cases of other implementations, by the RFC's verdict") {
    if (vectors_are_missing()) return;
    std::size_t run = 0;
    for (const auto& file : std::filesystem::directory_iterator(*vectors() / "upstream")) {
        if (no_packs.contains(file.path().filename().string())) continue;
        for (const Json& test_case : read_json_file(file.path())) {
            CAPTURE(test_case["id"].get<std::string>());
            check_case(test_case);
            ++run;
        }
    }
    CHECK(run == 205);
}

TEST_CASE("vectors: RFC 9100 versions and features") {
    if (vectors_are_missing()) return;
    const Json matrix = read_json_file(*vectors() / "rfc9100/version_matrix.json");
    for (const Json& test_case : matrix["cases"]) {
        CAPTURE(test_case.dump());
        ReadOptions options{.now = noon};
        options.features = 0;
        for (const Json& feature : test_case["supported_features"]) {
            options.features |= std::uint64_t{1} << feature.get<unsigned>();
        }
        const auto pack =
            R"([{"n":"a","bver":)" + test_case["bver"].dump() + R"(,"v":1,"bt":1e9}])";
        CHECK(json_fault(pack, options).empty() == (test_case["expect"] == "accept"));
    }
}

TEST_CASE("vectors: DEV URNs are names") {
    if (vectors_are_missing()) return;
    const Json urns = read_json_file(*vectors() / "rfc9039/dev_urns.json");
    for (const Json& urn : urns["valid"]) {
        CHECK(name_at(good_json(R"([{"n":)" + urn.dump() + R"(,"v":1}])"), 0) ==
              urn.get<std::string>());
    }
}

TEST_CASE("vectors: the content formats of RFC 9193 are unknown labels to us") {
    if (vectors_are_missing()) return;
    for (const auto* file :
         {"rfc9193/fig1.json", "rfc9193/fig2_record.json", "rfc9193/fig4.json"}) {
        CAPTURE(file);
        CHECK(json_fault(read_bytes(*vectors() / file)) == "");
    }
}

TEST_CASE("vectors: the registry of units") {
    if (vectors_are_missing()) return;
    const auto units = read_csv(*vectors() / "units/senml_units.csv");
    CHECK(units.size() == 67);
    for (const auto& row : units) {
        CAPTURE(row[0]);
        const bool discouraged = row.at(4) == "1";
        CHECK(unit_status(row[0]) ==
              (discouraged ? UnitStatus::not_recommended : UnitStatus::primary));
    }
    const auto secondary = read_csv(*vectors() / "units/secondary_units.csv");
    CHECK(secondary.size() == 39);
    for (const auto& row : secondary) {
        CAPTURE(row[0]);
        const auto unit = secondary_unit(row[0]);
        REQUIRE(unit);
        CHECK(unit_status(row[0]) == UnitStatus::secondary);
        CHECK(unit->primary == row.at(2));
        CHECK(unit_status(unit->primary) != UnitStatus::unregistered);
        CHECK(std::to_string(unit->offset) == row.at(4));
        CHECK(std::to_string(unit->numerator) == row.at(5));
        CHECK(std::to_string(unit->denominator) == row.at(6));
    }
}

TEST_CASE("vectors: conversions to primary units, to the nearest double") {
    if (vectors_are_missing()) return;
    const Json conversions = read_json_file(*vectors() / "units/conversion_vectors.json");
    for (const Json& test_case : conversions["cases"]) {
        CAPTURE(test_case.dump());
        const auto unit = secondary_unit(test_case["unit"].get<std::string>());
        REQUIRE(unit);
        CHECK(unit->primary == test_case["senml_unit"].get<std::string>());
        CHECK(to_primary(*unit, test_case["value"].get<double>()) ==
              test_case["expected_double"].get<double>());
    }
}

TEST_CASE("vectors: the names of the SEN1 study") {
    if (vectors_are_missing()) return;
    const Json names = read_json_file(*vectors() / "sen1/names.json");
    for (const Json& entry : names["accept"]) {
        const auto text = entry["name"].get<std::string>();
        CAPTURE(text);
        const auto name = Name::parse(text);
        REQUIRE(name);
        CHECK(name->app() == entry["parts"]["application"].get<std::string>());
        CHECK(name->app_server() == entry["parts"]["server1"].get<std::string>());
        CHECK(name->subject() == entry["parts"]["subject"].get<std::string>());
        CHECK(name->subject_server() == entry["parts"]["server2"].get<std::string>());
        CHECK(Json(name->path()) == entry["parts"]["path"]);
        CHECK(name->people() == text);
        CHECK(Name::parse(name->senml()) == name);
        const auto pack = R"([{"n":)" + entry["name"].dump() + R"(,"v":1}])";
        CHECK_FALSE(json_fault(pack).empty());
        CHECK(json_fault(pack, {.now = noon, .names = NameRule::federated}).empty());
    }
    for (const Json& entry : names["reject"]) {
        const auto text = entry["name"].get<std::string>();
        CAPTURE(text);
        CHECK(Name::parse(text).has_value() == names_wider_than_sen1.contains(text));
    }
    for (const Json& entry : names["split_bn_n"]) {
        const auto pack =
            "[{\"bn\":" + entry["bn"].dump() + ",\"n\":" + entry["n"].dump() + ",\"v\":1}]";
        CHECK(
            Name::parse(name_at(good_json(pack, {.now = noon, .names = NameRule::federated}), 0)));
    }
}

TEST_CASE("vectors: numbers and times beyond what a double holds") {
    if (vectors_are_missing()) return;
    for (const Json& entry : read_json_file(*vectors() / "upstream/silkeh-senml-numeric.json")) {
        for (std::size_t i = 0; i < entry["values_exact"].size(); ++i) {
            const auto exact = entry["values_exact"][i].get<std::string>();
            CHECK(parse_json_number(exact) ==
                  parse_json_number(entry["values_as_double"][i].get<std::string>()));
        }
        // The records have no name: the first one gets a base name for all.
        const auto bytes = hex(entry["cbor_hex"].get<std::string>());
        const auto pack =
            good(Format::cbor, bytes.substr(0, 1) + hex("a2 21 6161") + bytes.substr(2));
        REQUIRE(pack.size() == entry["values_as_double"].size());
        for (std::size_t i = 0; i < pack.size(); ++i) {
            CHECK(number_at(pack, i) ==
                  parse_json_number(entry["values_as_double"][i].get<std::string>()));
        }
    }
    for (const Json& entry : read_json_file(*vectors() / "upstream/time_precision.json")) {
        const auto text = entry["time"].get<std::string>();
        const auto span = parse_seconds(text);
        REQUIRE(span);
        std::string printed;
        append_seconds(printed, *span);
        CHECK(printed == text);
        if (entry.contains("double")) {
            CHECK(parse_json_number(printed) ==
                  parse_json_number(entry["double"].get<std::string>()));
        }
    }
}
