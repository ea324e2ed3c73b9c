#include "adapters/zabbix/api.hpp"

#include <fmt/format.h>

#include <charconv>

namespace courant::zabbix {
namespace {

using nlohmann::json;

/// Zabbix's code for "the database does not answer", outside JSON-RPC's ranges.
constexpr int no_database = 1;
constexpr int invalid_params = -32602;

/// Whether the fault is Zabbix's own trouble, which passes.
bool passes_by_itself(int code, std::string_view text) {
    if (code == no_database || code == -32603 || code == -32400 || code == -32300) return true;
    return text.find("SQL") != std::string_view::npos ||
           text.find("database") != std::string_view::npos;
}

std::string_view advice(std::string_view method, Retry retry) {
    if (retry == Retry::worthwhile) return "Zabbix has trouble of its own; trying again.";
    if (method == "user.login") return "Check `user` and `password`.";
    return "Check `token` (or `user`) and that its role and user group permit this call and these "
           "hosts.";
}

[[noreturn]] void throw_fault(const json& error, std::string_view place, std::string_view method) {
    const std::string code_text = scalar(error, "code");
    int code = 0;
    std::from_chars(code_text.data(), code_text.data() + code_text.size(), code);
    std::string text = scalar(error, "data");
    if (text.empty()) text = scalar(error, "message");
    if (text.empty()) text = "no reason given";
    const Retry retry = passes_by_itself(code, text) ? Retry::worthwhile : Retry::useless;
    throw ApiFault(fmt::format("{}: {} refused: {} ({}). {}", place, method, text, code,
                               advice(method, retry)),
                   retry, code);
}

[[noreturn]] void throw_status(const HttpAnswer& answer, std::string_view place) {
    const long status = answer.status;
    if (status >= 500 || status == 408 || status == 429)
        throw Error(fmt::format("{}: HTTP {}. Zabbix's web server has trouble; trying again.",
                                place, status),
                    Retry::worthwhile);
    throw Error(fmt::format("{}: HTTP {} instead of an answer of the API. Check that `url` is the "
                            "address of Zabbix's front end.",
                            place, status),
                Retry::useless);
}

}  // namespace

std::optional<Dialect> dialect_of(std::string_view version) {
    int major = 0;
    int minor = 0;
    const char* end = version.data() + version.size();
    const auto first = std::from_chars(version.data(), end, major);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
    if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc{}) return std::nullopt;
    const auto at_least = [&](int wanted_major, int wanted_minor) {
        return major > wanted_major || (major == wanted_major && minor >= wanted_minor);
    };
    return Dialect{.auth = at_least(6, 4) ? AuthPlace::header : AuthPlace::body,
                   .user_parameter = at_least(5, 4) ? "username" : "user"};
}

json result_of(const HttpAnswer& answer, std::string_view place, std::string_view method) {
    if (answer.status != 200) throw_status(answer, place);
    json body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (body.is_object() && body.contains("error") && body["error"].is_object())
        throw_fault(body["error"], place, method);
    if (!body.is_object() || !body.contains("result"))
        throw Error(fmt::format("{}: {}: the answer is no JSON-RPC. Check that `url` is the "
                                "address of Zabbix's front end; trying again.",
                                place, method),
                    Retry::worthwhile);
    return std::move(body["result"]);
}

Api::Api(HttpClient http, Credentials credentials)
    : http_(std::move(http)), credentials_(std::move(credentials)) {}

json Api::call(std::string_view method, const json& params, const Patience& patience) {
    if (!dialect_) {
        const json version = exchange("apiinfo.version", json::array(), {}, patience);
        dialect_ = dialect_of(version.is_string() ? version.get<std::string>() : std::string());
        if (!dialect_)
            throw Error(fmt::format("{}: its version is not told as a version", place()),
                        Retry::worthwhile);
    }
    if (!uses_session()) return exchange(method, params, credentials_.token, patience);

    const bool fresh = session_.empty();
    if (fresh) log_in(patience);
    try {
        return exchange(method, params, session_, patience);
    } catch (const ApiFault& fault) {
        if (fresh || fault.code() != invalid_params) throw;
    }
    log_in(patience);
    return exchange(method, params, session_, patience);
}

void Api::log_in(const Patience& patience) {
    session_.clear();
    const json session = exchange("user.login",
                                  {{std::string(dialect_->user_parameter), credentials_.user},
                                   {"password", credentials_.password}},
                                  {}, patience);
    if (!session.is_string())
        throw Error(fmt::format("{}: user.login gives no session", place()), Retry::worthwhile);
    session_ = session.get<std::string>();
}

json Api::exchange(std::string_view method, const json& params, std::string_view auth,
                   const Patience& patience) {
    json request{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}, {"id", ++last_id_}};
    const bool in_header = dialect_ && dialect_->auth == AuthPlace::header;
    if (!auth.empty() && !in_header) request["auth"] = auth;
    const auto answer = http_.post(request.dump(), in_header ? auth : std::string_view{}, patience);
    return result_of(answer, place(), method);
}

std::string api_url(std::string_view front_end) {
    std::string url(front_end);
    if (url.ends_with(".php")) return url;
    if (!url.ends_with('/')) url += '/';
    return url + "api_jsonrpc.php";
}

std::string scalar(const json& object, std::string_view member) {
    if (!object.is_object()) return {};
    const auto found = object.find(member);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    return found->is_number() ? found->dump() : std::string();
}

}  // namespace courant::zabbix
