#include "proxy-core/access/series_pattern.hpp"

namespace courant {

// Where the text does not fit after a `*`, that `*` takes one character more. Only the last one
// need ever be reconsidered: what stands before it fits already, and giving an earlier `*` more
// could only leave less for the rest.
bool series_matches(std::string_view pattern, std::string_view name) {
    std::size_t at = 0, star = std::string_view::npos, after_star = 0;
    std::size_t in_name = 0;
    while (in_name < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            after_star = in_name;
        } else if (at < pattern.size() && pattern[at] == name[in_name]) {
            ++at;
            ++in_name;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in_name = ++after_star;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

}  // namespace courant
