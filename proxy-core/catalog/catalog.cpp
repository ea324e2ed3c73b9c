#include "proxy-core/catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/catalog/shown_name.hpp"
#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

constexpr std::int64_t year_2000 = 946'684'800;

double with_two_digits(double value) {
    const std::string text = fmt::format("{:.1e}", value);
    double rounded = 0;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return rounded;
}

// Of two grants that show a series under one name the one that reaches further back.
bool is_wider(const Grant& grant, const CatalogGrant& than) {
    return nominal_length(grant.history) > nominal_length(than.history);
}

CatalogGrant part_of(const Grant& grant) {
    return {.id = grant.id,
            .purpose = grant.purpose,
            .history = grant.history,
            .resolution = grant.resolution,
            .until = grant.until};
}

}  // namespace

CatalogRules::CatalogRules() : shown_name(courant::shown_name) {}

const SeriesDescription* CatalogRules::description(std::string_view name) const {
    const auto found = std::find_if(series.begin(), series.end(), [&](const auto& described) {
        return series_matches(described.series, name);
    });
    return found == series.end() ? nullptr : &*found;
}

bool CatalogRules::has_open_data() const {
    return std::any_of(series.begin(), series.end(), [](const SeriesDescription& described) {
        return described.offer.to == Offered::everyone;
    });
}

std::vector<SeenValue> anonymous(std::span<const SeenValue> values) {
    std::vector<SeenValue> sample(values.begin(), values.end());
    std::sort(sample.begin(), sample.end(),
              [](const SeenValue& a, const SeenValue& b) { return a.time < b.time; });
    if (sample.empty()) return sample;
    const auto shift = senml::from_unix_seconds(year_2000) - sample.front().time;
    for (SeenValue& one : sample) one = {one.time + shift, with_two_digits(one.value)};
    return sample;
}

CatalogView::CatalogView(std::shared_ptr<const CatalogRules> rules, const Jid& asker,
                         CatalogAsker standing, const std::vector<Grant>& grants,
                         std::vector<Objection> objections, Time now)
    : rules_(std::move(rules)), objections_(std::move(objections)), now_(now) {
    if (standing == CatalogAsker::peer)
        for (const Grant& grant : grants)
            if (grant.peer == asker.bare() && obstacle(grant, now).empty())
                grants_.push_back(grant);
    for (const SeriesDescription& described : rules_->series) {
        const Offered to = described.offer.to;
        if (to == Offered::everyone || (to == Offered::peers && standing == CatalogAsker::peer))
            offered_.push_back(to);
    }
}

bool CatalogView::renames() const {
    return std::any_of(grants_.begin(), grants_.end(),
                       [](const Grant& grant) { return grant.pseudonym || !grant.hidden.empty(); });
}

CatalogEntry CatalogView::entry(const SeriesSeen& series, std::string shown) const {
    CatalogEntry entry{.series = std::move(shown), .unit = series.unit, .kind = series.kind};
    if (series.readings > 0) {
        entry.first = series.first;
        entry.last = series.last;
    }
    if (const SeriesDescription* said = rules_->description(series.name)) {
        entry.title = said->offer.title;
        entry.meaning = said->meaning;
        entry.period = said->period;
        entry.licence = said->offer.licence;
        entry.price = said->offer.price;
        entry.conditions = said->offer.conditions;
        if (said->offer.sample) entry.sample = anonymous(series.latest);
    }
    if (entry.meaning.empty()) entry.meaning = rules_->meaning_of_unit(series.unit);
    return entry;
}

std::vector<CatalogEntry> CatalogView::entries(const SeriesSeen& series) const {
    std::vector<CatalogEntry> entries;
    const NamedSeries named = named_series(series.name);
    for (const Grant& grant : grants_) {
        if (!covers(grant, named) || held_back(objections_, grant, named, now_)) continue;
        std::string shown = rules_->shown_name(grant, named.name);
        if (shown.empty()) continue;
        const auto same = std::find_if(entries.begin(), entries.end(),
                                       [&](const auto& one) { return one.series == shown; });
        if (same == entries.end()) {
            entries.push_back(entry(series, std::move(shown)));
            entries.back().grant = part_of(grant);
        } else if (is_wider(grant, *same->grant)) {
            same->grant = part_of(grant);
        }
    }
    // Who has it under another name must not meet it under its own as well.
    if (!entries.empty() || offered_.empty()) return entries;
    // Who objects is offered to nobody, either.
    if (std::any_of(objections_.begin(), objections_.end(), [&](const Objection& objection) {
            return objection.subject == named.subject && stands(objection, now_);
        }))
        return entries;
    const SeriesDescription* said = rules_->description(series.name);
    if (said && std::find(offered_.begin(), offered_.end(), said->offer.to) != offered_.end())
        entries.push_back(entry(series, named.name));
    return entries;
}

// --- the search

CatalogSearch::CatalogSearch(CatalogView view, CatalogQuestion question)
    : view_(std::move(view)), question_(std::move(question)) {
    if (view_.empty()) return;
    for (const std::string& name : view_.rules().declared) consider({.name = name});
    // A name that is not the series' own says nothing of where in the book it stands.
    if (view_.renames()) return;
    prefix_ = question_.pattern.substr(0, question_.pattern.find('*'));
    looked_at_ = question_.after;
    // The name that is the prefix itself has to be found, too.
    if (looked_at_ < prefix_) looked_at_ = prefix_.substr(0, prefix_.size() - 1);
}

bool CatalogSearch::look(SeriesBook& book, std::int64_t portion) {
    if (view_.empty()) return false;
    const auto page = book.page(looked_at_, portion);
    for (const SeriesSeen& series : page) {
        looked_at_ = series.name;
        if (series.name > prefix_ && !series.name.starts_with(prefix_)) return false;
        consider(series);
        if (has_enough()) return false;
    }
    return static_cast<std::int64_t>(page.size()) == portion;
}

void CatalogSearch::consider(const SeriesSeen& series) {
    for (CatalogEntry& entry : view_.entries(series)) {
        if (entry.series <= question_.after) continue;
        if (!series_matches(question_.pattern, entry.series)) continue;
        std::string name = entry.series;
        found_.insert_or_assign(std::move(name), std::move(entry));
        if (found_.size() > question_.most + 1) found_.erase(std::prev(found_.end()));
    }
}

// Whether nothing that comes can stand before what there is.
bool CatalogSearch::has_enough() const {
    return !view_.renames() && found_.size() > question_.most &&
           found_.rbegin()->first <= looked_at_;
}

CatalogPage CatalogSearch::found() const {
    CatalogPage page;
    for (const auto& [name, entry] : found_) {
        page.more = page.entries.size() == question_.most;
        if (page.more) break;
        page.entries.push_back(entry);
    }
    return page;
}

}  // namespace courant
