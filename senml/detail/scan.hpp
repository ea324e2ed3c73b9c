// Looking for the end of a text, eight bytes at a time.
#pragma once

#include "senml/detail/octets.hpp"

namespace courant::senml::detail {

/// The first byte that is one of `marks` or below a blank; `end` if there is none.
template <unsigned char... marks>
const char* find_any(const char* p, const char* end) {
    for (; end - p >= static_cast<std::ptrdiff_t>(Octets::count); p += Octets::count) {
        const Octets octets(p);
        const std::uint64_t found = (octets.below_blank() | ... | octets.equal(marks));
        if (found != 0) return p + Octets::first_of(found);
    }
    while (p != end && static_cast<unsigned char>(*p) >= ' ' &&
           !((*p == static_cast<char>(marks)) || ...)) {
        ++p;
    }
    return p;
}

}  // namespace courant::senml::detail
