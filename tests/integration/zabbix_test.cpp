// The zabbix adapter against a real Zabbix 6.0, which this test starts for itself.
//
// Everything goes in through our sink and comes back through our source; what only an administrator
// may do (hosts, items, users) goes through the API as Admin.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <thread>
#include <tuple>

#include "adapters/zabbix/api.hpp"
#include "tests/support/zabbix/zabbix_server.hpp"
#include "tests/support/zabbix/zabbix_settings.hpp"

using namespace courant;
using namespace std::chrono_literals;
using namespace courant::test;
using nlohmann::json;
using Outcome = Verdict::Outcome;

namespace {

constexpr std::int64_t today = 1'795'150'000;
constexpr const char* password = "four:words:and:colons";
const std::string base = "zabbix:town.example/roof:town.example/";

enum class Type { real = 0, chars = 1, log = 2, integer = 3, text = 4 };

/// Waits for what the server does on its own time; false after 30 s.
bool eventually(const std::function<bool()>& happens) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!happens()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(50ms);
    }
    return true;
}

Call call(std::size_t most = 100'000) {
    return {.now = senml::from_unix_seconds(today),
            .deadline = std::chrono::steady_clock::now() + 60s,
            .stop = {},
            .max_readings = most};
}

/// The one Zabbix of these tests, with host `roof`, and a user who may read it and nothing else.
class World {
  public:
    World() : admin_(api({.token = {}, .user = "Admin", .password = "zabbix"})) {
        group_ = id(admin("hostgroup.create", {{"name", "town"}}), "groupids");
        host_ = id(admin("host.create", {{"host", "roof"}, {"groups", {{{"groupid", group_}}}}}),
                   "hostids");
        make_reader();
    }

    ZabbixServer& server() { return server_; }
    const std::string& token() const { return token_; }

    json admin(std::string_view method, const json& params) {
        return admin_.call(method, params, {std::chrono::steady_clock::now() + 30s, 30s, {}});
    }

    void add_item(const std::string& key, Type type, const std::string& units = "") {
        const bool numeric = type == Type::real || type == Type::integer;
        json item{{"hostid", host_},
                  {"name", key},
                  {"key_", key},
                  {"type", 2},
                  {"value_type", static_cast<int>(type)},
                  {"history", "90d"}};
        if (numeric) item["units"] = units;
        if (!numeric) item["trends"] = "0";
        admin("item.create", item);
    }

    /// Settings of the adapter: each key is a series of the same name, both ways.
    Pairs pairs(const std::vector<std::string>& keys) const {
        std::vector<Settings> tables;
        for (const std::string& key : keys)
            tables.push_back(
                table({{"name", base + key}, {"host", std::string("roof")}, {"key", key}}));
        return {{"url", server_.url()},
                {"token", token_},
                {"trapper", server_.trapper()},
                {"series", tables},
                {"map", tables}};
    }

  private:
    zabbix::Api api(zabbix::Credentials credentials) const {
        return zabbix::Api(zabbix::HttpClient(zabbix::api_url(server_.url()), {}),
                           std::move(credentials));
    }
    static std::string id(const json& answer, const char* member) {
        return answer.at(member).at(0);
    }

    /// The least privilege that the README recommends.
    void make_reader() {
        const auto role = id(
            admin("role.create",
                  {{"name", "courant"},
                   {"type", 1},
                   {"rules",
                    {{"api.access", 1}, {"api.mode", 1}, {"api", {"item.get", "history.get"}}}}}),
            "roleids");
        const auto users =
            id(admin("usergroup.create",
                     {{"name", "courant"}, {"rights", {{{"id", group_}, {"permission", 2}}}}}),
               "usrgrpids");
        const auto user = id(admin("user.create", {{"username", "courant"},
                                                   {"passwd", password},
                                                   {"roleid", role},
                                                   {"usrgrps", {{{"usrgrpid", users}}}}}),
                             "userids");
        const auto token =
            id(admin("token.create", {{"name", "courant"}, {"userid", user}}), "tokenids");
        token_ = admin("token.generate", {token}).at(0).at("token");
    }

    ZabbixServer server_;
    zabbix::Api admin_;
    std::string group_, host_, token_;
};

/// Started at the first use. If that fails it fails once, and every test says why.
World& world() {
    static std::unique_ptr<World> the_world;
    static std::string fault;
    if (!the_world && fault.empty()) try {
            the_world = std::make_unique<World>();
        } catch (const std::exception& error) {
            fault = error.what();
        }
    if (!the_world) throw std::runtime_error(fault);
    return *the_world;
}

