#include "adapters/linky-tic/horodate.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace courant::linky {

namespace {

// Cuts digits and signs off the front of a text; after the first thing that does not fit nothing
// fits any more.
class Digits {
  public:
    explicit Digits(std::string_view text) : text_(text) {}

    int take(std::size_t count) {
        int value = 0;
        const char* const end = text_.data() + std::min(count, text_.size());
        const auto result = std::from_chars(text_.data(), end, value);
        good_ = good_ && text_.size() >= count && text_[0] != '-' && result.ptr == end &&
                result.ec == std::errc{};
        text_.remove_prefix(std::min(count, text_.size()));
        return value;
    }
    bool accept(std::string_view any_of) {
        const bool found = !text_.empty() && any_of.find(text_[0]) != std::string_view::npos;
        if (found) text_.remove_prefix(1);
        return found;
    }
    void expect(std::string_view any_of) { good_ = accept(any_of) && good_; }
    bool good() const { return good_; }
    bool done() const { return good_ && text_.empty(); }

  private:
    std::string_view text_;
    bool good_ = true;
};

struct Civil {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<senml::Time> as_utc(const Civil& c) {
    const std::chrono::year_month_day date{std::chrono::year{c.year},
                                           std::chrono::month{static_cast<unsigned>(c.month)},
                                           std::chrono::day{static_cast<unsigned>(c.day)}};
    if (!date.ok() || c.hour > 23 || c.minute > 59 || c.second > 59) return std::nullopt;
    if (c.year < 1700 || c.year > 2200) return std::nullopt;
    return senml::Time{std::chrono::sys_days{date} + std::chrono::hours{c.hour} +
                       std::chrono::minutes{c.minute} + std::chrono::seconds{c.second}};
}

}  // namespace

std::optional<Horodate> parse_horodate(std::string_view text) {
    constexpr std::size_t size = 13;
    if (text.size() != size) return std::nullopt;
    const char season = text[0];
    const bool summer = season == 'E' || season == 'e';
    if (!summer && season != 'H' && season != 'h') return std::nullopt;
    Digits digits(text.substr(1));
    Civil civil;
    civil.year = 2000 + digits.take(2);
    civil.month = digits.take(2);
    civil.day = digits.take(2);
    civil.hour = digits.take(2);
    civil.minute = digits.take(2);
    civil.second = digits.take(2);
    const auto time = digits.done() ? as_utc(civil) : std::nullopt;
    if (!time) return std::nullopt;
    return Horodate{
        .time = *time - std::chrono::hours{summer ? 2 : 1},
        .clock = season == 'e' || season == 'h' ? ClockState::degraded : ClockState::good};
}

std::optional<senml::Time> parse_iso_time(std::string_view text) {
    Digits digits(text);
    Civil civil;
    civil.year = digits.take(4);
    digits.expect("-");
    civil.month = digits.take(2);
    digits.expect("-");
    civil.day = digits.take(2);
    digits.expect("T ");
    civil.hour = digits.take(2);
    digits.expect(":");
    civil.minute = digits.take(2);
    if (digits.accept(":")) civil.second = digits.take(2);
    std::chrono::minutes ahead{0};
    if (!digits.accept("Z")) {
        const int sign = digits.accept("-") ? -1 : 1;
        if (sign == 1) digits.expect("+");
        const int hours = digits.take(2);
        digits.accept(":");
        ahead = sign * (std::chrono::hours{hours} + std::chrono::minutes{digits.take(2)});
    }
    const auto time = digits.done() ? as_utc(civil) : std::nullopt;
    if (!time) return std::nullopt;
    return *time - ahead;
}

}  // namespace courant::linky
