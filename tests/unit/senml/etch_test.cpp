// Conformance points L (92 to 97): looking up and changing records.
#include "senml/etch.hpp"

#include "packs.hpp"
#include "senml/version.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

constexpr auto history = R"([{"bn":"a/","bt":1600000000,"n":"x","u":"W","v":1},)"
                         R"({"n":"x","u":"W","t":10,"v":2},{"n":"y","t":10,"vs":"z"}])";

std::string fetch_fault(std::string_view request, const ReadOptions& options = {.now = noon}) {
    const auto wanted = FetchPack::read(Format::json, request, options);
    return wanted ? std::string{} : wanted.error().to_string();
}

std::string patch_fault(std::string_view request, const ReadOptions& options = {.now = noon}) {
    const auto changes = PatchPack::read(Format::json, request, options);
    return changes ? std::string{} : changes.error().to_string();
}

std::string resolved(const Pack& pack) {
    return write_resolved(Format::json, pack).value();
}

std::string fetched(std::string_view target, std::string_view request) {
    const auto wanted = FetchPack::read(Format::json, request, {.now = noon});
    REQUIRE(wanted);
    return resolved(fetch(good_json(target), *wanted));
}

// The target after the patch, or what is wrong with it; applied twice, it must change no more.
std::string patched(std::string_view target, std::string_view request) {
    Pack pack = good_json(target);
    const Pack before = pack;
    const auto changes = PatchPack::read(Format::json, request, {.now = noon});
    REQUIRE(changes);
    const auto done = patch(pack, *changes);
    if (!done) {
        CHECK(pack == before);
        return done.error().to_string();
    }
    std::string once = resolved(pack);
    REQUIRE(patch(pack, *changes));
    CHECK(resolved(pack) == once);
    return once;
}

}  // namespace

TEST_CASE("92 a Fetch Pack has names, times and units, and nothing else") {
    for (const auto* label : {"v", "bv", "s", "bs", "ut", "bver"}) {
        CHECK(fetch_fault(R"([{"n":"a",")" + std::string{label} + R"(":11}])") ==
              "record 1: label '" + std::string{label} +
                  "' has no place in a fetch (RFC 8790 3.1)");
    }
    for (const auto* field : {R"("vs":"")", R"("vb":true)", R"("vd":"")", R"("x":1)", R"("x_":1)",
                              R"("bx":1)", R"("v":null)"}) {
        CAPTURE(field);
        CHECK(fetch_fault(R"([{"n":"a",)" + std::string{field} + "}]") != "");
    }
    CHECK(fetch_fault(R"([{"n":"a"},{"u":"W"}])") == "record 2: neither n nor bn (RFC 8790 3.1)");
    CHECK(fetch_fault(R"([{"bn":"a"},{}])") == "record 2: neither n nor bn (RFC 8790 3.1)");
    CHECK(fetch_fault("[]") == "pack: a pack without records (RFC 8428 3)");
    CHECK(fetch_fault(R"([{"n":"a b"}])") != "");
    CHECK(fetch_fault(R"([{"bn":""}])") == "record 1: the name is empty (RFC 8428 4.5.1)");
    CHECK(fetch_fault(R"([{"bn":"a","bt":1,"bu":"W"},{"n":"b","t":1,"u":"kWh"}])",
                      {.now = noon, .profile = Profile::strict}) == "");
    CHECK(fetch_fault(R"([{"n":"a","u":"kWh"}])", {.now = noon, .features = 0}) == "");
    CHECK(FetchPack::read(Format::xml, sensml("<senml n='a'/>"), {}).error().to_string() ==
          "pack: there are no such requests in XML (RFC 8790 3)");
}

