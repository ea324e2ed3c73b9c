#include "proxy-core/config/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace courant {
namespace {

using std::chrono::nanoseconds;

struct Unit {
    std::string_view word;
    std::int64_t nanoseconds;
};

// The larger unit first: the order in which they may follow each other.
constexpr std::array units{
    Unit{"d", 86'400'000'000'000}, Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000},
    Unit{"s", 1'000'000'000},      Unit{"ms", 1'000'000},
};

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

tl::unexpected<std::string> no_duration(std::string_view text, std::string_view why) {
    return tl::unexpected(
        fmt::format("\"{}\" is no duration: {}. Write it as 30s, 5m, 1h30m or 2d", text, why));
}

// Takes the leading characters for which `belongs` holds off `rest`.
template <typename Predicate>
std::string_view take_while(std::string_view& rest, Predicate belongs) {
    std::size_t size = 0;
    while (size < rest.size() && belongs(rest[size])) ++size;
    const auto taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
}

// Takes one number and the designator behind it; false where they are not there or the number is
// too large.
bool take_iso_part(std::string_view& rest, char& designator, std::uint32_t& number) {
    const auto digits = take_while(rest, is_digit);
    if (digits.empty() || rest.empty()) return false;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    designator = rest.front();
    rest.remove_prefix(1);
    return read.ec == std::errc{};
}

// Reads "3Y6M": designators in the order of `allowed`, each at most once. Says whether anything was
// more than zero.
bool take_iso_parts(std::string_view rest, std::string_view allowed, bool& more_than_zero) {
    while (!rest.empty()) {
        char designator = 0;
        std::uint32_t number = 0;
        if (!take_iso_part(rest, designator, number)) return false;
        const auto at = allowed.find(designator);
        if (at == std::string_view::npos) return false;
        allowed.remove_prefix(at + 1);
        more_than_zero = more_than_zero || number > 0;
    }
    return true;
}

}  // namespace

tl::expected<nanoseconds, std::string> parse_duration(std::string_view text) {
    if (text.empty()) return no_duration(text, "it is empty");
    std::int64_t total = 0;
    auto next_unit = units.begin();
    for (auto rest = text; !rest.empty();) {
        const auto digits = take_while(rest, is_digit);
        const auto word = take_while(rest, [](char c) { return !is_digit(c); });
        std::int64_t number = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (digits.empty()) return no_duration(text, "a whole number is missing");
        if (word.empty()) return no_duration(text, "a number has no unit");
        auto unit = next_unit;
        while (unit != units.end() && unit->word != word) ++unit;
        if (unit == units.end())
            return no_duration(
                text, fmt::format("\"{}\" is no unit, or stands in the wrong place", word));
        std::int64_t part = 0;
        if (read.ec != std::errc{} || __builtin_mul_overflow(number, unit->nanoseconds, &part) ||
            __builtin_add_overflow(total, part, &total))
            return no_duration(text, "it is longer than 292 years");
        next_unit = unit + 1;
    }
    return nanoseconds{total};
}

std::string duration_text(nanoseconds duration) {
    if (duration < nanoseconds::zero()) return "-" + duration_text(-duration);
    std::string text;
    auto rest = duration.count();
    for (const auto& unit : units) {
        if (const auto number = rest / unit.nanoseconds; number > 0)
            text += fmt::format("{}{}", number, unit.word);
        rest %= unit.nanoseconds;
    }
    return text.empty() ? "0s" : text;
}

bool is_iso_duration(std::string_view text) {
    if (text.size() < 3 || text.front() != 'P') return false;
    text.remove_prefix(1);
    const auto split = text.find('T');
    const auto days = text.substr(0, split);
    bool more_than_zero = false;
    if (days.find('W') != std::string_view::npos)
        return split == std::string_view::npos && take_iso_parts(days, "W", more_than_zero) &&
               more_than_zero;
    if (!take_iso_parts(days, "YMD", more_than_zero)) return false;
    if (split == std::string_view::npos) return more_than_zero;
    const auto clock = text.substr(split + 1);
    return !clock.empty() && take_iso_parts(clock, "HMS", more_than_zero) && more_than_zero;
}

std::chrono::seconds nominal_length(std::string_view iso_duration) {
    if (!is_iso_duration(iso_duration)) return {};
    constexpr std::int64_t year = 31'556'952;
    constexpr std::int64_t day = 86'400;
    std::int64_t seconds = 0;
    std::int64_t number = 0;
    bool of_time = false;
    for (const char c : iso_duration.substr(1)) {
        if (c >= '0' && c <= '9') {
            number = std::min<std::int64_t>(number * 10 + (c - '0'), 1'000'000);
            continue;
        }
        if (c == 'T') of_time = true;
        if (c == 'Y') seconds += number * year;
        if (c == 'M') seconds += number * (of_time ? 60 : year / 12);
        if (c == 'W') seconds += number * 7 * day;
        if (c == 'D') seconds += number * day;
        if (c == 'H') seconds += number * 3600;
        if (c == 'S') seconds += number;
        number = 0;
    }
    return std::chrono::seconds(std::min(seconds, 250 * year));
}

}  // namespace courant
