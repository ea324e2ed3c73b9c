#include "proxy-core/access/series_pattern.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

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

// The names about a subject are "app/SUBJECT/levels", where an app has no '/'. Place by place along
// both: `reached[i]` is whether the first i characters of the pattern can have met the first places
// of such a name.
bool may_be_about(std::string_view pattern, std::string_view subject) {
    enum class Part { app, literal, levels };
    std::vector<std::pair<Part, char>> name{{Part::app, '\0'}};
    for (const char c : "/" + std::string(subject) + "/") name.emplace_back(Part::literal, c);
    name.emplace_back(Part::levels, '\0');

    const std::size_t end = pattern.size();
    std::vector<bool> reached(end + 1);
    reached[0] = true;
    for (const auto& [part, letter] : name) {
        std::vector<bool> next(end + 1);
        for (std::size_t i = 0; i <= end; ++i) {
            const bool star = i < end && pattern[i] == '*';
            if (part == Part::literal) {
                // A star may have ended here, or stand for this letter, too.
                if (star && reached[i]) next[i] = reached[i + 1] = true;
                if (i < end && reached[i] && pattern[i] == letter) next[i + 1] = true;
            } else if (reached[i]) {
                next[i] = true;
                if (i < end && (star || part == Part::levels || pattern[i] != '/'))
                    reached[i + 1] = true;
            }
        }
        reached = std::move(next);
    }
    // What is left of the pattern may stand for nothing.
    for (std::size_t i = 0; i < end; ++i)
        if (reached[i] && pattern[i] == '*') reached[i + 1] = true;
    return reached[end];
}

}  // namespace courant
