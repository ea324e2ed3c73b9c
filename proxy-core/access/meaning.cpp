#include "proxy-core/access/meaning.hpp"

#include <algorithm>
#include <array>

#include "proxy-core/word_table.hpp"
#include "senml/units.hpp"

namespace courant {
namespace {

constexpr WordTable<Meaning, 4> words{{{Meaning::instant, "instant"},
                                       {Meaning::mean, "mean"},
                                       {Meaning::sum, "sum"},
                                       {Meaning::index, "index"}}};

// Primary units of states and rates. Not here: amounts (J, m3, count), which may be of a period or
// of a counter; places, whose mean is no place that anybody was at; ratios (%, /), which may be
// either; and what is logarithmic (dB, pH), whose mean is not the mean of its numbers.
constexpr std::array<std::string_view, 28> momentary{
    "W",    "VA",    "var",  "V",     "A",   "Hz",    "K", "Cel", "%RH", "lx",
    "lm",   "cd",    "Pa",   "N",     "T",   "Ohm",   "S", "S/m", "m/s", "m/s2",
    "W/m2", "cd/m2", "m3/s", "bit/s", "1/s", "kg/m3", "F", "H"};

}  // namespace

std::string_view to_word(Meaning meaning) {
    return word_of(words, meaning);
}

std::optional<Meaning> meaning_from(std::string_view word) {
    return value_of(words, word);
}

std::optional<Meaning> natural_meaning(std::string_view unit) {
    const auto secondary = senml::secondary_unit(unit);
    const std::string_view primary = secondary ? secondary->primary : unit;
    if (std::find(momentary.begin(), momentary.end(), primary) == momentary.end())
        return std::nullopt;
    return Meaning::instant;
}

}  // namespace courant
