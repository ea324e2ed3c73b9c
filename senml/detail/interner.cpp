#include "senml/detail/interner.hpp"

#include <algorithm>
#include <bit>

namespace courant::senml::detail {

namespace {

constexpr std::size_t linear_until = 8;  // below this a tree costs more than looking

// A byte of a string, or its end: nine bits, so that "a" and "a\0" differ.
unsigned symbol(std::string_view text, std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) + 1U : 0U;
}

}  // namespace

std::uint32_t Interner::intern(std::string_view text) {
    if (!branches_.empty()) return find_or_add(text);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if ((*this)[i] == text) return static_cast<std::uint32_t>(i);
    }
    const std::uint32_t number = append(text);
    if (slots_.size() > linear_until) plant();
    return number;
}

std::uint32_t Interner::append(std::string_view text) {
    slots_.push_back({bytes_.size(), text.size()});
    bytes_.append(text);
    return static_cast<std::uint32_t>(slots_.size() - 1);
}

unsigned Interner::side(const Branch& branch, std::string_view text) {
    return (symbol(text, branch.at) & branch.mask) != 0 ? 1 : 0;
}

// The one string that `text` can be, if it is there at all.
std::uint32_t Interner::nearest(std::string_view text) const {
    Child child = root_;
    while (child >= 0) {
        const Branch& branch = branches_[static_cast<std::size_t>(child)];
        child = branch.children[side(branch, text)];
    }
    return static_cast<std::uint32_t>(~child);
}

std::uint32_t Interner::find_or_add(std::string_view text) {
    const std::uint32_t candidate = nearest(text);
    if ((*this)[candidate] == text) return candidate;
    const std::uint32_t number = append(text);
    attach(number, candidate);
    return number;
}

// Puts a branch between the new string and its nearest, above the first one that decides later.
void Interner::attach(std::uint32_t number, std::uint32_t neighbour) {
    const std::string_view text = (*this)[number];
    const std::string_view other = (*this)[neighbour];
    const auto border = std::ranges::mismatch(other, text).in1 - other.begin();
    const auto at = static_cast<std::uint32_t>(border);
    const unsigned difference = symbol(other, at) ^ symbol(text, at);
    const auto mask = static_cast<std::uint16_t>(std::bit_floor(difference));
    Child* place = &root_;
    while (*place >= 0) {
        Branch& branch = branches_[static_cast<std::size_t>(*place)];
        if (branch.at > at || (branch.at == at && branch.mask < mask)) break;
        place = &branch.children[side(branch, text)];
    }
    Branch added{at, mask, {}};
    const unsigned own = side(added, text);
    added.children[own] = ~static_cast<Child>(number);
    added.children[1 - own] = *place;
    *place = static_cast<Child>(branches_.size());
    branches_.push_back(added);
}

// All strings so far, one after another; each differs from those before it.
void Interner::plant() {
    root_ = ~Child{0};
    for (std::uint32_t i = 1; i < slots_.size(); ++i) attach(i, nearest((*this)[i]));
}

void Interner::clear() {
    bytes_.clear();
    slots_.clear();
    branches_.clear();
    root_ = 0;
}

}  // namespace courant::senml::detail
