#include "senml/detail/raw_record.hpp"

#include <array>

namespace courant::senml::detail {

namespace {

constexpr std::array<std::string_view, label_count> spellings = {
    "bn", "bt", "bu", "bver", "bv", "bs", "n", "u", "t", "v", "vs", "vb", "vd", "s", "ut"};

Label find_base_label(char second) {
    switch (second) {
        case 'n':
            return Label::bn;
        case 't':
            return Label::bt;
        case 'u':
            return Label::bu;
        case 'v':
            return Label::bv;
        case 's':
            return Label::bs;
        default:
            return Label::unknown;
    }
}

Label find_value_label(char second) {
    switch (second) {
        case 's':
            return Label::vs;
        case 'b':
            return Label::vb;
        case 'd':
            return Label::vd;
        default:
            return Label::unknown;
    }
}

Label find_short_label(char letter) {
    switch (letter) {
        case 'n':
            return Label::n;
        case 'u':
            return Label::u;
        case 't':
            return Label::t;
        case 'v':
            return Label::v;
        case 's':
            return Label::s;
        default:
            return Label::unknown;
    }
}

}  // namespace

Label find_label(std::string_view text) {
    if (text.size() == 1) return find_short_label(text[0]);
    if (text.size() == 2) {
        if (text[0] == 'b') return find_base_label(text[1]);
        if (text[0] == 'v') return find_value_label(text[1]);
        return text == "ut" ? Label::ut : Label::unknown;
    }
    return text == "bver" ? Label::bver : Label::unknown;
}

std::string_view spelling(Label label) {
    return spellings[static_cast<std::size_t>(label)];
}

}  // namespace courant::senml::detail
