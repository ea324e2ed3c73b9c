#include "proxy-core/access/meaning.hpp"

#include <doctest/doctest.h>

using namespace courant;

TEST_CASE("every meaning has a word that is read back") {
    for (const Meaning meaning : {Meaning::instant, Meaning::mean, Meaning::sum, Meaning::index}) {
        CHECK_FALSE(to_word(meaning).empty());
        CHECK(meaning_from(to_word(meaning)) == meaning);
    }
    CHECK_FALSE(meaning_from("total"));
}

TEST_CASE("a unit that can only be momentary says so by itself, and no other one does") {
    for (const auto* unit : {"W", "kW", "V", "A", "mA", "Cel", "%RH", "Hz", "lx", "hPa", "km/h"})
        CHECK_MESSAGE(natural_meaning(unit) == Meaning::instant, unit);
    // Of a period or of a counter; nowhere; of anything; logarithmic; not there.
    for (const auto* unit : {"J", "Wh", "kWh", "m3", "l", "count", "lat", "lon", "%", "/", "dB",
                             "dBm", "pH", "", "EUR"})
        CHECK_MESSAGE(!natural_meaning(unit), unit);
}
