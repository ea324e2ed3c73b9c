// The source and the history against an API of the test's own: turns, faults of single items, time
// limits.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "tests/support/zabbix/zabbix_settings.hpp"
#include "tests/unit/adapters/zabbix/fake_zabbix.hpp"

using namespace courant;
using namespace std::chrono_literals;
using namespace courant::test;
using nlohmann::json;

namespace {

constexpr std::int64_t today = 1'795'150'000;

/// Answers item.get and history.get from items of host "roof" whose key is their number.
class FakeZabbix {
  public:
    FakeZabbix() : server_(http_whole, [this](std::string_view r) { return answer(r); }) {}

    /// Item `id` gets `count` values, one a second, up to `last`.
    void fill(const std::string& id, std::int64_t last, int count) {
        for (int i = 0; i < count; ++i) history_[id].emplace_back(last - count + 1 + i, 0);
    }
    void put(const std::string& id, std::int64_t clock, int ns) {
        history_[id].emplace_back(clock, ns);
    }
    void refuse_item(const std::string& id) { refused_.insert(id); }
    void break_item(const std::string& id) { broken_.insert(id); }
    std::string url() const { return "http://" + server_.address(); }

  private:
    std::string answer(std::string_view request) {
        const json body = json::parse(http_body(request));
        if (body["method"] == "apiinfo.version") return say("6.0.14");
        if (body["method"] == "item.get") return say(items());
        const std::string id = body["params"]["itemids"][0];
        if (broken_.contains(id)) return http_answer(502, "");
        if (refused_.contains(id))
            return http_answer(200, R"({"error":{"code":-32500,"data":"No permissions"}})");
        return say(page(history_[id], body["params"]));
    }

    json items() const {
        json list = json::array();
        for (const auto& [id, history] : history_)
            list.push_back({{"itemid", id},
                            {"key_", id},
                            {"value_type", "0"},
                            {"units", "W"},
                            {"hosts", {{{"host", "roof"}}}}});
        return list;
    }

    static json page(std::vector<std::pair<std::int64_t, int>> points, const json& wanted) {
        // Within a second in any order, as Zabbix does.
        std::ranges::stable_sort(points, {}, &std::pair<std::int64_t, int>::first);
        json rows = json::array();
        for (const auto& [clock, ns] : points) {
            if (clock < wanted["time_from"] || clock > wanted["time_till"]) continue;
            if (rows.size() == wanted["limit"].get<std::size_t>()) break;
            rows.push_back(
                {{"clock", std::to_string(clock)}, {"ns", std::to_string(ns)}, {"value", "1.5"}});
        }
        return rows;
    }

    static std::string say(const json& result) {
        return http_answer(200, json{{"result", result}}.dump());
    }

    std::map<std::string, std::vector<std::pair<std::int64_t, int>>> history_;
    std::set<std::string> refused_, broken_;
    FakeServer server_;
};

Settings series(const std::string& key) {
    return table({{"name", "zabbix@town.example/roof@town.example/" + key},
                  {"host", std::string("roof")},
                  {"key", key}});
}

Settings settings_for(const std::string& url, std::vector<Settings> tables,
                      const Pairs& more = {}) {
    Pairs pairs{{"url", url}, {"token", std::string("t")}, {"series", std::move(tables)}};
    pairs.insert(pairs.end(), more.begin(), more.end());
    return zabbix_settings(pairs);
}

std::unique_ptr<Source> source_for(const Settings& settings) {
    return zabbix_adapter().source(settings);
}

Call call_at(std::int64_t now, std::size_t most = 10'000, std::chrono::milliseconds time = 20s) {
    return {.now = senml::from_unix_seconds(now),
            .deadline = std::chrono::steady_clock::now() + time,
            .stop = {},
            .max_readings = most};
}

std::size_t readings_of(const senml::Pack& pack, const std::string& key) {
    const std::string name = "zabbix:town.example/roof:town.example/" + key;
    return static_cast<std::size_t>(std::ranges::count_if(
        pack.records(), [&](const senml::Record& r) { return pack.name(r.name) == name; }));
}

}  // namespace

