#include "senml/detail/xml/names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

constexpr std::array<Range, 12> starting = {{{0xC0, 0xD6},
                                             {0xD8, 0xF6},
                                             {0xF8, 0x2FF},
                                             {0x370, 0x37D},
                                             {0x37F, 0x1FFF},
                                             {0x200C, 0x200D},
                                             {0x2070, 0x218F},
                                             {0x2C00, 0x2FEF},
                                             {0x3001, 0xD7FF},
                                             {0xF900, 0xFDCF},
                                             {0xFDF0, 0xFFFD},
                                             {0x10000, 0xEFFFF}}};

constexpr std::array<Range, 3> continuing = {{{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}};

enum : std::uint8_t { nothing = 0, inside = 1, first_too = 2 };

constexpr std::array<std::uint8_t, 128> ascii = [] {
    std::array<std::uint8_t, 128> classes{};
    for (unsigned c = 0; c < classes.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool other = (c >= '0' && c <= '9') || c == '-' || c == '.';
        classes[c] = letter ? first_too : other ? inside : nothing;
    }
    return classes;
}();

template <std::size_t size>
bool in(const std::array<Range, size>& ranges, std::uint32_t point) {
    return std::ranges::any_of(
        ranges, [point](Range range) { return point >= range.first && point <= range.last; });
}

bool belongs(std::uint32_t point, std::uint8_t least) {
    return in(starting, point) || (least == inside && in(continuing, point));
}

}  // namespace

std::size_t find_name_end(std::string_view text, std::size_t begin) {
    std::size_t i = begin;
    while (i < text.size()) {
        const std::uint8_t least = i == begin ? first_too : inside;
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < ascii.size()) {
            if (ascii[byte] < least) break;
            ++i;
            continue;
        }
        const CodePoint point = decode_utf8(text, i);
        if (point.size == 0 || !belongs(point.value, least)) break;
        i += point.size;
    }
    return i;
}

}  // namespace courant::senml::detail
