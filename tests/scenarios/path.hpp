// A little XPath: enough to say what a stanza must look like.
//
//     /message/receipt[@through='1'][not(reject)]/missing[@from='2']
//
// Steps go from an element to its children; names are local names. Predicates: [@name='value'],
// [@name], [child], and not(…) around the last two; [.='text'] for an element's own text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/stanza.hpp"

namespace courant::test {

/// A path with predicates.
class Path {
  public:
    /// Throws std::invalid_argument that quotes what it does not understand.
    explicit Path(std::string_view text);

    /// Whether the path leads somewhere in the stanza.
    bool fits(const Element& stanza) const;

  private:
    struct Predicate {
        std::string name;
        std::string value;
        bool attribute = false;
        bool compares = false;
        bool negated = false;
    };
    struct Step {
        std::string name;
        std::vector<Predicate> predicates;
    };
    static Predicate predicate(std::string_view text);
    static bool holds(const Predicate& predicate, const Element& element);
    bool fits(const Element& element, std::size_t step) const;

    std::vector<Step> steps_;
};

}  // namespace courant::test