Pairs with(Pairs pairs, const std::string& name, Settings::Value value) {
    for (auto& [key, old] : pairs)
        if (key == name) old = value;
    pairs.emplace_back(name, std::move(value));
    return pairs;
}

Pairs without(Pairs pairs, std::string_view name) {
    std::erase_if(pairs, [&](const auto& pair) { return pair.first == name; });
    return pairs;
}

std::unique_ptr<Source> source(const Pairs& pairs) {
    return zabbix_adapter().source(zabbix_settings(pairs));
}
std::unique_ptr<Sink> sink(const Pairs& pairs) {
    return zabbix_adapter().sink(zabbix_settings(pairs));
}

/// A reading as one can compare it.
using Reading = std::tuple<std::string, std::int64_t, std::string, double, std::string>;

std::vector<Reading> sorted(const senml::Pack& pack) {
    std::vector<Reading> out;
    for (const senml::Record& record : pack.records()) {
        const bool text = record.kind == senml::Kind::text;
        out.emplace_back(pack.name(record.name), record.time.time_since_epoch().count(),
                         pack.unit(record.unit), text ? 0.0 : record.number,
                         text ? pack.text(record) : std::string_view());
    }
    std::ranges::sort(out);
    return out;
}

/// What of `wanted` is not in `got`, for a person.
std::string missing(const senml::Pack& got, const senml::Pack& wanted) {
    std::vector<Reading> gap;
    std::ranges::set_difference(sorted(wanted), sorted(got), std::back_inserter(gap));
    std::string out;
    for (const auto& [name, ns, unit, number, text] : gap)
        out += fmt::format("{} at {} ns: {} {} \"{:.60}\"\n", name, ns, number, unit, text);
    return out;
}

void add(senml::Pack& pack, const std::string& key, const char* unit, std::int64_t ns,
         double value) {
    pack.add(pack.intern_name(base + key), unit ? pack.intern_unit(unit) : senml::no_unit,
             senml::from_unix_seconds(today - 3600) + senml::Span{ns}, value);
}

void add_text(senml::Pack& pack, const std::string& key, std::int64_t ns, std::string_view text) {
    pack.add_text(pack.intern_name(base + key), senml::no_unit,
                  senml::from_unix_seconds(today - 3600) + senml::Span{ns}, text);
}

/// Delivers, again and again, until nothing is left for later: new items take a second to be known.
void deliver(Sink& to, const senml::Pack& pack) {
    REQUIRE(eventually([&] {
        const auto verdicts = to.deliver(pack, call());
        REQUIRE(verdicts.size() == pack.size());
        for (const Verdict& verdict : verdicts) {
            INFO(verdict.reason);
            REQUIRE(verdict.outcome != Outcome::rejected);
        }
        return std::ranges::none_of(verdicts,
                                    [](const Verdict& v) { return v.outcome == Outcome::later; });
    }));
}

/// Pulls from `cursor` until there is no more; collects the readings and moves the cursor on.
void pull_all(Source& from, std::string& cursor, senml::Pack& into, std::size_t most = 100'000) {
    for (bool more = true; more;) {
        const Extraction out = from.pull(cursor, call(most));
        CHECK(out.refused.empty());
        for (std::size_t i = 0; i < out.readings.size(); ++i) into.add_from(out.readings, i);
        cursor = out.cursor;
        more = out.more;
    }
}

senml::Pack everything(const Pairs& pairs) {
    senml::Pack pack;
    std::string cursor;
    pull_all(*source(pairs), cursor, pack);
    return pack;
}

bool all_there(const Pairs& pairs, std::size_t expected) {
    return eventually([&] { return everything(pairs).size() >= expected; });
}

}  // namespace

