// Who an organisation is, in its own words: what a directory and a map are made of.
//
// A proxy shows its card to whoever asks it (XEP-0128 in disco#info, and the command
// urn:courant:0#about), and passes on those of its peers that want to be listed. What comes in is a
// stranger's: texts are cut to a length, and places that are none on this planet are left out.
// Whoever shows it to a person makes it safe for that (one_line).
//
// Values. Protocol: schemas/PROTOCOL.md, "Who we are".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/form.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/stanza.hpp"
#include "senml/time.hpp"

namespace courant {

/// Form type of the card in disco#info.
inline constexpr std::string_view organisation_form = "urn:courant:0#organisation";
/// The longest text of a card, in bytes.
inline constexpr std::size_t longest_card_text = 256;

/// [organisation]: how an organisation describes itself. Empty texts are not said.
struct Card {
    std::string name = {};
    /// Whom to write to.
    std::string contact = {};
    std::string website = {};
    /// Where it is, in words: "Lorient, Brittany".
    std::string place = {};
    /// The same in degrees; both or neither.
    std::optional<double> latitude = {};
    std::optional<double> longitude = {};
    /// The version of the code of conduct that it keeps.
    std::string code_of_conduct = {};
    /// Its data protection officer, and where to complain about it (GDPR Art. 13 and 14).
    std::string dpo = {};
    std::string complaint_authority = {};
    /// It agrees to be shown to the peers of its peers.
    bool listed = false;

    /// Whether nothing is said.
    bool empty() const { return *this == Card{}; }
    bool operator==(const Card&) const = default;
};

/// The card as a form of XEP-0128.
Form card_form(const Card& card);
/// `<organisation/>`; with the JID of whom it is, if that is not who sends it.
std::string card_element(const Card& card, const std::optional<Jid>& jid = {});
/// What such an element says.
Card card_in(const Element& organisation);

/// A peer's card as the store keeps it (Peer::card), with when it was asked for.
struct RememberedCard {
    Card card = {};
    senml::Time at = {};
};
std::string to_json(const RememberedCard& remembered);
/// Nothing for a text that to_json did not write.
std::optional<RememberedCard> card_from_json(std::string_view text);

/// An entry of a directory.
struct Listed {
    Jid jid;
    Card card = {};

    bool operator==(const Listed&) const = default;
};

/// A part of a directory, in the order of the JIDs.
struct DirectoryPage {
    std::vector<Listed> organisations = {};
    /// There are others behind the last one.
    bool more = false;
};

/// As many of these as take no more than so many bytes, and one at least.
std::string directory_element(const DirectoryPage& page, std::size_t most_bytes);
/// What somebody sent; entries without a JID are left out.
DirectoryPage directory_in(const Element& directory);

}  // namespace courant