TEST_CASE("93 a fetch matches by resolved name, and by time and unit where they are given") {
    CHECK(fetched(history, R"([{"n":"a/x"}])") ==
          R"([{"n":"a/x","u":"W","t":1600000000,"v":1},{"n":"a/x","u":"W","t":1600000010,"v":2}])");
    CHECK(fetched(history, R"([{"bn":"a/","bt":1600000010,"n":"x"}])") ==
          R"([{"n":"a/x","u":"W","t":1600000010,"v":2}])");
    CHECK(fetched(history, R"([{"bt":1600000000,"bn":"a/x"},{"n":"","t":5}])") ==
          R"([{"n":"a/x","u":"W","t":1600000000,"v":1}])");
    CHECK(fetched(history, R"([{"n":"a/x","t":0}])") ==
          R"([{"n":"a/x","u":"W","t":1600000000,"v":1}])");
    CHECK(fetched(history, R"([{"n":"a/y","u":"W"},{"n":"a/x","u":""}])") == "[]");
    CHECK(fetched(history, R"([{"n":"a/"},{"n":"a"}])") == "[]");
    const auto wanted =
        FetchPack::read(Format::json, R"([{"n":"b","t":1e9},{"n":"c","u":"W"}])", {});
    REQUIRE(wanted);
    REQUIRE(wanted->size() == 2);
    CHECK((*wanted)[0].time == from_unix_seconds(1'000'000'000));
    CHECK_FALSE((*wanted)[0].unit);
    CHECK_FALSE((*wanted)[1].time);
    CHECK((*wanted)[1].unit == "W");
}

TEST_CASE("93 what a fetch finds is in the target's order, each record once") {
    CHECK(fetched(history, R"([{"n":"a/y"},{"n":"a/x","t":1600000010},{"n":"a/x","u":"W"}])") ==
          fetched(history, R"([{"n":"a/x"},{"n":"a/y"}])"));
    auto target = good_json(R"([{"n":"a","bver":26,"u":"kWh","v":1,"s":2}])");
    const auto wanted = FetchPack::read(Format::json, R"([{"n":"a"}])", {});
    CHECK(fetch(target, *wanted) == target);
    CHECK(fetch(Pack{}, *wanted).empty());
    CHECK_FALSE(write(Format::json, fetch(Pack{}, *wanted)));
}

TEST_CASE("94 a Patch Record replaces the record of its name, time and unit, or is added") {
    CHECK(patched(history, R"([{"n":"a/x","u":"W","t":1600000010,"vb":true,"s":1}])") ==
          R"([{"n":"a/x","u":"W","t":1600000000,"v":1},)"
          R"({"n":"a/x","u":"W","t":1600000010,"vb":true,"s":1},)"
          R"({"n":"a/y","t":1600000010,"vs":"z"}])");
    CHECK(patched(R"([{"n":"a","v":1}])", R"([{"n":"a","v":2}])") ==
          R"([{"n":"a","t":1600000000,"v":2}])");
    CHECK(patched(R"([{"n":"a","u":"W","v":1}])", R"([{"n":"a","v":2}])") ==
          R"([{"n":"a","u":"W","t":1600000000,"v":1},{"n":"a","t":1600000000,"v":2}])");
    CHECK(patched(R"([{"n":"a","t":-5,"v":1}])", R"([{"n":"a","t":-6,"v":2}])") ==
          R"([{"n":"a","t":1599999995,"v":1},{"n":"a","t":1599999994,"v":2}])");
    CHECK(patched(R"([{"n":"a","v":1}])", R"([{"bn":"b","bt":-1,"bu":"W","s":2}])") ==
          R"([{"n":"a","t":1600000000,"v":1},{"n":"b","u":"W","t":1599999999,"s":2}])");
}

TEST_CASE("94 a Patch Record has a value or a sum of its own") {
    CHECK(patch_fault(R"([{"n":"a"}])") == "record 1: no value and no sum (RFC 8790 3.2)");
    CHECK(patch_fault(R"([{"bn":"a","bv":1}])") != "");
    CHECK(patch_fault(R"([{"n":"a","v":1,"vs":""}])") != "");
    CHECK(patch_fault(R"([{"n":"a","v":null,"vs":""}])") != "");
    CHECK(patch_fault("[]") != "");
    CHECK(patch_fault(R"([{"v":1}])") != "");
    CHECK(patch_fault(R"([{"n":"a","s":1}])") == "");
    CHECK_FALSE(PatchPack::read(Format::xml, sensml("<senml n='a' v='1'/>"), {}));
}

TEST_CASE("94 a Patch Record that may mean several records is refused") {
    const std::string fault = "record 1: it matches more than one record (RFC 8790 3.2)";
    CHECK(patched(history, R"([{"n":"a/x","v":5}])") == fault);
    CHECK(patched(history, R"([{"n":"a/x","v":null}])") == fault);
    CHECK(patched(history, R"([{"n":"a/x","u":"W","v":null}])") == fault);
    constexpr auto units = R"([{"n":"a","u":"W","v":1},{"n":"a","u":"V","v":1}])";
    CHECK(patched(units, R"([{"n":"a","t":0,"v":5}])") == fault);
    CHECK(patched(units, R"([{"n":"a","t":1,"v":5}])") != fault);
    constexpr auto twins = R"([{"n":"a","v":1},{"n":"a","v":2}])";
    CHECK(patched(twins, R"([{"n":"a","v":3}])") == fault);
}

TEST_CASE("95 a null value removes what a fetch would find, and is never added") {
    CHECK(patched(history, R"([{"n":"a/x","t":1600000000,"v":null},{"n":"a/y","v":null}])") ==
          R"([{"n":"a/x","u":"W","t":1600000010,"v":2}])");
    CHECK(patched(history, R"([{"n":"a/y","v":null,"s":1},{"n":"b","v":null}])") ==
          R"([{"n":"a/x","u":"W","t":1600000000,"v":1},{"n":"a/x","u":"W","t":1600000010,"v":2}])");
    CHECK(patched(R"([{"n":"a","v":1}])", R"([{"n":"a","v":null}])") == "[]");
    CHECK(patched(R"([{"n":"a","v":1}])", R"([{"n":"a","u":"W","v":null}])") ==
          R"([{"n":"a","t":1600000000,"v":1}])");
    for (const auto* label : {"s", "bv", "t", "vs", "n"}) {
        CHECK(patch_fault(R"([{"n":"a","v":1,")" + std::string{label} + R"(":null}])") != "");
    }
}

TEST_CASE("96 Patch Records apply in their order, all or none") {
    CHECK(patched(R"([{"n":"a","v":1}])",
                  R"([{"n":"a","v":null},{"n":"b","v":1},{"n":"a","v":2},{"n":"b","v":3}])") ==
          R"([{"n":"b","t":1600000000,"v":3},{"n":"a","t":1600000000,"v":2}])");
    Pack pack = good_json(R"([{"n":"a","v":1}])");
    const auto apply = [&](std::string_view request) {
        return patch(pack, *PatchPack::read(Format::json, request, {.now = noon}));
    };
    REQUIRE(apply(R"([{"n":"b","v":1},{"n":"b","v":2},{"n":"a","v":null},{"n":"c","v":0}])"));
    CHECK(resolved(pack) == R"([{"n":"b","t":1600000000,"v":2},{"n":"c","t":1600000000,"v":0}])");
    const Pack before = pack;
    const auto refused = apply(
        R"([{"n":"b","v":null},{"n":"c","u":"W","v":0},{"n":"c","u":"V","v":0},{"n":"c","v":null}])");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().record == 4);
    CHECK(pack == before);
}

TEST_CASE("97 nothing must be understood in a patch, and unknown fields are data") {
    constexpr auto request = R"([{"n":"a","v":1,"foo_":{"x":[1]},"far":2}])";
    Pack dropped = good_json(R"([{"n":"a","v":0}])");
    REQUIRE(patch(dropped, *PatchPack::read(Format::json, request, {.now = noon})));
    CHECK(dropped.extra(0).unknown.empty());
    const ReadOptions keeping{.now = noon, .unknown = Unknown::keep};
    Pack kept = good_json(R"([{"n":"a","v":0}])");
    REQUIRE(patch(kept, *PatchPack::read(Format::json, request, keeping)));
    REQUIRE(kept.extra(0).unknown.size() == 2);
    CHECK(kept.extra(0).unknown[0].label == "foo_");
    CHECK(kept.extra(0).unknown[0].json == R"({"x":[1]})");
}

TEST_CASE("97 a patch has no version of its own, unless it says one") {
    const auto version_after = [](std::uint64_t before, std::string_view request) {
        Pack pack = good_json(R"([{"n":"a","v":0}])");
        pack.set_version(before);
        const auto changes =
            PatchPack::read(Format::json, request,
                            {.now = noon, .features = feature(secondary_units) | feature(5)});
        REQUIRE(changes);
        return patch(pack, *changes) ? pack.version() : 0;
    };
    CHECK(version_after(10, R"([{"n":"a","v":1}])") == 10);
    CHECK(version_after(5, R"([{"n":"a","v":1}])") == 5);
    CHECK(version_after(26, R"([{"n":"a","u":"kWh","v":1}])") == 26);
    CHECK(version_after(10, R"([{"n":"a","v":1},{"bver":26,"n":"b","v":1}])") == 26);
    CHECK(version_after(26, R"([{"bver":42,"n":"a","v":1}])") == 58);
    CHECK(version_after(5, R"([{"bver":10,"n":"a","v":1}])") == 0);
    CHECK(version_after(5, R"([{"bver":5,"n":"a","v":1}])") == 5);
    CHECK(version_after(10, R"([{"n":"a","v":1},{"bver":42,"n":"b","v":1}])") == 42);
    const auto legacy = PatchPack::read(Format::json, R"([{"bver":5,"n":"a","v":1}])", {});
    REQUIRE(legacy);
    CHECK(legacy->version() == 5);
    CHECK(legacy->records().version() == 5);
    Pack empty;
    REQUIRE(patch(empty, *legacy));
    CHECK(empty.version() == 5);
    CHECK_FALSE(PatchPack::read(Format::json, R"([{"n":"a","v":1}])", {})->version());
    CHECK(patch_fault(R"([{"bver":26,"n":"a","v":1},{"bver":10,"n":"a","v":1}])") ==
          "record 2: bver differs (RFC 8428 4.4)");
    CHECK(patch_fault(R"([{"n":"a","v":1,"bver":42}])") ==
          "record 1: bver 42 is not understood (RFC 9100 2.2)");
    CHECK(patch_fault(R"([{"n":"a","u":"kWh","v":1}])",
                      {.now = noon, .profile = Profile::strict}) == "");
}

TEST_CASE("versions above 10 are sets of features") {
    CHECK(version_of(0) == 10);
    CHECK(version_of(feature(secondary_units)) == 26);
    CHECK(version_of(feature(last_feature)) == (std::uint64_t{1} << 52) + 10);
    CHECK(features_of(26) == feature(4));
    CHECK(features_of(58) == (feature(4) | feature(5)));
    CHECK(features_of(10) == 0);
    CHECK(features_of(5) == 0);
}
