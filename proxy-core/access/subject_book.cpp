#include "proxy-core/access/subject_book.hpp"

#include <algorithm>

namespace courant {

bool held_back(std::span<const Objection> objections, const Grant& grant, const NamedSeries& series,
               Time now) {
    if (grant.subject.find('*') == std::string::npos) return false;
    return std::any_of(objections.begin(), objections.end(), [&](const Objection& objection) {
        return objection.subject == series.subject && stands(objection, now);
    });
}

}  // namespace courant
