// The sink against a trapper of the test's own: which readings failed, and what is said about them.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/zabbix/trapper.hpp"
#include "tests/support/zabbix/zabbix_settings.hpp"
#include "tests/unit/adapters/zabbix/fake_zabbix.hpp"

using namespace courant;
using namespace std::chrono_literals;
using namespace courant::test;
using nlohmann::json;
using Outcome = Verdict::Outcome;

namespace {

bool frame_whole(std::string_view received) {
    if (received.size() < 13) return false;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
        size |= std::size_t{static_cast<unsigned char>(received[5 + i])} << (8 * i);
    return received.size() >= 13 + size;
}

/// Takes values as Zabbix does: counts, keeps the first of (host, key, clock, ns), fails the keys
/// of `unknown`.
class FakeTrapper {
  public:
    explicit FakeTrapper(std::set<std::string> unknown)
        : unknown_(std::move(unknown)),
          server_(frame_whole, [this](std::string_view r) { return answer(r); }) {}

    std::string address() const { return server_.address(); }
    std::size_t stored() const { return stored_.size(); }
    std::size_t requests() const { return server_.requests(); }
    std::size_t largest() const { return largest_; }

  private:
    std::string answer(std::string_view request) {
        const json body = json::parse(request.substr(13));
        std::size_t failed = 0;
        for (const json& value : body["data"]) {
            if (unknown_.contains(value["key"]))
                ++failed;
            else
                stored_.insert(value["key"].dump() + value["clock"].dump() + "." +
                               value["ns"].dump());
        }
        largest_ = std::max(largest_, body["data"].size());
        const std::size_t total = body["data"].size();
        return zabbix::frame(json{
            {"response", "success"},
            {"info",
             fmt::format("processed: {}; failed: {}; total: {}; seconds spent: 0.0001",
                         total - failed, failed,
                         total)}}.dump());
    }

    std::set<std::string> unknown_;
    std::set<std::string> stored_;
    std::size_t largest_ = 0;
    FakeServer server_;
};

constexpr const char* series_base = "bmhs:coop.example/roof:town.example/";

/// A sink that sends series k0, k1… to the items of the same key.
std::unique_ptr<Sink> sink_for(const std::string& trapper, int items, std::int64_t batch = 1000) {
    std::vector<Settings> tables;
    for (int i = 0; i < items; ++i)
        tables.push_back(table({{"name", series_base + fmt::format("k{}", i)},
                                {"host", std::string("roof")},
                                {"key", fmt::format("k{}", i)}}));
    return zabbix_adapter().sink(
        zabbix_settings({{"trapper", trapper}, {"map", tables}, {"batch", batch}}));
}

/// `count` readings of each of `items` series, taking turns, as a message brings them.
senml::Pack readings(int items, int count) {
    senml::Pack pack;
    for (int n = 0; n < count; ++n)
        for (int i = 0; i < items; ++i)
            pack.add(pack.intern_name(series_base + fmt::format("k{}", i)), pack.intern_unit("W"),
                     senml::from_unix_seconds(1'795'150'000) + senml::Span{n}, n + 0.5);
    return pack;
}

Call call(std::chrono::milliseconds time = 20s) {
    return {.now = {}, .deadline = std::chrono::steady_clock::now() + time, .stop = {}};
}

std::size_t count(const std::vector<Verdict>& verdicts, Outcome outcome) {
    return static_cast<std::size_t>(
        std::ranges::count_if(verdicts, [&](const Verdict& v) { return v.outcome == outcome; }));
}

}  // namespace

TEST_CASE("of a batch that fails in part, exactly the failed readings are tried later") {
    FakeTrapper trapper({"k3", "k7"});
    const auto pack = readings(10, 30);
    const auto verdicts = sink_for(trapper.address(), 10)->deliver(pack, call());
    REQUIRE(verdicts.size() == 300);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        CAPTURE(i);
        const bool failed = i % 10 == 3 || i % 10 == 7;
        CHECK(verdicts[i].outcome == (failed ? Outcome::later : Outcome::delivered));
        if (failed) CHECK(verdicts[i].reason.find("roof: k") != std::string::npos);
    }
    CHECK(trapper.stored() == 240);
    CHECK(trapper.requests() < 50);
}

TEST_CASE("everything refused takes one request, everything taken too") {
    FakeTrapper none({});
    CHECK(count(sink_for(none.address(), 2)->deliver(readings(2, 100), call()),
                Outcome::delivered) == 200);
    CHECK(none.requests() == 1);
    FakeTrapper all({"k0"});
    CHECK(count(sink_for(all.address(), 1)->deliver(readings(1, 100), call()), Outcome::later) ==
          100);
    CHECK(all.requests() == 1);
}

TEST_CASE("no request is larger than the batch") {
    FakeTrapper trapper({});
    const auto verdicts = sink_for(trapper.address(), 3, 100)->deliver(readings(3, 100), call());
    CHECK(count(verdicts, Outcome::delivered) == 300);
    CHECK(trapper.largest() == 100);
    CHECK(trapper.stored() == 300);
}

TEST_CASE("a series without an item is rejected by name, the others go") {
    FakeTrapper trapper({});
    const auto verdicts = sink_for(trapper.address(), 1)->deliver(readings(2, 1), call());
    CHECK(verdicts[0].outcome == Outcome::delivered);
    CHECK(verdicts[1].outcome == Outcome::rejected);
    CHECK(verdicts[1].reason.find(
              "no zabbix item for series bmhs:coop.example/roof:town.example/k1") == 0);
}

TEST_CASE("nothing to deliver asks nobody") {
    FakeTrapper trapper({});
    CHECK(sink_for(trapper.address(), 1)->deliver(senml::Pack{}, call()).empty());
    CHECK(trapper.requests() == 0);
}

TEST_CASE("a trapper that is away, silent, or no trapper is worth a retry") {
    const auto fault_at = [](const std::string& address) {
        try {
            sink_for(address, 1)->deliver(readings(1, 1), call(300ms));
        } catch (const Error& error) {
            return error.worth_retrying();
        }
        return false;
    };
    std::string nobody;
    {
        const SilentServer gone;
        nobody = gone.address();
    }
    CHECK(fault_at(nobody));
    const SilentServer silent;
    CHECK(fault_at(silent.address()));
    const FakeServer closes(frame_whole, [](std::string_view) { return std::string(); });
    CHECK(fault_at(closes.address()));
    const FakeServer web(frame_whole, [](std::string_view) { return http_answer(400, "?"); });
    CHECK(fault_at(web.address()));
    const FakeServer miscounts(frame_whole, [](std::string_view) {
        return zabbix::frame(
            R"({"response":"success","info":"processed: 7; failed: 0; total: 7"})");
    });
    CHECK(fault_at(miscounts.address()));
}

TEST_CASE("a trapper's address is host:port") {
    for (const char* good : {"zabbix.example", "zabbix.example:10051", "[::1]:10051", "[::1]"}) {
        CAPTURE(good);
        CHECK_NOTHROW(sink_for(good, 1));
    }
    for (const char* bad :
         {"", ":10051", "zabbix.example:", "http://zabbix.example", "a b", "h:99999999"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(sink_for(bad, 1), ConfigError);
    }
}
