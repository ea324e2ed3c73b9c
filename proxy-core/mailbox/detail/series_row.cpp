#include "proxy-core/mailbox/detail/series_row.hpp"

#include <fmt/format.h>

#include <charconv>

namespace courant::detail {
namespace {

// Takes a number and the blank behind it off the front of a text; whether there was one.
template <class Number>
bool take(std::string_view& text, Number& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return true;
}

}  // namespace

std::string text_of(const std::vector<SeenValue>& latest) {
    std::string text;
    for (const auto& [time, value] : latest)
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : " ", time.time_since_epoch().count(), value);
    return text;
}

std::vector<SeenValue> latest_from(std::string_view text) {
    std::vector<SeenValue> latest;
    std::int64_t time = 0;
    double value = 0;
    while (latest.size() < SeriesSeen::most_latest && take(text, time) && take(text, value))
        latest.push_back({senml::Time(std::chrono::nanoseconds(time)), value});
    return latest;
}

}  // namespace courant::detail
