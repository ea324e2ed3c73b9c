// What the adapter makes of an API that is silent, broken, or says no.
#include "adapters/zabbix/api.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "tests/unit/adapters/zabbix/fake_zabbix.hpp"

using namespace courant;
using namespace courant::zabbix;
using namespace std::chrono_literals;
using courant::test::FakeServer;
using courant::test::http_answer;
using courant::test::http_body;
using courant::test::http_whole;
using courant::test::SilentServer;
using nlohmann::json;

namespace {

Patience patience(std::chrono::milliseconds timeout = 10s) {
    return {std::chrono::steady_clock::now() + 20s, timeout, {}};
}

Api api_at(const std::string& address, Credentials credentials) {
    return Api(HttpClient("http://" + address + "/api_jsonrpc.php", {}), std::move(credentials));
}

/// What the call throws; FAILs if it does not.
Error fault_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    return Error("", Retry::useless);
}

Error fault_of_answer(long status, std::string body) {
    return fault_of([&] {
        result_of({status, std::move(body)}, "http://zabbix.example", "item.get");
    });
}

std::string result(const json& value) {
    return http_answer(200, json{{"result", value}}.dump());
}
std::string refusal(int code, const char* text) {
    return http_answer(200,
                       json{{"error", {{"code", code}, {"message", "no"}, {"data", text}}}}.dump());
}

}  // namespace

TEST_CASE("where the credentials go depends on the version") {
    CHECK(dialect_of("6.0.14")->auth == AuthPlace::body);
    CHECK(dialect_of("6.2.9")->auth == AuthPlace::body);
    CHECK(dialect_of("6.4.0")->auth == AuthPlace::header);
    CHECK(dialect_of("7.0.0rc1")->auth == AuthPlace::header);
    CHECK(dialect_of("5.0.3")->user_parameter == "user");
    CHECK(dialect_of("5.4.0")->user_parameter == "username");
    CHECK_FALSE(dialect_of("new"));
    CHECK_FALSE(dialect_of(""));
}

TEST_CASE("Zabbix's own trouble is worth a retry, a refusal is not") {
    CHECK(fault_of_answer(200, R"({"error":{"code":1,"message":"Error connecting to database."}})")
              .worth_retrying());
    CHECK(fault_of_answer(500, "").worth_retrying());
    CHECK(fault_of_answer(503, "<html>").worth_retrying());
    CHECK(fault_of_answer(200, "").worth_retrying());
    CHECK(fault_of_answer(200, "<html>").worth_retrying());
    CHECK(fault_of_answer(200, "[]").worth_retrying());
    CHECK(fault_of_answer(200, "{}").worth_retrying());
    CHECK_FALSE(fault_of_answer(404, "").worth_retrying());
    CHECK_FALSE(fault_of_answer(302, "").worth_retrying());
    const auto refused = fault_of_answer(
        200, R"({"error":{"code":-32602,"message":"Invalid params.","data":"Not authorized."}})");
    CHECK_FALSE(refused.worth_retrying());
    CHECK(std::string(refused.what()).find("Not authorized.") != std::string::npos);
    CHECK_FALSE(fault_of_answer(200, R"({"error":{"code":-32500,"data":"No permissions"}})")
                    .worth_retrying());
}

