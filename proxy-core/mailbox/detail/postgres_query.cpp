// Values on their way into statements, and out of their answers.
#include <fmt/format.h>

#include <charconv>

#include "proxy-core/mailbox/detail/postgres_connection.hpp"
#include "proxy-core/mailbox/detail/stored_hops.hpp"
#include "senml/detail/text.hpp"

namespace courant::detail {

PostgresValue postgres_value(std::int64_t value) {
    return {std::to_string(value)};
}

PostgresValue postgres_value(std::string_view value) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string text;
    for (;;) {
        const auto bad = std::min(senml::detail::find_bad_utf8(value), value.find('\0'));
        text += value.substr(0, bad);
        if (bad == std::string_view::npos) return {std::move(text)};
        text += replacement;
        value.remove_prefix(bad + 1);
    }
}

PostgresValue postgres_value(bool value) {
    return {value ? "t" : "f"};
}

PostgresValue postgres_value(Time value) {
    return postgres_value(std::int64_t{value.time_since_epoch().count()});
}

PostgresValue postgres_value(const Jid& value) {
    return postgres_value(value.bare().to_string());
}

PostgresValue postgres_value(Quality value) {
    return postgres_value(to_word(value));
}

PostgresValue postgres_value(const LaneId& value) {
    return postgres_value(value.value);
}

PostgresValue postgres_value(const std::vector<Jid>& value) {
    return postgres_value(hops_text(value));
}

PostgresValue postgres_value(std::span<const std::string> value) {
    std::string array = "{";
    for (const auto& element : value) {
        if (array.size() > 1) array += ',';
        array += '"';
        const PostgresValue checked = postgres_value(std::string_view(element));
        for (const char c : *checked.text) {
            if (c == '"' || c == '\\') array += '\\';
            array += c;
        }
        array += '"';
    }
    return {array + "}"};
}

pqxx::field PostgresQuery::field(int column) const {
    return rows_[static_cast<pqxx::result::size_type>(row_)][column];
}

std::int64_t PostgresQuery::integer(int column) const {
    const auto found = field(column);
    std::int64_t value = 0;
    const auto* end = found.c_str() + found.size();
    if (const auto read = std::from_chars(found.c_str(), end, value);
        read.ec != std::errc() || read.ptr != end)
        throw damaged(found.c_str());
    return value;
}

std::string PostgresQuery::text(int column) const {
    const auto found = field(column);
    return {found.c_str(), found.size()};
}

bool PostgresQuery::flag(int column) const {
    return field(column).c_str()[0] == 't';
}

std::string PostgresQuery::bytes(int column) const {
    return pqxx::binarystring(field(column)).str();
}

Time PostgresQuery::time(int column) const {
    return Time(std::chrono::nanoseconds(integer(column)));
}

std::optional<std::int64_t> PostgresQuery::maybe_integer(int column) const {
    if (field(column).is_null()) return std::nullopt;
    return integer(column);
}

std::optional<std::string> PostgresQuery::maybe_text(int column) const {
    if (field(column).is_null()) return std::nullopt;
    return text(column);
}

std::optional<Time> PostgresQuery::maybe_time(int column) const {
    if (field(column).is_null()) return std::nullopt;
    return time(column);
}

StoreError PostgresQuery::damaged(std::string_view what) const {
    return {
        fmt::format("{}: the store is damaged: \"{}\" stands where it cannot. Restore a backup.",
                    connection_.place(), what),
        Retry::useless};
}

Jid PostgresQuery::jid(int column) const {
    const auto spelled = text(column);
    if (auto jid = Jid::parse_any(spelled)) return *std::move(jid);
    throw damaged(spelled);
}

Envelope PostgresQuery::envelope(int first_column) const {
    Envelope envelope{text(first_column), text(first_column + 1), Quality::raw, {}};
    const auto word = text(first_column + 2);
    const auto quality = quality_from(word);
    if (!quality) throw damaged(word);
    envelope.quality = *quality;
    const auto hops = text(first_column + 3);
    auto passed = hops_from(hops);
    if (!passed) throw damaged(hops);
    envelope.hops = *std::move(passed);
    return envelope;
}

}  // namespace courant::detail
