#include "jobs/cron.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <span>
#include <vector>

namespace courant {
namespace {

using std::chrono::minutes;
using LocalMinute = date::local_time<minutes>;
using Instant = date::sys_time<minutes>;

// 29 February comes again after eight years at most (2096 to 2104).
constexpr date::days farthest{366 * 9};

constexpr std::string_view month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                            "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view day_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Field {
    std::string_view name;
    unsigned least, most;
    std::span<const std::string_view> words;
};

constexpr std::array fields{
    Field{"minute", 0, 59, {}},
    Field{"hour", 0, 23, {}},
    Field{"day of month", 1, 31, {}},
    Field{"month", 1, 12, month_names},
    Field{"day of week", 0, 7, day_names},
};

struct Alias {
    std::string_view word, meaning;
};
constexpr Alias aliases[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

constexpr bool has(std::uint64_t set, unsigned bit) {
    return (set >> bit & 1U) != 0;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::toupper(static_cast<unsigned char>(x)) == y;
    });
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find_first_of(separators);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> words_of(std::string_view text) {
    auto parts = split(text, " \t");
    std::erase_if(parts, [](std::string_view part) { return part.empty(); });
    return parts;
}

std::string wrong(const Field& field, std::string_view text, std::string_view why) {
    const auto words = field.words.empty()
                           ? ""
                           : fmt::format(" or {}-{}", field.words.front(), field.words.back());
    return fmt::format(
        "{} \"{}\": {}. Allowed: {}-{}{}, *, lists with commas, ranges a-b, steps */n", field.name,
        text, why, field.least, field.most, words);
}

tl::expected<unsigned, std::string> parse_value(const Field& field, std::string_view text) {
    for (std::size_t i = 0; i < field.words.size(); ++i)
        if (same_word(text, field.words[i])) return static_cast<unsigned>(i) + field.least;
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
        return tl::unexpected(wrong(field, text, "is no number or name"));
    if (value < field.least || value > field.most)
        return tl::unexpected(wrong(field, text, "is out of range"));
    return value;
}

// One element of a list: "*", "a", "a-b", each but the second with "/n".
tl::expected<std::uint64_t, std::string> parse_element(const Field& field, std::string_view text) {
    const auto parts = split(text, "/");
    if (parts.size() > 2) return tl::unexpected(wrong(field, text, "has more than one step"));
    const auto ends = split(parts[0], "-");
    if (ends.size() > 2) return tl::unexpected(wrong(field, text, "is no range"));
    const bool star = parts[0] == "*";

    unsigned first = field.least, last = field.most, step = 1;
    if (!star) {
        const auto low = parse_value(field, ends.front());
        if (!low) return tl::unexpected(low.error());
        const auto high = parse_value(field, ends.back());
        if (!high) return tl::unexpected(high.error());
        first = *low;
        // FRI-SUN: a week's last day may be Sunday.
        last = !field.words.empty() && field.most == 7 && *high == 0 && *low > 0 ? 7 : *high;
    }
    if (first > last) return tl::unexpected(wrong(field, text, "runs backwards"));
    if (parts.size() == 2) {
        if (!star && ends.size() == 1)
            return tl::unexpected(wrong(field, text, "a step needs a range or * before it"));
        const auto read = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), step);
        if (read.ec != std::errc{} || read.ptr != parts[1].data() + parts[1].size() || step == 0)
            return tl::unexpected(wrong(field, text, "the step must be a number above 0"));
    }
    std::uint64_t set = 0;
    for (unsigned value = first; value <= last; value += std::min(step, 64U))
        set |= std::uint64_t{1} << value;
    return set;
}

tl::expected<std::uint64_t, std::string> parse_field(const Field& field, std::string_view text) {
    std::uint64_t set = 0;
    for (const auto element : split(text, ",")) {
        const auto parsed = parse_element(field, element);
        if (!parsed) return tl::unexpected(parsed.error());
        set |= *parsed;
    }
    return set;
}

}  // namespace

// Looks for the times of one expression: first among the days of a calendar without zones, then in
// a zone.
class CronSearch {
  public:
    explicit CronSearch(const CronExpression& expression) : cron_(expression) {}

    // The first time that fits in [from, until).
    std::optional<LocalMinute> local(LocalMinute from, LocalMinute until) const {
        const auto first_day = date::floor<date::days>(from);
        until = std::min(until, LocalMinute{first_day + farthest});
        for (auto day = first_day; LocalMinute{day} < until; day += date::days{1}) {
            if (!fits(day)) continue;
            const auto begin = day == first_day ? from - LocalMinute{day} : minutes{0};
            const auto minute = minute_of_day(begin);
            if (!minute) continue;
            const LocalMinute found = LocalMinute{day} + *minute;
            return found < until ? std::optional(found) : std::nullopt;
        }
        return std::nullopt;
    }