TEST_CASE("a first extraction of any length is completed pull by pull") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 2500);
    const auto source =
        source_for(settings_for(zabbix.url(), {series("1")}, {{"page", std::int64_t{100}}}));
    std::string cursor;
    std::size_t total = 0;
    int pulls = 0;
    bool more = true;
    while (more) {
        const Extraction out = source->pull(cursor, call_at(today, 400));
        CHECK(out.readings.size() <= 500);
        total += out.readings.size();
        cursor = out.cursor;
        more = out.more;
        REQUIRE(++pulls < 100);
    }
    CHECK(total == 2500);
    CHECK(source->pull(cursor, call_at(today + 1)).readings.empty());
}

TEST_CASE("an item may be named by its number, and its unit by the configuration") {
    FakeZabbix zabbix;
    zabbix.fill("42", today, 1);
    const auto source = source_for(settings_for(
        zabbix.url(), {table({{"name", std::string("zabbix@town.example/roof@town.example/42")},
                              {"itemid", std::string("42")},
                              {"unit", std::string("kWh")}})}));
    const Extraction out = source->pull({}, call_at(today));
    REQUIRE(out.readings.size() == 1);
    CHECK(out.readings[0].number == 5'400'000.0);
    CHECK(out.readings.unit(out.readings[0].unit) == "J");
}

TEST_CASE("the same cursor brings the same readings again") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 50);
    const auto source = source_for(settings_for(zabbix.url(), {series("1")}));
    const Extraction once = source->pull({}, call_at(today));
    const Extraction again = source->pull({}, call_at(today));
    CHECK(once.readings == again.readings);
    CHECK(once.cursor == again.cursor);
}

TEST_CASE("`start` says how far back, and does not move on while nothing comes") {
    FakeZabbix zabbix;
    zabbix.fill("1", today - 1000, 50);
    zabbix.fill("2", today - 50, 100);
    const auto source = source_for(settings_for(zabbix.url(), {series("1"), series("2")},
                                                {{"start", std::chrono::nanoseconds(100s)}}));
    const Extraction first = source->pull({}, call_at(today));
    CHECK(readings_of(first.readings, "1") == 0);
    CHECK(readings_of(first.readings, "2") == 51);
    zabbix.fill("1", today - 90, 1);
    CHECK(readings_of(source->pull(first.cursor, call_at(today + 500)).readings, "1") == 1);
}

TEST_CASE("a long backlog takes turns with the other series") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 5000);
    zabbix.fill("2", today, 10);
    const auto source = source_for(
        settings_for(zabbix.url(), {series("1"), series("2")}, {{"page", std::int64_t{100}}}));
    const Extraction out = source->pull({}, call_at(today, 300));
    CHECK(readings_of(out.readings, "2") == 10);
    CHECK(out.more);
}

TEST_CASE("an item that is missing or refused is reported once and stops no other") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 5);
    zabbix.fill("2", today, 5);
    zabbix.refuse_item("2");
    const auto source =
        source_for(settings_for(zabbix.url(), {series("gone"), series("2"), series("1")}));
    const Extraction first = source->pull({}, call_at(today));
    CHECK(readings_of(first.readings, "1") == 5);
    REQUIRE(first.refused.size() == 2);
    CHECK(first.refused[0].where.find("roof: gone") != std::string::npos);
    CHECK(first.refused[1].reason.find("No permissions") != std::string::npos);
    const Extraction second = source->pull(first.cursor, call_at(today));
    CHECK(second.refused.empty());
    CHECK_FALSE(second.more);

    zabbix.fill("gone", today, 3);
    const Extraction mended = source->pull(second.cursor, call_at(today));
    CHECK(readings_of(mended.readings, "gone") == 3);
}

TEST_CASE("if no series can be read, the pull fails and says which") {
    FakeZabbix zabbix;
    const auto source = source_for(settings_for(zabbix.url(), {series("gone")}));
    CHECK_THROWS_WITH_AS(source->pull({}, call_at(today)), doctest::Contains("roof: gone"), Error);
}

TEST_CASE("what was read before a fault is kept, and the next pull meets the fault first") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 5);
    zabbix.fill("2", today, 5);
    zabbix.break_item("2");
    const auto source = source_for(settings_for(zabbix.url(), {series("1"), series("2")}));
    const Extraction first = source->pull({}, call_at(today));
    CHECK(first.readings.size() == 5);
    CHECK(first.more);
    try {
        source->pull(first.cursor, call_at(today));
        FAIL("the fault was passed over");
    } catch (const Error& error) {
        CHECK(error.worth_retrying());
    }
}

