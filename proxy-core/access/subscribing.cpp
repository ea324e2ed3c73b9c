#include "proxy-core/access/subscribing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "proxy-core/access/period.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

// No name is longer (senml/name.hpp); patterns need no more.
constexpr std::size_t longest_pattern = 512;
constexpr auto most_stars = 16;

}  // namespace

std::string fault_of(const Shape& shape) {
    if (!shape.every.empty() && !Period::parse(shape.every))
        return fmt::format(
            "every: \"{}\" is no period; one is an ISO 8601 duration of the clock (PT15M) or of "
            "the calendar (P1D)",
            shape.every);
    if (!std::isfinite(shape.dead_band) || shape.dead_band < 0)
        return "dead_band: a number above 0, in the unit of the series";
    if (shape.heartbeat.empty()) return {};
    if (!is_iso_duration(shape.heartbeat))
        return fmt::format("heartbeat: \"{}\" is no ISO 8601 duration, such as PT1H",
                           shape.heartbeat);
    if (shape.dead_band == 0) return "heartbeat: without a dead_band every value goes in any case";
    return {};
}

std::string fault_of_pattern(std::string_view series) {
    if (series.empty()) return "series: a series or a pattern, such as app@server/*/power";
    if (series.size() > longest_pattern ||
        std::count(series.begin(), series.end(), '*') > most_stars)
        return fmt::format("series: at most {} bytes with {} stars", longest_pattern, most_stars);
    const bool plain = std::none_of(series.begin(), series.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
    });
    return plain ? "" : "series: a name holds no spaces and no control characters";
}

tl::expected<Shape, std::string> granted_shape(Shape wanted, const Grant& grant,
                                               const date::time_zone& zone, Time now) {
    const auto finest = Period::parse(grant.resolution);
    if (grant.resolution.empty()) return wanted;
    if (!finest)
        return tl::unexpected(fmt::format("grant {} lets values of {} go, which is no period",
                                          grant.id, grant.resolution));
    const auto every = Period::parse(wanted.every);
    if (!every || nominal_length(wanted.every) <= nominal_length(grant.resolution)) {
        wanted.every = grant.resolution;
        return wanted;
    }
    if (every->made_of(*finest, zone, now)) return wanted;
    return tl::unexpected(
        fmt::format("every: {} is not made of whole {}, the finest period that grant {} lets go",
                    wanted.every, grant.resolution, grant.id));
}

std::vector<Grant> grants_for(const Jid& peer, std::string_view series,
                              std::span<const Grant> grants, Time now) {
    std::vector<Grant> fitting;
    // What matches the pattern letter by letter, its `*` included, is nowhere wider.
    std::copy_if(grants.begin(), grants.end(), std::back_inserter(fitting),
                 [&](const Grant& grant) {
                     return grant.peer == peer.bare() && series_matches(grant.series, series) &&
                            obstacle(grant, now).empty();
                 });
    return fitting;
}

std::string granted_retention(std::string_view wanted, const Grant& grant) {
    const bool shorter = !wanted.empty() && nominal_length(wanted) < nominal_length(grant.retain);
    return shorter ? std::string(wanted) : grant.retain;
}

}  // namespace courant