    // The first instant at or after `from` at which the zone's clock shows a time that fits.
    std::optional<Instant> in_zone(Instant from, const date::time_zone& zone) const {
        const Instant horizon = from + farthest;
        for (auto at = from; at < horizon;) {
            const auto period = zone.get_info(at);
            if (const auto found = in_period(at, period, zone)) return found;
            at = date::ceil<minutes>(period.end);
        }
        return std::nullopt;
    }

  private:
    // A period is a span of time in which the zone's offset stays the same.
    std::optional<Instant> in_period(Instant at, const date::sys_info& period,
                                     const date::time_zone& zone) const {
        const auto clock = [&](date::sys_seconds time, std::chrono::seconds offset) {
            return LocalMinute{date::ceil<minutes>(time.time_since_epoch() + offset)};
        };
        auto from = clock(at, period.offset);
        if (cron_.rhythm_ == CronExpression::Rhythm::fixed && has_beginning(period)) {
            const auto before = zone.get_info(period.begin - std::chrono::seconds{1});
            const auto shown_until = clock(period.begin, before.offset);
            const auto shown_from = clock(period.begin, period.offset);
            const bool at_beginning = at <= period.begin;
            if (at_beginning && local(shown_until, shown_from))
                return date::ceil<minutes>(period.begin);
            // What the clock showed before the period began has had its run.
            from = std::max(from, shown_until);
        }
        const auto until = clock(period.end, period.offset);
        const auto found = local(from, until);
        if (!found) return std::nullopt;
        return date::ceil<minutes>(date::sys_seconds{found->time_since_epoch() - period.offset});
    }

    // Zones have a first period without anything before it.
    static bool has_beginning(const date::sys_info& period) {
        return period.begin > date::sys_days{date::year{1700} / 1 / 1};
    }

    bool fits(date::local_days day) const {
        const date::year_month_day date{day};
        if (!has(cron_.months_, static_cast<unsigned>(date.month()))) return false;
        const bool of_month = has(cron_.days_of_month_, static_cast<unsigned>(date.day()));
        const bool of_week = has(cron_.days_of_week_, date::weekday{day}.c_encoding());
        return cron_.either_day_ ? of_month || of_week : of_month && of_week;
    }

    // The first time of a day that fits and is not before `begin`.
    std::optional<minutes> minute_of_day(minutes begin) const {
        auto hour = static_cast<unsigned>(begin.count() / 60);
        auto minute = static_cast<unsigned>(begin.count() % 60);
        for (; hour < 24; ++hour, minute = 0) {
            if (!has(cron_.hours_, hour)) continue;
            const auto left = cron_.minutes_ >> minute;
            if (left != 0)
                return minutes{hour * 60 + minute + static_cast<unsigned>(std::countr_zero(left))};
        }
        return std::nullopt;
    }

    const CronExpression& cron_;
};

tl::expected<CronExpression, std::string> CronExpression::parse(std::string_view text) {
    for (const auto& alias : aliases)
        if (text == alias.word) return parse(alias.meaning);
    if (text == "@reboot") return tl::unexpected<std::string>("@reboot is written at_start = true");
    const auto words = words_of(text);
    if (words.size() != fields.size())
        return tl::unexpected(
            fmt::format("\"{}\" has {} fields, and 5 are needed: minute, hour, day of month, "
                        "month, day of week",
                        text, words.size()));
    std::array<std::uint64_t, fields.size()> sets{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto set = parse_field(fields[i], words[i]);
        if (!set) return tl::unexpected(set.error());
        sets[i] = *set;
    }
    const auto starred = [&](std::size_t field) { return words[field].front() == '*'; };

    CronExpression out;
    out.minutes_ = sets[0];
    out.hours_ = sets[1];
    out.days_of_month_ = sets[2];
    out.months_ = sets[3];
    out.days_of_week_ = sets[4] | (sets[4] >> 7U & 1U);
    out.either_day_ = !starred(2) && !starred(4);
    out.rhythm_ = starred(0) || starred(1) ? Rhythm::repeating : Rhythm::fixed;

    const LocalMinute any_day{date::local_days{date::year{2020} / 1 / 1}};
    if (!CronSearch(out).local(any_day, LocalMinute::max()))
        return tl::unexpected(
            fmt::format("\"{}\": day {} of month {} never comes", text, words[2], words[3]));
    return out;
}

std::optional<std::string> CronExpression::fault(std::string_view text) {
    const auto parsed = parse(text);
    return parsed ? std::nullopt : std::optional(parsed.error());
}

senml::Time CronExpression::next_after(senml::Time after, const date::time_zone& zone) const {
    const auto from = date::floor<minutes>(after) + minutes{1};
    const auto last = date::floor<minutes>(senml::Time::max());
    const auto found = CronSearch(*this).in_zone(from, zone);
    return found && *found < last ? senml::Time{*found} : senml::Time::max();
}

}  // namespace courant
