// On what terms a series is to be had, and who is told that it is there.
//
// The administrator writes it ([[series]] of the configuration); the catalog shows it. What is said
// here gives nobody a reading: that takes a grant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace courant {

/// Who is told that a series is there.
enum class Offered {
    granted,  ///< who has a grant for it, and nobody else
    peers,    ///< every peer that is admitted
    everyone  ///< strangers, too: open data
};
std::string_view to_word(Offered offered);
std::optional<Offered> offered_from(std::string_view word);

/// What is said of a series to who is told of it.
struct Offer {
    std::string title = {};
    std::string licence = {};
    std::string price = {};
    std::string conditions = {};
    Offered to = Offered::granted;
    /// A few of its last values are shown: rounded, under no name and at no time of this world.
    bool sample = false;

    bool operator==(const Offer&) const = default;
};

}  // namespace courant
