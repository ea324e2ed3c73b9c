#include "tests/scenarios/path.hpp"

#include <algorithm>
#include <stdexcept>

namespace courant::test {

namespace {

[[noreturn]] void not_understood(std::string_view text) {
    throw std::invalid_argument("no path of ours: " + std::string(text));
}

}  // namespace

Path::Path(std::string_view text) {
    while (!text.empty()) {
        if (text.front() != '/') not_understood(text);
        text.remove_prefix(1);
        Step step;
        const auto end = text.find_first_of("/[");
        step.name = text.substr(0, end);
        if (step.name.empty()) not_understood(text);
        text.remove_prefix(std::min(end, text.size()));
        while (text.starts_with('[')) {
            const auto close = text.find(']');
            if (close == std::string_view::npos) not_understood(text);
            step.predicates.push_back(predicate(text.substr(1, close - 1)));
            text.remove_prefix(close + 1);
        }
        steps_.push_back(std::move(step));
    }
    if (steps_.empty()) not_understood("");
}

Path::Predicate Path::predicate(std::string_view text) {
    Predicate predicate;
    const auto whole = text;
    if (text.starts_with("not(") && text.ends_with(')')) {
        predicate.negated = true;
        text = text.substr(4, text.size() - 5);
    }
    if (text.starts_with('@')) {
        predicate.attribute = true;
        text.remove_prefix(1);
    }
    if (const auto equals = text.find("='"); equals != std::string_view::npos) {
        if ((!predicate.attribute && text.substr(0, equals) != ".") || !text.ends_with('\''))
            not_understood(whole);
        predicate.compares = true;
        predicate.value = text.substr(equals + 2, text.size() - equals - 3);
        text = text.substr(0, equals);
    }
    if (text.empty() || (text == "." && !predicate.compares) ||
        text.find_first_of("=@'()") != std::string_view::npos)
        not_understood(whole);
    predicate.name = text;
    return predicate;
}

bool Path::holds(const Predicate& predicate, const Element& element) {
    const auto found = [&] {
        if (predicate.name == ".") return element.text == predicate.value;
        if (!predicate.attribute)
            return std::any_of(element.children.begin(), element.children.end(),
                               [&](const Element& child) { return child.name == predicate.name; });
        return std::any_of(element.attributes.begin(), element.attributes.end(),
                           [&](const auto& attribute) {
                               return attribute.first == predicate.name &&
                                      (!predicate.compares || attribute.second == predicate.value);
                           });
    };
    return found() != predicate.negated;
}

bool Path::fits(const Element& element, std::size_t step) const {
    const Step& here = steps_[step];
    if (element.name != here.name) return false;
    for (const Predicate& predicate : here.predicates)
        if (!holds(predicate, element)) return false;
    return step + 1 == steps_.size() ||
           std::any_of(element.children.begin(), element.children.end(),
                       [&](const Element& child) { return fits(child, step + 1); });
}

bool Path::fits(const Element& stanza) const {
    return fits(stanza, 0);
}

}  // namespace courant::test
