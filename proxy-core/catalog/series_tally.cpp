#include "proxy-core/catalog/series_tally.hpp"

#include <utility>

#include "proxy-core/access/grant.hpp"

namespace courant {

void SeriesTally::add(std::vector<SeriesSeen> seen) {
    for (SeriesSeen& series : seen) {
        const auto [known, is_new] = seen_.try_emplace(series.name);
        if (is_new)
            known->second = std::move(series);
        else
            courant::add(known->second, series);
    }
}

std::vector<SeriesSeen> SeriesTally::take(std::size_t most) {
    std::vector<SeriesSeen> taken;
    while (taken.size() < most && !seen_.empty()) {
        auto series = seen_.extract(seen_.begin());
        series.mapped().name = named_series(series.key()).name;
        taken.push_back(std::move(series.mapped()));
    }
    return taken;
}

}  // namespace courant