TEST_CASE("a server that never answers costs its time-out, not more") {
    const SilentServer silent;
    Api api = api_at(silent.address(), {.token = "t", .user = {}, .password = {}});
    const auto begin = std::chrono::steady_clock::now();
    const auto fault = fault_of([&] { api.call("item.get", json::object(), patience(200ms)); });
    CHECK(fault.worth_retrying());
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a stop ends the wait") {
    const SilentServer silent;
    Api api = api_at(silent.address(), {.token = "t", .user = {}, .password = {}});
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(50ms);
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const Patience long_patience{begin + 60s, 60s, stop.get_token()};
    CHECK(fault_of([&] { api.call("item.get", json::object(), long_patience); }).worth_retrying());
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("nobody at the port is worth a retry") {
    std::string address;
    {
        const SilentServer gone;
        address = gone.address();
    }
    Api api = api_at(address, {.token = "t", .user = {}, .password = {}});
    CHECK(fault_of([&] { api.call("item.get", json::object(), patience()); }).worth_retrying());
}

TEST_CASE("a token goes into the body before 6.4 and into the header since") {
    for (const char* version : {"6.0.14", "7.0.2"}) {
        CAPTURE(version);
        const bool in_body = version[0] == '6';
        std::string seen;
        const FakeServer server(http_whole, [&](std::string_view request) {
            if (request.find("apiinfo.version") != std::string_view::npos) return result(version);
            seen = request;
            return result(json::array());
        });
        Api api = api_at(server.address(), {.token = "secret", .user = {}, .password = {}});
        api.call("item.get", json::object(), patience());
        CHECK((seen.find("Authorization: Bearer secret\r\n") == std::string::npos) == in_body);
        CHECK(json::parse(http_body(seen)).contains("auth") == in_body);
    }
}

TEST_CASE("a session that Zabbix ended is opened again, once") {
    int logins = 0;
    bool ended = false;
    bool ends_always = false;
    json login;
    const FakeServer server(http_whole, [&](std::string_view request) {
        const json body = json::parse(http_body(request));
        if (body["method"] == "apiinfo.version") return result("6.0.14");
        if (body["method"] == "user.login") {
            login = body;
            return result("session" + std::to_string(++logins));
        }
        if (ends_always || (ended && body["auth"] == "session1"))
            return refusal(-32602, "Session terminated, re-login, please.");
        return result(body["auth"]);
    });
    Api api = api_at(server.address(), {.token = {}, .user = "u", .password = "a:b:c"});
    CHECK(api.call("item.get", json::object(), patience()) == "session1");
    CHECK(login["params"] == json{{"username", "u"}, {"password", "a:b:c"}});
    CHECK_FALSE(login.contains("auth"));
    CHECK(api.call("item.get", json::object(), patience()) == "session1");
    ended = true;
    CHECK(api.call("item.get", json::object(), patience()) == "session2");
    CHECK(logins == 2);
    ends_always = true;
    CHECK_FALSE(
        fault_of([&] { api.call("item.get", json::object(), patience()); }).worth_retrying());
    CHECK(logins == 3);
}

TEST_CASE("no fault tells a secret") {
    CHECK(public_url("https://u:p@zabbix.example/z/api_jsonrpc.php?token=x#y") ==
          "https://zabbix.example/z/api_jsonrpc.php");
    CHECK(public_url("https://zabbix.example/a@b") == "https://zabbix.example/a@b");
    const FakeServer server(http_whole, [](std::string_view request) {
        if (request.find("apiinfo.version") != std::string_view::npos) return result("6.0.14");
        return refusal(-32500, "Login name or password is incorrect.");
    });
    Api api = Api(HttpClient("http://me:hidden@" + server.address() + "/api_jsonrpc.php", {}),
                  {.token = {}, .user = "u", .password = "hidden too"});
    const auto fault = fault_of([&] { api.call("item.get", json::object(), patience()); });
    const std::string what = fault.what();
    CHECK(what.find("hidden") == std::string::npos);
    CHECK(what.find("Login name or password is incorrect.") != std::string::npos);
    CHECK_FALSE(fault.worth_retrying());
}

TEST_CASE("the API is a script beside the front end") {
    CHECK(api_url("https://z.example") == "https://z.example/api_jsonrpc.php");
    CHECK(api_url("https://z.example/zabbix/") == "https://z.example/zabbix/api_jsonrpc.php");
    CHECK(api_url("https://z.example/api_jsonrpc.php") == "https://z.example/api_jsonrpc.php");
}
