// Zabbix's JSON-RPC API, from 5.0 to 7.x.
//
// The first call asks for the version, because the credentials go into the body up to 6.2 and into
// a Bearer header from 6.4 on, and each refuses the other. With user and password a session is
// opened at the first need and opened again when Zabbix has ended it: a session that was good
// before and meets a refusal gets one fresh login. The refusal's text is not looked at for that,
// since Zabbix translates it.
//
// All faults of the API come as HTTP 200 with an `error` object; its `data` has the useful text.
//
// Thread: belongs to the thread of its adapter.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/zabbix/connection.hpp"
#include "proxy-core/error.hpp"

namespace courant::zabbix {

/// Who we are to Zabbix: an API token, or a user with a password.
struct Credentials {
    std::string token;
    std::string user, password;
};

/// The API answered, and said no.
class ApiFault : public Error {
  public:
    ApiFault(const std::string& what, Retry retry, int code) : Error(what, retry), code_(code) {}
    /// JSON-RPC's error code.
    int code() const noexcept { return code_; }

  private:
    int code_;
};

/// Where the credentials go.
enum class AuthPlace { body, header };

/// What a version of the API wants.
struct Dialect {
    AuthPlace auth = AuthPlace::body;
    /// The name of user.login's parameter: `user` before 5.4, `username` since.
    std::string_view user_parameter = "username";
};

/// What version "6.0.14" wants; nothing if the text is no version.
std::optional<Dialect> dialect_of(std::string_view version);

/// The `result` of an answer's body; an ApiFault for its `error`, an Error for anything else.
/// `place` and `method` are for the text.
nlohmann::json result_of(const HttpAnswer& answer, std::string_view place, std::string_view method);

/// The API of one Zabbix.
class Api {
  public:
    Api(HttpClient http, Credentials credentials);
    /// Calls `method` and gives its result.
    nlohmann::json call(std::string_view method, const nlohmann::json& params,
                        const Patience& patience);
    /// The URL without secrets.
    const std::string& place() const { return http_.place(); }

  private:
    nlohmann::json exchange(std::string_view method, const nlohmann::json& params,
                            std::string_view auth, const Patience& patience);
    void log_in(const Patience& patience);
    bool uses_session() const { return credentials_.token.empty(); }

    HttpClient http_;
    Credentials credentials_;
    std::optional<Dialect> dialect_;
    std::string session_;
    int last_id_ = 0;
};

/// The address of the API for the address of the front end: `/api_jsonrpc.php` is added where no
/// script is named.
std::string api_url(std::string_view front_end);

/// A member of an object that is text or a number, as text; Zabbix writes nearly all scalars as
/// text. Empty where it is missing.
std::string scalar(const nlohmann::json& object, std::string_view member);

}  // namespace courant::zabbix
