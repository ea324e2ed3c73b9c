#include "adapters/csv/zone.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace courant::csv {

namespace {

std::optional<std::chrono::seconds> fixed_offset(std::string_view text) {
    if (text == "UTC" || text == "Z") return std::chrono::seconds{0};
    if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
    // An offset is written as at the end of an ISO 8601 time, so that reader reads it.
    const auto format = TimeFormat::compile("%z");
    const auto stamp = format->read(text);
    return stamp ? stamp->offset : std::nullopt;
}

std::string clock_text(senml::Time clock) {
    std::string text = iso8601(clock);
    text.pop_back();
    return text;
}

}  // namespace

tl::expected<Zone, std::string> Zone::find(std::string_view text, Nonexistent nonexistent,
                                           Ambiguous ambiguous) {
    Zone zone;
    zone.nonexistent_ = nonexistent;
    zone.ambiguous_ = ambiguous;
    if (const auto fixed = fixed_offset(text)) {
        zone.fixed_ = *fixed;
        return zone;
    }
    try {
        zone.zone_ = date::locate_zone(text);
    } catch (const std::runtime_error&) {
        return tl::unexpected(
            fmt::format("\"{}\" is no time zone that this system knows: an IANA name like "
                        "Europe/Paris (package tzdata), UTC, or an offset like +10:00",
                        text));
    }
    return zone;
}

tl::expected<senml::Time, std::string> Zone::to_utc(senml::Time clock,
                                                    std::optional<Pass>& pass) const {
    if (zone_ == nullptr) return clock - fixed_;
    const date::local_seconds local{
        std::chrono::floor<std::chrono::seconds>(clock.time_since_epoch())};
    const date::local_info info = zone_->get_info(local);
    if (info.result == date::local_info::ambiguous) return in_double_hour(clock, info, pass);
    pass.reset();
    if (info.result == date::local_info::nonexistent && nonexistent_ == Nonexistent::refuse)
        return tl::unexpected(skipped(clock, info));
    return clock - info.first.offset;
}

senml::Time Zone::in_double_hour(senml::Time clock, const date::local_info& info,
                                 std::optional<Pass>& pass) const {
    const auto first = clock - info.first.offset;
    const auto second = clock - info.second.offset;
    if (ambiguous_ == Ambiguous::first) return first;
    if (ambiguous_ == Ambiguous::second) return second;
    const bool went_back = pass && (pass->which == Pass::Which::second || clock <= pass->clock);
    pass = Pass{.clock = clock, .which = went_back ? Pass::Which::second : Pass::Which::first};
    return went_back ? second : first;
}

std::string Zone::skipped(senml::Time clock, const date::local_info& info) const {
    const auto change = info.first.end.time_since_epoch();
    const senml::Time before{change + info.first.offset};
    const senml::Time after{change + info.second.offset};
    return fmt::format(
        "{} does not exist in {}: the clocks went from {} to {}. If the row means something, set "
        "nonexistent = \"shift\" or a fixed time_zone",
        clock_text(clock), zone_->name(), clock_text(before), clock_text(after));
}

}  // namespace courant::csv
