#include "proxy-core/catalog/series_book.hpp"

namespace courant {

void SeriesBook::note(const SeriesSeen& more) {
    SeriesSeen all = find(more.name).value_or(SeriesSeen{.name = more.name});
    add(all, more);
    put(all);
}

}  // namespace courant