TEST_CASE("an upstream that never answers is over by the deadline") {
    const SilentServer silent;
    const auto source = source_for(settings_for("http://" + silent.address(), {series("1")}));
    const auto begin = std::chrono::steady_clock::now();
    try {
        source->pull({}, call_at(today, 10, 300ms));
        FAIL("answered");
    } catch (const Error& error) {
        CHECK(error.worth_retrying());
    }
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("settings that cannot work are refused at their place") {
    const std::vector<Settings> good{series("1")};
    const std::string url = "https://zabbix.example";
    CHECK_NOTHROW(source_for(settings_for(url, good)));
    CHECK_THROWS_AS(source_for(settings_for("zabbix.example", good)), ConfigError);
    CHECK_THROWS_AS(source_for(settings_for(url, {})), ConfigError);
    CHECK_THROWS_AS(source_for(settings_for(url, {series("1"), series("1")})), ConfigError);
    CHECK_THROWS_AS(source_for(settings_for(url, good, {{"page", std::int64_t{0}}})), ConfigError);
    CHECK_THROWS_AS(source_for(settings_for(url, good, {{"user", std::string("u")}})), ConfigError);
    CHECK_THROWS_AS(source_for(zabbix_settings({{"url", url}, {"series", good}})), ConfigError);
    CHECK_THROWS_AS(source_for(zabbix_settings({{"series", good}})), ConfigError);
    Settings watts = series("1");
    watts.set("unit", std::string("watts"));
    CHECK_THROWS_AS(source_for(settings_for(url, {watts})), ConfigError);
    Settings both = series("1");
    both.set("itemid", std::string("42"));
    CHECK_THROWS_AS(source_for(settings_for(url, {both})), ConfigError);
}

TEST_CASE("a range of the past comes in order, also where a page ends within a second") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 100);
    // The page of 3 ends after the first of these.
    for (const int ns : {900, 100, 500}) zabbix.put("1", today + 3, ns);
    zabbix.fill("1", today + 9, 3);
    const auto history = zabbix_adapter().history(
        settings_for(zabbix.url(), {series("1")}, {{"page", std::int64_t{3}}}));
    const std::string name = "zabbix:town.example/roof:town.example/1";
    REQUIRE(history->speaks(name));
    CHECK_FALSE(history->speaks(name + "0"));
    std::vector<senml::Time> times;
    const auto take = [&](const senml::Pack& chunk) {
        for (const auto& record : chunk.records()) times.push_back(record.time);
        return true;
    };
    history->read({name, senml::from_unix_seconds(today - 1), senml::from_unix_seconds(today + 9)},
                  call_at(today + 9), take);
    std::vector<senml::Time> expected{senml::from_unix_seconds(today - 1),
                                      senml::from_unix_seconds(today)};
    for (const int ns : {100, 500, 900})
        expected.push_back(senml::from_unix_seconds(today + 3) + std::chrono::nanoseconds(ns));
    expected.push_back(senml::from_unix_seconds(today + 7));
    expected.push_back(senml::from_unix_seconds(today + 8));
    CHECK(times == expected);
}

TEST_CASE("of a range only what is wanted is fetched") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 2500);
    const auto history = zabbix_adapter().history(
        settings_for(zabbix.url(), {series("1")}, {{"page", std::int64_t{100}}}));
    int chunks = 0;
    history->read({"zabbix:town.example/roof:town.example/1",
                   senml::from_unix_seconds(today - 3000), senml::from_unix_seconds(today)},
                  call_at(today), [&](const senml::Pack&) { return ++chunks < 2; });
    CHECK(chunks == 2);
}

TEST_CASE("a history whose item Zabbix does not show says so") {
    FakeZabbix zabbix;
    zabbix.fill("1", today, 1);
    const auto history = zabbix_adapter().history(settings_for(zabbix.url(), {series("2")}));
    CHECK_THROWS_WITH_AS(
        history->read({"zabbix:town.example/roof:town.example/2", senml::from_unix_seconds(0),
                       senml::from_unix_seconds(today)},
                      call_at(today), [](const senml::Pack&) { return true; }),
        doctest::Contains("no item roof: 2"), Error);
}
