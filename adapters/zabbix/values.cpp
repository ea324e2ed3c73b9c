#include "adapters/zabbix/values.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "senml/number.hpp"

namespace courant::zabbix {
namespace {

using senml::Kind;
using tl::unexpected;

/// Zabbix cuts longer texts without a word.
constexpr std::size_t max_char_characters = 255;
constexpr std::size_t max_text_bytes = 65'535;
/// Zabbix takes no float beyond this.
constexpr double max_float = 1e308;
/// The end of the 32 bits in which Zabbix holds seconds.
constexpr std::int64_t last_clock = std::numeric_limits<std::int32_t>::max();

bool is_number(ValueType type) {
    return type == ValueType::real || type == ValueType::integer;
}

std::string_view people(ValueType type) {
    switch (type) {
        case ValueType::real:
            return "float";
        case ValueType::chars:
            return "character";
        case ValueType::log:
            return "log";
        case ValueType::integer:
            return "unsigned";
        case ValueType::text:
            return "text";
    }
    return "unknown";
}

/// The first character that XML 1.0 cannot carry, by its byte; texts leave in XML.
std::optional<unsigned> control_character(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') return byte;
    }
    return std::nullopt;
}

std::size_t characters(std::string_view utf8) {
    std::size_t count = 0;
    for (const char c : utf8)
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
    return count;
}

/// The number in the item's unit, or why it has none there.
tl::expected<double, Reason> in_unit_of(const UnitRule& rule, std::string_view unit, double value) {
    if (unit.empty() || unit == rule.primary) return from_primary(rule, value);
    const UnitRule percent{.primary = "/", .numerator = 1, .denominator = 100};
    if (unit.starts_with('%') && rule == percent) return value;  // %RH and %EL are percents too
    return unexpected(fmt::format(
        "the reading is in {}, the item holds a unit of {}. Map it to an item of its own unit.",
        unit, rule.primary));
}

tl::expected<std::string, Reason> unsigned_text(double value) {
    constexpr double beyond = 18446744073709551616.0;  // 2^64
    if (value < 0 || value >= beyond || value != std::floor(value))
        return unexpected(fmt::format(
            "{} does not fit an unsigned item: Zabbix takes whole numbers from 0 to 2^64-1 there. "
            "Make the item a float.",
            value));
    return fmt::format("{}", static_cast<std::uint64_t>(value));
}

tl::expected<std::string, Reason> number_text(const senml::Pack& pack, const senml::Record& record,
                                              const Destination& destination) {
    tl::expected<double, Reason> value = record.number;
    if (destination.unit)
        value = in_unit_of(*destination.unit, pack.unit(record.unit), record.number);
    if (!value) return unexpected(value.error());
    if (!(std::abs(*value) <= max_float))
        return unexpected(Reason("Zabbix holds finite numbers up to 1e308 only"));
    if (destination.type == ValueType::integer) return unsigned_text(*value);
    std::string text;
    senml::append_number(text, *value);
    return text;
}

tl::expected<std::string, Reason> string_text(std::string_view text,
                                              std::optional<ValueType> type) {
    if (type && is_number(*type))
        return unexpected(
            fmt::format("a text does not fit the {} item. Map it to a text item.", people(*type)));
    if (text.find('\0') != std::string_view::npos)
        return unexpected(Reason("the text holds a NUL character, where Zabbix would end it"));
    if (type == ValueType::chars && characters(text) > max_char_characters)
        return unexpected(fmt::format(
            "the text has {} characters, a character item holds {}. Map it to a text item.",
            characters(text), max_char_characters));
    if (text.size() > max_text_bytes)
        return unexpected(
            fmt::format("the text has {} bytes, Zabbix holds {}", text.size(), max_text_bytes));
    return std::string(text);
}

}  // namespace

tl::expected<void, Reason> append_point(senml::Pack& pack, const SeriesIds& ids, ValueType type,
                                        const std::optional<UnitRule>& rule, const Point& point) {
    const senml::Time time = time_of(point.stamp);
    if (!is_number(type)) {
        if (const auto byte = control_character(point.value))
            return unexpected(fmt::format(
                "the text holds the control character U+{:04X}, which XML cannot carry", *byte));
        pack.add_text(ids.name, ids.unit, time, point.value);
        return {};
    }
    const auto value = to_primary(rule.value_or(UnitRule{}), point.value);
    if (!value || !std::isfinite(*value))
        return unexpected(fmt::format("not a number in a {} item", people(type)));
    pack.add(ids.name, ids.unit, time, *value);
    return {};
}

tl::expected<std::string, Reason> value_text(const senml::Pack& pack, const senml::Record& record,
                                             const Destination& destination) {
    switch (record.kind) {
        case Kind::number:
            return number_text(pack, record, destination);
        case Kind::text:
            return string_text(pack.text(record), destination.type);
        case Kind::boolean:
            return std::string(record.boolean ? "1" : "0");
        case Kind::data:
            return unexpected(Reason("Zabbix has no items for binary data"));
        case Kind::none:
            return unexpected(Reason("a sum without a value has no place in Zabbix"));
    }
    return unexpected(Reason("a value of an unknown kind"));
}

std::optional<Stamp> stamp_of(senml::Time time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const std::int64_t clock = second.time_since_epoch().count();
    if (clock <= 0 || clock > last_clock) return std::nullopt;
    return Stamp{clock, static_cast<std::int32_t>((time - second).count())};
}

senml::Time time_of(const Stamp& stamp) {
    return senml::from_unix_seconds(stamp.clock) + senml::Span{stamp.ns};
}

}  // namespace courant::zabbix
