#include "proxy-core/catalog/series_seen.hpp"

#include <algorithm>
#include <cmath>

#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

using senml::Kind;

constexpr WordTable<Kind, 5> kind_words{{{Kind::none, "none"},
                                         {Kind::number, "number"},
                                         {Kind::text, "text"},
                                         {Kind::boolean, "boolean"},
                                         {Kind::data, "data"}}};

}  // namespace

std::string_view to_word(Kind kind) {
    return word_of(kind_words, kind);
}

Kind kind_from(std::string_view word) {
    return value_of(kind_words, word).value_or(Kind::none);
}

void add(SeriesSeen& to, const SeriesSeen& more) {
    if (more.readings == 0) return;
    const bool first_of_all = to.readings == 0;
    // What an app brings late, of a time long ago, says nothing of how the series is today.
    if (first_of_all || more.last >= to.last) {
        to.unit = more.unit;
        to.kind = more.kind;
        to.latest.insert(to.latest.end(), more.latest.begin(), more.latest.end());
        if (to.latest.size() > SeriesSeen::most_latest)
            to.latest.erase(to.latest.begin(),
                            to.latest.end() - std::ptrdiff_t{SeriesSeen::most_latest});
    }
    to.first = first_of_all ? more.first : std::min(to.first, more.first);
    to.last = first_of_all ? more.last : std::max(to.last, more.last);
    to.readings += more.readings;
}

// From the end, because the last readings say what a series is now.
std::vector<SeriesSeen> seen_in(const senml::Pack& pack) {
    std::vector<SeriesSeen> all(pack.name_count());
    for (std::size_t i = pack.size(); i-- > 0;) {
        const senml::Record& record = pack[i];
        SeriesSeen& seen = all[static_cast<std::size_t>(record.name)];
        if (seen.readings++ == 0) {
            seen.name = pack.name(record.name);
            seen.unit = pack.unit(record.unit);
            seen.kind = record.kind;
            seen.first = seen.last = record.time;
        }
        seen.first = std::min(seen.first, record.time);
        seen.last = std::max(seen.last, record.time);
        if (record.kind == Kind::number && std::isfinite(record.number) &&
            seen.latest.size() < SeriesSeen::most_latest)
            seen.latest.push_back({record.time, record.number});
    }
    std::erase_if(all, [](const SeriesSeen& seen) { return seen.readings == 0; });
    for (SeriesSeen& seen : all) std::reverse(seen.latest.begin(), seen.latest.end());
    return all;
}

}  // namespace courant
