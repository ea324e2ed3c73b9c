// What the labels of the TIC mean: the path under which a value goes into the federation, its unit,
// and when it was true.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace courant::linky {

/// What the data of a label are.
enum class Content {
    number,
    text,  ///< a word of the meter's own, such as the current tariff
};

/// Which time a value belongs to.
enum class Stamp {
    frame,   ///< the time of its frame
    own,     ///< the label's own horodate: the moment of a maximum
    period,  ///< the label's own horodate is the end of a period; the reading stands at its
             ///< beginning
};

/// Whether a label is emitted where no `series` are chosen.
enum class Chosen { yes, no };

/// A label that we know.
struct Label {
    std::string_view label;
    /// The levels of the series' name after the subject: "index/base".
    std::string_view path;
    /// Primary SenML unit; empty for texts and counts.
    std::string_view unit;
    /// What the meter's number is multiplied by: Wh to J is 3600.
    std::int64_t factor = 1;
    Content content = Content::number;
    Stamp stamp = Stamp::frame;
    Chosen chosen = Chosen::yes;
    /// For Stamp::period where it is fixed; zero: the load curve's, which is a setting.
    std::chrono::minutes period{0};
};

/// All labels that we know, historique first.
std::span<const Label> known_labels();

/// The label of that spelling, or null.
const Label* find_label(std::string_view label);

}  // namespace courant::linky
