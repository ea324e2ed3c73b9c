#include "proxy-core/mailbox/detail/postgres_url.hpp"

#include <libpq-fe.h>

#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "proxy-core/mailbox/postgres_store.hpp"

namespace courant::detail {
namespace {

using Settings = std::map<std::string, std::string, std::less<>>;

// A connection that says nothing for this long in the middle of a word is dead. The rest of the
// system's defaults would have us wait for a quarter of an hour.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> defaults{{
    {"application_name", "courant"},
    {"client_encoding", "UTF8"},
    {"connect_timeout", "10"},
    {"keepalives_idle", "15"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "20000"},
}};

// What the URL itself says. libpq's complaint is dropped: it quotes the URL.
std::optional<Settings> settings_in(const std::string& url) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), &complaint), &PQconninfoFree);
    PQfreemem(complaint);
    if (!options) return std::nullopt;
    Settings settings;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr) settings.emplace(option->keyword, option->val);
    return settings;
}

std::string quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

std::string place_of(const Settings& settings) {
    const auto value = [&](std::string_view key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string() : found->second;
    };
    std::string place = "postgresql://";
    if (const auto user = value("user"); !user.empty()) place += user + "@";
    place += value("host").empty() ? value("hostaddr") : value("host");
    if (const auto port = value("port"); !port.empty()) place += ":" + port;
    return place + "/" + value("dbname");
}

}  // namespace

std::optional<PostgresAddress> postgres_address(const Secret& url) {
    auto settings = settings_in(url.reveal());
    if (!settings || url.empty()) return std::nullopt;
    // An @ in a password that was not written %40: what libpq takes for the host is half of it.
    if (settings->contains("host") && settings->at("host").find('@') != std::string::npos)
        return std::nullopt;
    PostgresAddress address;
    address.place = place_of(*settings);
    if (const auto password = settings->find("password"); password != settings->end())
        address.password = Secret(password->second);
    for (const auto& [key, value] : defaults) settings->emplace(key, value);
    (*settings)["client_encoding"] = "UTF8";
    std::string connection;
    for (const auto& [key, value] : *settings) connection += key + "=" + quoted(value) + " ";
    address.connection = Secret(std::move(connection));
    return address;
}

}  // namespace courant::detail

namespace courant {

std::optional<std::string> postgres_url_fault(const Secret& url) {
    if (detail::postgres_address(url)) return std::nullopt;
    return "this is no PostgreSQL URL. Write it as postgresql://user@host:5432/database, a "
           "password "
           "after the user with a colon; in it, % and @ and / are written %25, %40 and %2F";
}

std::string postgres_place(const Secret& url) {
    const auto address = detail::postgres_address(url);
    return address ? address->place : "postgresql://";
}

}  // namespace courant
