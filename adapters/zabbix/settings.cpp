#include "adapters/zabbix/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace courant::zabbix {

Api make_api(const Settings& settings) {
    const std::string& url = settings.text("url");
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        throw settings.error("url", "write it as https://host/path");
    const bool by_token = settings.has("token");
    const bool by_password = settings.has("user") && settings.has("password");
    if (by_token && (settings.has("user") || settings.has("password")))
        throw settings.error("token", "give `token`, or `user` and `password`, not both");
    if (!by_token && !by_password)
        throw settings.error("url", "Zabbix's API needs `token`, or `user` and `password`");
    Credentials credentials{.token = settings.text_or_empty("token"),
                            .user = settings.text_or_empty("user"),
                            .password = settings.text_or_empty("password")};
    if (std::ranges::any_of(credentials.token, [](char c) { return c <= ' ' || c > '~'; }))
        throw settings.error("token", "a token has no blanks or control characters");
    return Api(HttpClient(api_url(url), settings.text_or_empty("ca_file")), std::move(credentials));
}

ItemRef item_ref(const Settings& table) {
    ItemRef ref{table.text_or_empty("host"), table.text_or_empty("key"),
                table.text_or_empty("itemid")};
    if (ref.itemid.empty() && (ref.host.empty() || ref.key.empty()))
        throw table.error("name", "which item is it? Give `host` and `key`, or `itemid`.");
    if (!ref.itemid.empty() && (!ref.host.empty() || !ref.key.empty()))
        throw table.error("itemid", "give `itemid`, or `host` and `key`, not both");
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!std::ranges::all_of(ref.itemid, is_digit))
        throw table.error("itemid", "an item's number has only digits");
    return ref;
}

std::optional<UnitRule> configured_unit(const Settings& table) {
    if (!table.has("unit")) return std::nullopt;
    const std::string& unit = table.text("unit");
    if (auto rule = senml_unit_rule(unit)) return rule;
    throw table.error("unit", fmt::format("\"{}\" is no unit that is known here. Write it as "
                                          "SenML does: W, Wh, Cel, %RH.",
                                          unit));
}

std::size_t bounded(const Settings& settings, std::string_view property, std::size_t most) {
    const std::int64_t value = settings.integer(property);
    if (value < 1 || static_cast<std::uint64_t>(value) > most)
        throw settings.error(property, fmt::format("expected a whole number from 1 to {}", most));
    return static_cast<std::size_t>(value);
}

}  // namespace courant::zabbix
