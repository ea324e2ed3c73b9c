#include "adapters/csv/time_format.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "senml/number.hpp"

namespace courant::csv {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The parts of a civil time while it is being read.
struct Parts {
    int year = 1970;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    nanoseconds fraction{0};
    bool twelve_hours = false;
    bool afternoon = false;
    std::optional<seconds> offset;
};

// Reads from the front of a text; once something did not fit, everything fails.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool done() const { return text_.empty(); }
    bool next_is(char c) const { return !text_.empty() && lower(text_.front()) == lower(c); }

    bool accept(char c) {
        if (!next_is(c)) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool blanks() {
        const std::size_t before = text_.size();
        while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
        return text_.size() < before;
    }

    bool number(std::size_t least, std::size_t most, int& value) {
        std::size_t size = 0;
        while (size < most && size < text_.size() && is_digit(text_[size])) ++size;
        if (size < least) return false;
        std::from_chars(text_.data(), text_.data() + size, value);
        text_.remove_prefix(size);
        return true;
    }

    // ".5" or ",5", to the nanosecond; nothing there is a fraction of zero.
    bool fraction(nanoseconds& value) {
        if (!next_is('.') && !next_is(',')) return true;
        text_.remove_prefix(1);
        std::int64_t count = 0;
        std::int64_t unit = 1'000'000'000;
        std::size_t size = 0;
        for (; size < text_.size() && is_digit(text_[size]); ++size) {
            if (unit == 1) continue;
            unit /= 10;
            count += unit * (text_[size] - '0');
        }
        text_.remove_prefix(size);
        value = nanoseconds{count};
        return size > 0;
    }

    // Z, +01:00, +0100, +01
    bool offset(std::optional<seconds>& value) {
        if (accept('Z')) {
            value = seconds{0};
            return true;
        }
        const bool behind = next_is('-');
        if (!accept('+') && !accept('-')) return false;
        int hours = 0;
        int minutes = 0;
        if (!number(2, 2, hours)) return false;
        if (accept(':') || (!done() && is_digit(text_.front()))) {
            if (!number(2, 2, minutes)) return false;
        }
        if (hours > 23 || minutes > 59) return false;
        const seconds ahead = std::chrono::hours{hours} + std::chrono::minutes{minutes};
        value = behind ? -ahead : ahead;
        return true;
    }

    bool month_name(int& month) {
        for (std::size_t i = 0; i < months.size(); ++i) {
            if (text_.size() < 3 || lower(text_[0]) != months[i][0] ||
                lower(text_[1]) != months[i][1] || lower(text_[2]) != months[i][2])
                continue;
            text_.remove_prefix(3);
            month = static_cast<int>(i) + 1;
            return true;
        }
        return false;
    }

    bool half_of_day(bool& afternoon) {
        if (!next_is('a') && !next_is('p')) return false;
        afternoon = next_is('p');
        text_.remove_prefix(1);
        return accept('m');
    }

  private:
    std::string_view text_;
};

tl::expected<Stamp, std::string> stamp(Parts parts, std::string_view cell) {
    if (parts.twelve_hours) {
        if (parts.hour < 1 || parts.hour > 12)
            return tl::unexpected(fmt::format("\"{}\": the hour must be 1 to 12", cell));
        parts.hour = parts.hour % 12 + (parts.afternoon ? 12 : 0);
    }
    const std::chrono::year_month_day date{std::chrono::year{parts.year},
                                           std::chrono::month{static_cast<unsigned>(parts.month)},
                                           std::chrono::day{static_cast<unsigned>(parts.day)}};
    if (!date.ok()) return tl::unexpected(fmt::format("\"{}\": there is no such day", cell));
    if (parts.hour > 23 || parts.minute > 59 || parts.second > 59)
        return tl::unexpected(fmt::format("\"{}\": there is no such time of day", cell));
    // One year inside the range of senml::Time, so that no offset leads out of it.
    if (parts.year < 1679 || parts.year > 2260)
        return tl::unexpected(fmt::format("\"{}\": the year is out of range", cell));
    const auto clock = std::chrono::sys_days{date} + std::chrono::hours{parts.hour} +
                       std::chrono::minutes{parts.minute} + seconds{parts.second} + parts.fraction;
    return Stamp{.clock = senml::Time{clock}, .offset = parts.offset};
}

bool scan_iso8601(Scanner& scan, Parts& parts) {
    if (!scan.number(4, 4, parts.year) || !scan.accept('-') || !scan.number(2, 2, parts.month) ||
        !scan.accept('-') || !scan.number(2, 2, parts.day))
        return false;
    if (scan.done()) return true;
    if (!scan.accept('T') && !scan.blanks()) return false;
    if (!scan.number(2, 2, parts.hour) || !scan.accept(':') || !scan.number(2, 2, parts.minute))
        return false;
    if (scan.accept(':') && (!scan.number(2, 2, parts.second) || !scan.fraction(parts.fraction)))
        return false;
    if (scan.done()) return true;
    scan.blanks();
    return scan.offset(parts.offset) && scan.done();
}

bool scan_directive(Scanner& scan, char directive, Parts& parts) {
    switch (directive) {
        case 'Y':
            return scan.number(4, 4, parts.year);
        case 'y':
            if (!scan.number(2, 2, parts.year)) return false;
            parts.year += parts.year < 70 ? 2000 : 1900;
            return true;
        case 'm':
            return scan.number(1, 2, parts.month);
        case 'b':
            return scan.month_name(parts.month);
        case 'd':
            return scan.number(1, 2, parts.day);
        case 'H':
            return scan.number(1, 2, parts.hour);
        case 'I':
            parts.twelve_hours = true;
            return scan.number(1, 2, parts.hour);
        case 'p':
            return scan.half_of_day(parts.afternoon);
        case 'M':
            return scan.number(1, 2, parts.minute);
        case 'S':
            return scan.number(1, 2, parts.second) && scan.fraction(parts.fraction);
        case 'z':
            return scan.offset(parts.offset);
        default:
            return directive == '%' && scan.accept('%');
    }
}

bool scan_pattern(Scanner& scan, std::string_view pattern, Parts& parts) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_blank(pattern[i])) {
            if (!scan.blanks()) return false;
        } else if (pattern[i] != '%') {
            if (!scan.accept(pattern[i])) return false;
        } else if (!scan_directive(scan, pattern[++i], parts)) {
            return false;
        }
    }
    return scan.done();
}