TEST_CASE(
    "values of all five types come back bit for bit, to the nanosecond, by token and by password") {
    world().add_item("there.float", Type::real, "W");
    world().add_item("there.unsigned", Type::integer);
    world().add_item("there.char", Type::chars);
    world().add_item("there.text", Type::text);
    world().add_item("there.log", Type::log);
    senml::Pack sent;
    const double numbers[] = {0.0,       0.1,
                              1.0 / 3.0, -345.5,
                              1e-7,      123456789.987654321,
                              1e22,      5e-324,
                              1e308,     std::nextafter(1.0, 2.0)};
    std::int64_t ns = 0;
    for (const double value : numbers) add(sent, "there.float", "W", ns += 123'456'789, value);
    for (const double value : {0.0, 42.0, 9007199254740992.0, 1e19})
        add(sent, "there.unsigned", nullptr, ns += 1, value);
    for (const std::string_view text :
         {"marche", "été à l'Île", "\"quoted\" \\ {json}", " blanks around ", ""}) {
        add_text(sent, "there.char", ns += 1, text);
        add_text(sent, "there.text", ns += 1, text);
        add_text(sent, "there.log", ns += 1, text);
    }
    add_text(sent, "there.text", ns += 1, "line\nbreaks\r\nand\ttabs\n");
    add_text(sent, "there.text", ns += 1, std::string(65'535, 'x'));

    const Pairs pairs =
        world().pairs({"there.float", "there.unsigned", "there.char", "there.text", "there.log"});
    deliver(*sink(pairs), sent);
    all_there(pairs, sent.size());
    CHECK(missing(everything(pairs), sent) == "");
    CHECK(missing(sent, everything(pairs)) == "");

    const Pairs by_password = with(with(without(pairs, "token"), "user", std::string("courant")),
                                   "password", std::string(password));
    CHECK(sorted(everything(by_password)) == sorted(sent));
    const auto reader = source(by_password);
    CHECK(reader->pull({}, call()).readings.size() == sent.size());
    world().server().sql("update sessions set status=1");
    CHECK(reader->pull({}, call()).readings.size() == sent.size());
}

TEST_CASE("energy goes into an item of watt-hours and comes back in joules") {
    world().add_item("unit.energy", Type::real, "Wh");
    senml::Pack sent;
    add(sent, "unit.energy", "J", 1, 3'600'000);
    const Pairs pairs = world().pairs({"unit.energy"});
    deliver(*sink(pairs), sent);
    REQUIRE(all_there(pairs, 1));
    CHECK(sorted(everything(pairs)) == sorted(sent));
    const auto last = world().admin(
        "item.get", {{"filter", {{"key_", "unit.energy"}}}, {"output", {"lastvalue"}}});
    CHECK(last.at(0).at("lastvalue") == "1000");
}

TEST_CASE("thousands of values, hundreds in one second, are paged without loss or repetition") {
    world().add_item("many.a", Type::real, "W");
    world().add_item("many.b", Type::integer, "W");
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    senml::Pack sent;
    for (std::int64_t second = 0; second < 60; ++second) {
        const int values = second % 20 == 7 ? 350 : static_cast<int>(random() % 40);
        for (int i = 0; i < values; ++i)
            add(sent, i % 2 ? "many.a" : "many.b", "W", second * 1'000'000'000 + i * 7, i);
    }
    const Pairs pairs = world().pairs({"many.a", "many.b"});
    for (std::int64_t i = 0; i < 400; ++i)
        add(sent, "many.a", "W", 100'000'000'000 + i * 500'000'000, 0.5);
    REQUIRE(sent.size() > 2000);
    deliver(*sink(pairs), sent);
    REQUIRE(all_there(pairs, sent.size()));
    for (const std::int64_t page : {50, 100, 1000}) {
        CAPTURE(page);
        senml::Pack got;
        std::string cursor;
        const auto reader = source(with(pairs, "page", page));
        pull_all(*reader, cursor, got, 300);
        CHECK(sorted(got) == sorted(sent));
        pull_all(*reader, cursor, got, 300);
        CHECK(got.size() == sent.size());
    }
}

TEST_CASE(
    "a late value inside the overlap arrives exactly once, a second one of the same second too") {
    world().add_item("late", Type::real, "W");
    const Pairs pairs = world().pairs({"late"});
    const auto writer = sink(pairs);
    const auto reader = source(pairs);
    senml::Pack first;
    add(first, "late", "W", 300'000'000'000, 1);
    add(first, "late", "W", 200'000'000'000, 2);
    deliver(*writer, first);
    REQUIRE(all_there(pairs, 2));
    std::string cursor;
    senml::Pack got;
    pull_all(*reader, cursor, got);
    CHECK(got.size() == 2);

    senml::Pack late;
    add(late, "late", "W", 250'000'000'000, 3);
    add(late, "late", "W", 300'000'000'001, 4);
    add(late, "late", "W", 200'000'000'001, 5);
    deliver(*writer, late);
    REQUIRE(all_there(pairs, 5));
    senml::Pack more;
    for (int i = 0; i < 3; ++i) pull_all(*reader, cursor, more);
    CHECK(sorted(more) == sorted(late));
}

TEST_CASE("a push that fails in part keeps the failed readings, and only these") {
    world().add_item("part.known", Type::real, "W");
    const Pairs pairs =
        without(without(world().pairs({"part.known", "part.unknown"}), "url"), "token");
    const Pairs known = world().pairs({"part.known"});
    senml::Pack warm_up;
    add(warm_up, "part.known", "W", 0, 1);
    deliver(*sink(known), warm_up);

    senml::Pack sent;
    for (int i = 1; i <= 20; ++i) add(sent, i % 5 == 0 ? "part.unknown" : "part.known", "W", i, i);
    const auto verdicts = sink(pairs)->deliver(sent, call());
    for (int i = 1; i <= 20; ++i) {
        CAPTURE(i);
        const Verdict& verdict = verdicts[static_cast<std::size_t>(i - 1)];
        CHECK(verdict.outcome == (i % 5 == 0 ? Outcome::later : Outcome::delivered));
    }
    CHECK(verdicts[4].reason.find("roof: part.unknown") != std::string::npos);
    CHECK(all_there(known, 17));

    world().add_item("part.unknown", Type::real, "W");
    deliver(*sink(pairs), sent);
    CHECK(all_there(world().pairs({"part.known", "part.unknown"}), 21));
    CHECK(everything(world().pairs({"part.known", "part.unknown"})).size() == 21);
}

TEST_CASE("what an item would drop after saying processed is rejected before it is sent") {
    world().add_item("type.unsigned", Type::integer);
    world().add_item("type.char", Type::chars);
    senml::Pack sent;
    add(sent, "type.unsigned", nullptr, 1, 12.7);
    add(sent, "type.unsigned", nullptr, 2, -1);
    add_text(sent, "type.unsigned", 3, "abc");
    add_text(sent, "type.char", 4, std::string(256, 'x'));
    const auto verdicts =
        sink(world().pairs({"type.unsigned", "type.char"}))->deliver(sent, call());
    for (const Verdict& verdict : verdicts) CHECK(verdict.outcome == Outcome::rejected);
    CHECK(verdicts[0].reason.find("12.7 does not fit an unsigned item") == 0);
}

TEST_CASE("a wrong token needs a person") {
    const Pairs pairs = with(world().pairs({"there.float"}), "token", std::string(64, 'f'));
    try {
        source(pairs)->pull({}, call());
        FAIL("let in");
    } catch (const Error& error) {
        INFO(error.what());
        CHECK_FALSE(error.worth_retrying());
        CHECK(std::string(error.what()).find("Not authorized") != std::string::npos);
    }
}

TEST_CASE("a Zabbix without its database is tried again, and goes on where it was") {
    world().add_item("outage", Type::real, "W");
    const Pairs pairs = world().pairs({"outage"});
    const auto reader = source(pairs);
    const auto writer = sink(pairs);
    senml::Pack first;
    add(first, "outage", "W", 1, 1);
    deliver(*writer, first);
    REQUIRE(all_there(pairs, 1));
    std::string cursor;
    senml::Pack got;
    pull_all(*reader, cursor, got);

    world().server().stop_database();
    for (const auto& attempt : std::vector<std::function<void()>>{
             [&] { reader->pull(cursor, call()); }, [&] { writer->deliver(first, call()); }}) {
        try {
            attempt();
            FAIL("answered without a database");
        } catch (const Error& error) {
            INFO(error.what());
            CHECK(error.worth_retrying());
        }
    }
    world().server().start_database();

    senml::Pack second;
    add(second, "outage", "W", 2, 2);
    deliver(*writer, second);
    REQUIRE(all_there(pairs, 2));
    senml::Pack after;
    pull_all(*reader, cursor, after);
    CHECK(sorted(after) == sorted(second));
}

TEST_CASE("a Zabbix whose test is killed goes too") {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) try {
            const ZabbixServer server;
            const std::string url = server.url() + "\n";
            if (write(ends[1], url.data(), url.size()) < 0) _exit(1);
            while (true) pause();
        } catch (...) {
            _exit(1);
        }
    close(ends[1]);
    std::string url(64, '\0');
    const ssize_t got = read(ends[0], url.data(), url.size());
    REQUIRE(got > 1);
    url.resize(static_cast<std::size_t>(got) - 1);
    const auto answers = [&] {
        try {
            zabbix::HttpClient(url, {}).post("{}", {},
                                             {std::chrono::steady_clock::now() + 2s, 2s, {}});
            return true;
        } catch (const Error&) {
            return false;
        }
    };
    CHECK(answers());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK(eventually([&] { return !answers(); }));
}
