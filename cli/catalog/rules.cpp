#include "cli/catalog/rules.hpp"

#include <algorithm>

namespace courant::cli {
namespace {

// Names stand in the `name` of the tables in `series`, by the adapters' custom.
void declare_series_of(const AdapterConfig& adapter, std::vector<std::string>& declared) {
    for (const Settings& series : adapter.settings.tables("series"))
        if (series.has("name")) declared.push_back(named_series(series.text("name")).name);
}

}  // namespace

CatalogRules catalog_rules(const Config& config) {
    CatalogRules rules;
    rules.meaning_of_unit = [](std::string_view unit) {
        const auto meaning = natural_meaning(unit);
        return meaning ? std::string(to_word(*meaning)) : std::string();
    };
    for (const SeriesConfig& series : config.series) {
        rules.series.push_back(
            {.series = series.series,
             .meaning = series.meaning ? std::string(to_word(*series.meaning)) : std::string(),
             .period = series.period,
             .offer = series.offer});
        if (series.series.find('*') == std::string::npos)
            rules.declared.push_back(named_series(series.series).name);
    }
    for (const ExtractConfig& extract : config.extracts)
        if (const AdapterConfig* adapter = config.adapter(extract.adapter))
            declare_series_of(*adapter, rules.declared);
    std::sort(rules.declared.begin(), rules.declared.end());
    rules.declared.erase(std::unique(rules.declared.begin(), rules.declared.end()),
                         rules.declared.end());
    return rules;
}

}  // namespace courant::cli