tl::expected<Stamp, std::string> unix_time(std::string_view cell, std::int64_t per_second) {
    std::optional<senml::Span> since;
    if (per_second == 1) {
        since = senml::parse_seconds(cell);
    } else {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), count);
        constexpr std::int64_t limit = INT64_MAX / 1'000'000;
        if (error == std::errc{} && end == cell.data() + cell.size() && count <= limit &&
            count >= -limit)
            since = std::chrono::milliseconds{count};
    }
    if (!since) return tl::unexpected(fmt::format("\"{}\" is no Unix time", cell));
    return Stamp{.clock = senml::Time{*since}, .offset = seconds{0}};
}

std::string expanded(std::string_view pattern) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const std::string_view two = pattern.substr(i, 2);
        if (two == "%F" || two == "%T") {
            out += two == "%F" ? "%Y-%m-%d" : "%H:%M:%S";
            ++i;
        } else if (two.starts_with('%')) {
            out += two;
            ++i;
        } else {
            out += pattern[i];
        }
    }
    return out;
}

}  // namespace

tl::expected<TimeFormat, std::string> TimeFormat::compile(std::string_view text) {
    TimeFormat format;
    if (text == "iso8601") return format;
    if (text == "unix") {
        format.kind_ = Kind::unix_seconds;
        return format;
    }
    if (text == "unix_ms") {
        format.kind_ = Kind::unix_milliseconds;
        return format;
    }
    if (text.find('%') == std::string_view::npos)
        return tl::unexpected(fmt::format(
            "\"{}\" is no time format: iso8601, unix, unix_ms or a pattern like %d/%m/%Y %H:%M",
            text));
    format.kind_ = Kind::pattern;
    format.pattern_ = expanded(trimmed(text));
    for (std::size_t at = format.pattern_.find('%'); at != std::string::npos;
         at = format.pattern_.find('%', at + 2)) {
        const std::string_view directive = std::string_view(format.pattern_).substr(at, 2);
        if (directive.size() < 2 ||
            std::string_view("YymbdHIpMSz%").find(directive[1]) == std::string_view::npos)
            return tl::unexpected(fmt::format(
                "{} is not known; %Y %m %d %H %M %S %y %b %I %p %z %F %T %% are", directive));
    }
    return format;
}

tl::expected<Stamp, std::string> TimeFormat::read(std::string_view cell) const {
    cell = trimmed(cell);
    if (kind_ == Kind::unix_seconds) return unix_time(cell, 1);
    if (kind_ == Kind::unix_milliseconds) return unix_time(cell, 1000);
    Scanner scan(cell);
    Parts parts;
    const bool fits =
        kind_ == Kind::pattern ? scan_pattern(scan, pattern_, parts) : scan_iso8601(scan, parts);
    if (fits) return stamp(parts, cell);
    return tl::unexpected(fmt::format("\"{}\" is no time of the format {}", cell,
                                      kind_ == Kind::pattern ? pattern_ : "iso8601"));
}

std::string iso8601(senml::Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::string out =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto fraction = clock.subseconds().count(); fraction != 0) {
        out += fmt::format(".{:09}", fraction);
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out + 'Z';
}

}  // namespace courant::csv
